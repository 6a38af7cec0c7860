package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// defaultRun is a binary's default run, beside the C program that does the same
// without observing anything.
type defaultRun struct {
	binary, floor string
	target        int // times the floor
	pairs
}

// defaultRuns measures every binary's; selfconnect's is the first.
func (o options) defaultRuns(bin string) ([]defaultRun, error) {
	runs := []defaultRun{
		{binary: "selfconnect", floor: "selfconnect", target: 5},
		{binary: "simopen", floor: "selfconnect", target: 6}, // two hosts instead of one
		{binary: "halfclose", floor: "halfclose", target: 10},
		{binary: "lingerreset", floor: "lingerreset", target: 10},
	}
	dir, err := os.MkdirTemp("", "floor")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary directory
	for i := range runs {
		r := &runs[i]
		floor := filepath.Join(dir, r.floor)
		if err := buildFloor(floor, "bench/floor/"+r.floor+".c"); err != nil {
			return nil, err
		}
		if r.pairs, err = compare(command{filepath.Join(bin, r.binary)}, command{floor}, o.pairs); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// buildFloor compiles a floor.
func buildFloor(to, source string) error {
	cc := exec.Command("cc", "-O2", "-Wall", "-Wextra", "-std=gnu11", "-pthread", "-o", to, source)
	if out, err := cc.CombinedOutput(); err != nil {
		return fmt.Errorf("the floor: %w: %s", err, out)
	}
	return nil
}

func writeRuns(w io.Writer, runs []defaultRun) {
	fmt.Fprintf(w, "## Default runs and the floor\n\nEach binary, the whole process, and a C program of bench/floor that does the same without observing\nanything; %d pairs.\n\n", len(runs[0].a))
	for _, r := range runs {
		fmt.Fprintf(w, "`%s`, and bench/floor/%s.c. Target: within %d times.\n\n", r.binary, r.floor, r.target)
		r.write(w, r.binary, "the floor")
		fmt.Fprintln(w)
	}
}
