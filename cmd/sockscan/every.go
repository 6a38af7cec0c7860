package main

import (
	"fmt"
	"io"
	"time"
)

// scanMoved is a finding that came, grew, shrank or went since the round before.
type scanMoved struct {
	Kind      string  `json:"kind"`
	Cause     string  `json:"cause"`
	Headline  string  `json:"headline"`
	Was       int     `json:"was"`
	Now       int     `json:"now"`
	PerMinute float64 `json:"per_minute"`
}

// amount is what of a finding may grow.
func (f *scanFinding) amount() int {
	switch {
	case f.Descriptors != nil:
		return f.Descriptors.Open
	case f.Queue != nil:
		return int(f.Queue.Drops)
	case f.Amount != nil:
		return int(f.Amount.Used)
	}
	return f.Sockets
}

// key is what stays of a finding from round to round.
func (f *scanFinding) key() string {
	program := 0
	if f.Program != nil {
		program = f.Program.PID
	}
	return fmt.Sprintf("%s/%s/%s/%d/%s/%s/%s/%s", f.Kind, f.Cause, f.Namespace, program, f.Direction, f.Service, f.Peer, f.WaitsFor)
}

// since says what has changed since a report was made, those that grew most first.
func (r *scanReport) since(before *scanReport) {
	took := r.At.Sub(before.At)
	was := map[string]*scanFinding{}
	for i := range before.Findings {
		was[before.Findings[i].key()] = &before.Findings[i]
	}
	var others []scanMoved
	for i := range r.Findings {
		f := &r.Findings[i]
		old := was[f.key()]
		delete(was, f.key())
		n := 0
		if old != nil {
			n = old.amount()
		}
		f.empties(n, took, old != nil)
		m := scanMoved{f.Kind, f.Cause, f.Headline, n, f.amount(), perMinute(f.amount()-n, took)}
		switch {
		case m.Now > m.Was:
			r.Changes = append(r.Changes, m)
		case m.Now < m.Was:
			others = append(others, m)
		}
	}
	for i := range before.Findings { // in their order
		if f := &before.Findings[i]; was[f.key()] != nil {
			others = append(others, scanMoved{f.Kind, f.Cause, f.Headline, f.amount(), 0, perMinute(-f.amount(), took)})
		}
	}
	r.Changes = append(r.Changes, others...)
}

// empties reckons when the descriptors of a program are used up at the rate since the round before.
func (f *scanFinding) empties(was int, took time.Duration, known bool) {
	d := f.Descriptors
	if d == nil || !known || d.Open <= was || took <= 0 {
		return
	}
	d.EmptyAfter = int(float64(d.Limit-d.Open) * took.Seconds() / float64(d.Open-was))
	f.Headline += fmt.Sprintf("; at this rate EMFILE in %s", scanTime(millis(d.EmptyAfter)*1000))
}

func perMinute(n int, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(n) / took.Minutes()
}

// writeRound shows a round: the first is a look as any, the others are what has changed.
func (r *scanReport) writeRound(w io.Writer) {
	if r.Round == 0 {
		r.write(w)
		return
	}
	fmt.Fprintf(w, "%s\n", r.At.Format("15:04:05"))
	if r.Round == 1 {
		r.write(w)
		return
	}
	fmt.Fprintf(w, "%s in findings, among %s\n", plural("socket", r.Stuck), r.among())
	if len(r.Changes) == 0 {
		fmt.Fprintln(w, "as before")
	}
	for _, m := range r.Changes {
		fmt.Fprintf(w, "%+d (%+.3g a minute)  %s\n", m.Now-m.Was, m.PerMinute, m.words())
	}
	r.writeUnjudged(w)
}

// words are those of the finding, or that it is gone.
func (m *scanMoved) words() string {
	if m.Now == 0 {
		return "gone: " + m.Headline
	}
	return m.Headline
}
