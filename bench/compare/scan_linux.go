package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// scans are what was measured of one binary's scan.
type scans struct {
	binary  string
	sockets int
	races   []race
	few     peak
	many    peak
}

// race is a scan and ss, which look at the same crowd.
type race struct {
	crowd  crowdKind
	ss     command
	target string // the ratio that is promised
	pairs  pairs
}

// races are those that something is promised of.
func races() []race {
	return []race{
		{crowd: established, ss: ssAll, target: "0.6"},
		{crowd: halfClosed, ss: ssAll, target: "1.0"},
		{crowd: halfClosed, ss: ssOwners, target: "0.4"},
	}
}

// What ss is asked for: all TCP sockets, and the processes that own them.
var (
	ssAll    = command{"ss", "-tan"}
	ssOwners = command{"ss", "-tanp"}
)

// peak is the most memory that a scan had resident.
type peak struct{ sockets, kib int }

// fewSockets is what an ordinary machine has.
const fewSockets = 1000

// scans measures sockscan in each kind of crowd, against each ss. Memory
// is that in the last of the crowds.
func (o options) scans(binary string) (scans, error) {
	races := races()
	s := scans{binary: filepath.Base(binary), sockets: o.crowd}
	scan := command{binary}
	last := races[len(races)-1].crowd
	err := inCrowd(last, fewSockets, func() (err error) {
		s.few, err = measurePeak(scan, fewSockets)
		return err
	})
	for i := 0; i < len(races) && err == nil; i++ {
		r := races[i]
		err = inCrowd(r.crowd, o.crowd, func() (err error) {
			if r.crowd == last {
				if s.many, err = measurePeak(scan, o.crowd); err != nil {
					return err
				}
			}
			r.pairs, err = compare(scan, r.ss, o.crowdPairs)
			return err
		})
		s.races = append(s.races, r)
	}
	return s, err
}

func (s scans) write(w io.Writer, m machine) {
	scan := s.binary
	fmt.Fprintf(w, "## A look and ss\n\nAt commit %s.\n", m.commit)
	for _, r := range s.races {
		ss := strings.Join(r.ss, " ")
		fmt.Fprintf(w, "\n`%s` and `%s` in a namespace with %d TCP sockets, %s; %d pairs. Target: within %s times.\n\n", scan, ss, s.sockets, r.crowd, len(r.pairs.a), r.target)
		r.pairs.write(w, scan, ss)
	}
	fmt.Fprintf(w, "\nMemory, where all sockets are %s (target: at most 16 MiB at 50,000):\n\n| sockets | scan's peak, MiB |\n| ---: | ---: |\n", s.races[len(s.races)-1].crowd)
	for _, p := range []peak{s.few, s.many} {
		fmt.Fprintf(w, "| %d | %.1f |\n", p.sockets, float64(p.kib)/(1<<10))
	}
}

// peakCommand makes this program run another and print its peak of memory: a
// process's rusage begins with its parent's peak, which here is a crowd's.
const peakCommand = "peak"

// peakOf is how often a peak is taken; the smallest counts.
const peakOf = 5

func measurePeak(c command, sockets int) (peak, error) {
	p := peak{sockets: sockets}
	for range peakOf {
		cmd := exec.Command("/proc/self/exe", append([]string{peakCommand}, c...)...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return p, fmt.Errorf("peak of %s: %w", strings.Join(c, " "), err)
		}
		kib, err := strconv.Atoi(strings.TrimSpace(string(out)))
		if err != nil {
			return p, err
		}
		if p.kib == 0 || kib < p.kib {
			p.kib = kib
		}
	}
	return p, nil
}

// printPeak runs a command and prints its peak of memory in KiB.
func printPeak(args []string, out io.Writer) error {
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return fmt.Errorf("no rusage of %s", args[1])
	}
	_, err := fmt.Fprintln(out, usage.Maxrss)
	return err
}
