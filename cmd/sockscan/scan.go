package main

import (
	"runtime/debug"
	"slices"
	"time"

	"sockproof/lib/cli"
)

// lookCommand says what this machine's sockets suffer from.
var lookCommand = cli.Command{
	Usage:   "say what this machine's TCP sockets suffer from, now: who, with whom, since when, whose fault, and the next step; it changes nothing",
	Flags:   lookFlags(),
	Accepts: []string{"color", "version"},
	Exit:    "0 looked, 1 with --fail-over: more are in findings, 2 bad usage, 3 it could not look, or not at all that could exceed --fail-over, or output lost",
	Do:      doLook,
}

func doLook(c *cli.Context) (int, error) {
	o, err := optionsOf(c)
	if err != nil {
		return cli.ExitUsage, err
	}
	// What a look keeps lives until its end: a heap that may double would be mostly unused.
	debug.SetGCPercent(10)
	time.Sleep(time.Nanosecond) // Go's runtime opens what it waits with at the first wait, and ends the program if there is no descriptor left
	s, err := openScanner(o)
	if err != nil {
		return cli.ExitInconclusive, err
	}
	defer s.close()
	w := scanWatch{Context: c, options: o, look: s.look}
	if o.every == 0 {
		return w.round(0)
	}
	return w.rounds()
}

// scanWatch looks, once or again and again, and shows what it finds.
type scanWatch struct {
	*cli.Context
	options *options
	look    func() (*look, error)
	before  *scanReport // of the round before; nil: this is the first
}

// rounds looks again and again. The exit code is the worst of all rounds.
func (w *scanWatch) rounds() (worst int, err error) {
	tick := time.NewTicker(w.options.every)
	defer tick.Stop()
	for n := 1; ; n++ {
		code, err := w.round(n)
		worst = worseScan(worst, code)
		if err != nil || n == w.options.times {
			return worst, err
		}
		select {
		case <-w.Ctx.Done():
		case <-tick.C:
		}
		if w.Ctx.Err() != nil { // also where both had come
			return worst, nil
		}
	}
}

// round looks once more and shows what has changed, the first time everything; 0: it is the only one.
func (w *scanWatch) round(n int) (int, error) {
	l, err := w.look()
	if err != nil {
		return cli.ExitInconclusive, err
	}
	r := l.report(w.options)
	r.Round = n
	if w.before != nil {
		r.since(w.before)
	}
	w.before = r
	if err := w.options.show(w.Context, r); err != nil {
		return cli.ExitInconclusive, err
	}
	return w.options.limit.Exit(r.Stuck, !w.options.couldBeMore(r)), nil
}

// couldBeMore says whether something was not looked at that could have shown more findings.
func (o *options) couldBeMore(r *scanReport) bool {
	for _, k := range o.chosen() {
		if k == &tcpMemory && !slices.Contains(o.kinds, k.name) {
			continue // it is the machine's, and not of the place that was looked into
		}
		if slices.ContainsFunc(r.Unseen, func(u unseen) bool { return slices.Contains(u.Kinds, k.name) }) {
			return true
		}
	}
	return false
}

// worseScan is the worse of two exit codes: that a limit was passed, then that
// it may have been.
func worseScan(a, b int) int {
	if a == cli.ExitNotReproduced || b == cli.ExitNotReproduced {
		return cli.ExitNotReproduced
	}
	return max(a, b)
}
