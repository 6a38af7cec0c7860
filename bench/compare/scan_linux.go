package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// scans are what was measured of `selfconnect scan`.
type scans struct {
	sockets int
	pairs   pairs // of a scan and ss -tan
	few     peak
	many    peak
}

// peak is the most memory that a scan had resident.
type peak struct{ sockets, kib int }

// fewSockets is what an ordinary machine has.
const fewSockets = 1000

func (o options) scans(binary string) (scans, error) {
	s := scans{sockets: o.crowd}
	scan := command{binary, "scan"}
	err := inCrowd(fewSockets, func() (err error) {
		s.few, err = measurePeak(scan, fewSockets)
		return err
	})
	if err != nil {
		return s, err
	}
	err = inCrowd(o.crowd, func() (err error) {
		if s.many, err = measurePeak(scan, o.crowd); err != nil {
			return err
		}
		s.pairs, err = compare(scan, command{"ss", "-tan"}, o.crowdPairs)
		return err
	})
	return s, err
}

func (s scans) write(w io.Writer) {
	fmt.Fprintf(w, "\n## A scan and ss\n\n`selfconnect scan` and `ss -tan` in a namespace with %d TCP sockets; %d pairs. Target: no slower.\n\n", s.sockets, len(s.pairs.a))
	s.pairs.write(w, "selfconnect scan", "ss -tan")
	fmt.Fprint(w, "\nMemory does not grow with the number of sockets:\n\n| sockets | scan's peak, MiB |\n| ---: | ---: |\n")
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
