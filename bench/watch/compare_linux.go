package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sockproof/bench/internal/section"
	"sockproof/lib/journal"
	"sockproof/lib/network"
)

const (
	results = "bench/RESULTS.md"
	heading = "## Being watched"
	rounds  = 9
)

// watcher is a way to watch.
type watcher struct {
	name    string
	command []string // nil: nobody watches
	target  string
}

var watchers = []watcher{
	{"nobody", nil, ""},
	{"sockscan watch", []string{"bin/sockscan", "watch", "--format", "jsonl"}, "0.90"},
	{"sockscan watch --all-events", []string{"bin/sockscan", "watch", "--all-events", "--format", "jsonl"}, ""},
	// It looks for its tracepoint in tracefs, which this process alone shall have.
	{"tcpstates (libbpf-tools)", []string{"unshare", "-m", "sh", "-c", "mount -t tracefs none /sys/kernel/tracing && exec tcpstates"}, ""},
}

// compare measures each way in turn, round by round, and writes the section.
func compare(out io.Writer) error {
	rates := make([][]float64, len(watchers))
	missing := make([]error, len(watchers))
	for range rounds {
		for i, w := range watchers {
			if missing[i] != nil {
				continue
			}
			rate, err := watched(w)
			if err != nil && i == len(watchers)-1 {
				missing[i] = err // another's tool, which need not be here
				continue
			}
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			rates[i] = append(rates[i], rate)
		}
	}
	table := table(rates, missing)
	if err := section.Rewrite(results, table); err != nil {
		return err
	}
	_, err := out.Write(table)
	return err
}

// watched is how many connections a second a namespace of its own makes beside a watcher.
func watched(w watcher) (rate float64, err error) {
	network.OnThread(func() {
		var n *network.Network
		n, err = network.Open(network.Options{
			Kind: journal.Loopback, Family: journal.IPv4, Hosts: []string{"a"},
			Recorder: journal.NewRecorder(journal.Journal{}, 1),
		})
		if err != nil {
			return
		}
		defer n.Close()
		if w.command != nil {
			stop, e := start(w.command)
			if e != nil {
				err = e
				return
			}
			defer func() { err = errors.Join(err, stop()) }()
		}
		var printed []byte
		if printed, err = exec.Command("/proc/self/exe", loadCommand).Output(); err == nil {
			rate, err = strconv.ParseFloat(strings.TrimSpace(string(printed)), 64)
		}
	})
	return rate, err
}

// start starts a watcher in the calling thread's namespace; what it tells is read and thrown away.
func start(command []string) (stop func() error, err error) {
	cmd := exec.Command(command[0], command[1:]...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	told, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = io.Copy(io.Discard, told)
	}()
	time.Sleep(time.Second) // until it watches
	return func() error {
		if cmd.ProcessState != nil || cmd.Process.Signal(syscall.SIGINT) != nil {
			return fmt.Errorf("it ended by itself: %s", errs.String())
		}
		<-over
		if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 && cmd.ProcessState.ExitCode() != 0 {
			return fmt.Errorf("%w: %s", err, errs.String())
		}
		return nil
	}, nil
}

func table(rates [][]float64, missing []error) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n`make bench-watch`: connections over lo, made and ended on every processor as fast as they can be; %d rounds, the ways in turn.\nThe ratio is that of each round to the same round with nobody watching.\n\n", heading, rounds)
	b.WriteString("| who watches | connections a second, median | ratio: minimum | median | maximum | target |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
	for i, w := range watchers {
		if missing[i] != nil {
			fmt.Fprintf(&b, "| %s | not here |  |  |  |  |\n", w.name)
			continue
		}
		var ratios []float64
		for n, r := range rates[i] {
			ratios = append(ratios, r/rates[0][n])
		}
		least, middle, most := spread(ratios)
		_, median, _ := spread(rates[i])
		fmt.Fprintf(&b, "| %s | %.0f | %.2f | %.2f | %.2f | %s |\n", w.name, median, least, middle, most, w.target)
	}
	return b.Bytes()
}

// spread is the least, the middle and the greatest of some numbers.
func spread(n []float64) (least, middle, most float64) {
	n = slices.Sorted(slices.Values(n))
	return n[0], n[len(n)/2], n[len(n)-1]
}
