package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sockproof/bench/internal/section"
)

// options say how much is measured.
type options struct {
	binary     string // selfconnect, as it is shipped
	results    string // the file that is rewritten
	pairs      int    // of a default run and the floor
	crowd      int    // sockets for a scan
	crowdPairs int    // of a scan and ss
	rounds     int    // of each stage's benchmark
	trips      int    // pairs of a load and the floor
	waits      int    // pairs of a staleresp and the floor, which mostly wait
	stale      bool   // measure staleresp alone
	scan       bool   // measure sockscan alone
}

func compareAll(args []string, out io.Writer) error {
	o := options{}
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	f.StringVar(&o.binary, "binary", "bin/selfconnect", "the program, as make build leaves it")
	f.StringVar(&o.results, "results", "bench/RESULTS.md", "the file to rewrite")
	f.IntVar(&o.pairs, "pairs", 400, "pairs of a default run and the floor")
	f.IntVar(&o.crowd, "sockets", 50_000, "sockets for a scan")
	f.IntVar(&o.crowdPairs, "scans", 40, "pairs of a scan and ss")
	f.IntVar(&o.trips, "loads", 15, "pairs of a load and a ping-pong")
	f.IntVar(&o.waits, "waits", 60, "pairs of a staleresp and the floor")
	f.BoolVar(&o.stale, "staleresp", false, "measure staleresp alone, and leave the rest of the file")
	f.BoolVar(&o.scan, "scan", false, "measure sockscan alone, and leave the rest of the file")
	f.IntVar(&o.rounds, "rounds", 500, "rounds of each stage")
	if err := f.Parse(args); err != nil {
		return err
	}
	all := o.renew
	switch {
	case o.stale:
		all = o.renewStaleresp
	case o.scan:
		all = o.renewScans
	}
	b, err := all()
	if err != nil {
		return err
	}
	if err := os.WriteFile(o.results, b, 0o644); err != nil {
		return err
	}
	_, err = out.Write(b)
	return err
}

// kept are the headings of the sections that other tools write.
var kept = []string{"## Where something interferes", "## Where one system call fails", "## Shape", "## Small lies", "## Being watched"}

// renew is what the results shall be.
func (o options) renew() ([]byte, error) {
	var b bytes.Buffer
	if err := o.measure(&b); err != nil {
		return nil, err
	}
	old, err := os.ReadFile(o.results)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all := b.Bytes()
	for _, heading := range kept {
		all = section.Keep(all, old, heading)
	}
	return all, nil
}

// measure does everything, and writes it down.
func (o options) measure(w io.Writer) error {
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return err
	}
	m, err := thisMachine()
	if err != nil {
		return err
	}
	runs, err := o.defaultRuns(filepath.Dir(binary))
	if err != nil {
		return err
	}
	simopen := filepath.Join(filepath.Dir(binary), "simopen")
	met, err := measureCrossings(simopen)
	if err != nil {
		return err
	}
	stale, err := o.staleresp(filepath.Join(filepath.Dir(binary), "staleresp"))
	if err != nil {
		return err
	}
	start, err := compare(command{binary, "--version"}, command{"true"}, o.pairs)
	if err != nil {
		return err
	}
	stages, err := measureStages(o.rounds)
	if err != nil {
		return err
	}
	looks, err := o.scans(filepath.Join(filepath.Dir(binary), "sockscan"))
	if err != nil {
		return err
	}

	fmt.Fprint(w, "# Measurements\n\n`make bench` rewrites this file, but for the sections of `make worlds` and `make shape`. Pairs are run\nalternately, after a warm-up; a ratio is the median of the pairs' own ratios.\n\n")
	m.write(w)
	writeRuns(w, runs)
	writeStages(w, runs[0].pairs, start, stages)
	fmt.Fprintln(w)
	looks.write(w, m)
	met.write(w)
	fmt.Fprintln(w)
	stale.write(w, m)
	return nil
}
