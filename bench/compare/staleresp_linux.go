package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// staleresp is what is measured of the binary of that name.
type staleresp struct {
	pairs       // a default run and the floor
	incarnation []time.Duration
	trips       roundTrips
}

// lateReply is what a default run and its floor both wait for, whatever they do beside it.
const lateReply = 30 * time.Millisecond

// incarnationTarget is how long a run of incarnation may take.
const incarnationTarget = 300 * time.Millisecond

func (o options) staleresp(binary string) (s staleresp, err error) {
	dir, err := os.MkdirTemp("", "floor")
	if err != nil {
		return s, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary directory
	floor := filepath.Join(dir, "staleresp")
	if err := buildFloor(floor, "bench/floor/staleresp.c"); err != nil {
		return s, err
	}
	if s.pairs, err = compare(command{binary}, command{floor}, o.waits); err != nil {
		return s, err
	}
	runs, err := compare(command{binary, "incarnation"}, command{"true"}, o.waits)
	if err != nil {
		return s, err
	}
	s.incarnation = runs.a
	s.trips, err = o.roundTrips(binary)
	return s, err
}

// beyond is what pairs took beyond what both had to wait.
func (p pairs) beyond(wait time.Duration) (b pairs) {
	for i := range p.a {
		b.a, b.b = append(b.a, p.a[i]-wait), append(b.b, p.b[i]-wait)
	}
	return b
}

// staleHeading begins the part of the results that is written here.
const staleHeading = "## staleresp"

func (s staleresp) write(w io.Writer, m machine) {
	fmt.Fprintf(w, "%s\n\nAt commit %s. A default run and bench/floor/staleresp.c; %d pairs. Both wait %v for\nlate replies, which would hide what either does: so the ratio is told of what they take beyond that, too. Target for that: within 12 times.\n\n",
		staleHeading, m.commit, len(s.a), lateReply)
	s.pairs.write(w, "staleresp", "the floor")
	fmt.Fprintf(w, "\nBeyond the %v:\n\n", lateReply)
	s.beyond(lateReply).write(w, "staleresp", "the floor")
	q := quartiles(s.incarnation)
	fmt.Fprintf(w, "\n`staleresp incarnation`, the whole process; %d runs. Target: less than %v.\n\n| | lower quartile | median | upper quartile |\n| --- | ---: | ---: | ---: |\n| incarnation | %s ms | %s ms | %s ms |\n",
		len(s.incarnation), incarnationTarget, milliseconds(q[0]), milliseconds(q[1]), milliseconds(q[2]))
	s.trips.write(w)
}
