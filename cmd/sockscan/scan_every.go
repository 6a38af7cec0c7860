package main

import (
	"encoding/json"
	"time"

	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/cli"
	"sockproof/lib/live"
)

// scanEvery is how often a scan is made again.
type scanEvery struct {
	interval time.Duration // 0: once
	times    int           // 0: until it is interrupted
}

// scanEveryFlags set it.
func scanEveryFlags() []urfave.Flag {
	return []urfave.Flag{
		cli.Duration("every", "scan again each `DURATION`, until ^C, and show what grew", "", 0),
		cli.Number("times", "end --every after `N` scans", "", 1, cli.Many),
	}
}

// scanEveryOf reads the flags.
func scanEveryOf(c *cli.Context) (scanEvery, error) {
	e := scanEvery{interval: c.Duration("every"), times: int(c.Number("times"))}
	if e.times > 0 && e.interval == 0 {
		return e, cli.Usagef("flag \"--times\": value %q: it ends --every, which is not given", c.String("times"))
	}
	return e, nil
}

// scanWatch scans, once or again and again, and shows what it finds.
type scanWatch struct {
	*cli.Context
	options live.Options
	scan    func() (*stuckTally, bool, error)
	// before is what the round before found; nil: this is the first.
	before *stuckTally
}

// once scans once.
func (w *scanWatch) once() (int, error) {
	t, complete, err := w.scan()
	if err != nil {
		return cli.ExitInconclusive, err
	}
	r := w.report(t, complete)
	return w.exit(r), w.shown(r, w.TextOrJSON(r, r.write))
}

// rounds scans again and again. The exit code is the worst of all rounds.
func (w *scanWatch) rounds(e scanEvery) (worst int, err error) {
	tick := time.NewTicker(e.interval)
	defer tick.Stop()
	for n := 1; ; n++ {
		code, err := w.round(n)
		worst = worseScan(worst, code)
		if err != nil || n == e.times {
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

// round scans once more and shows what has changed, the first time everything.
func (w *scanWatch) round(n int) (int, error) {
	at := time.Now()
	t, complete, err := w.scan()
	if err != nil {
		return cli.ExitInconclusive, err
	}
	r := w.report(t, complete)
	r.Round, r.At = n, &at
	if w.before != nil {
		r.Changes = w.before.changes(t)
	}
	w.before = t
	return w.exit(r), w.shown(r, w.show(r))
}

// show writes a round: a block of text, or a document on one line.
func (w *scanWatch) show(r *scanReport) error {
	if w.Format() == "json" {
		return json.NewEncoder(w.Out).Encode(r)
	}
	return w.TextOrJSON(r, r.writeRound)
}

// report is what a scan found, with where it looked.
func (w *scanWatch) report(t *stuckTally, complete bool) *scanReport {
	r := t.report()
	r.Namespace, r.Complete = w.options.Place.String(), complete
	return r
}

func (w *scanWatch) exit(r *scanReport) int { return w.options.Limit.Exit(r.Stuck, r.Complete) }

// shown adds to the error of showing a report that there may be more.
func (w *scanWatch) shown(r *scanReport, err error) error {
	if err == nil && !r.Complete {
		err = live.ErrIncomplete
	}
	return err
}

// worseScan is the worse of two exit codes: that a limit was passed, then that
// it may have been.
func worseScan(a, b int) int {
	if a == cli.ExitNotReproduced || b == cli.ExitNotReproduced {
		return cli.ExitNotReproduced
	}
	return max(a, b)
}
