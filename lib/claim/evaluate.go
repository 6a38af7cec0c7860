package claim

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// cases tests a rule on a view, and takes back what the journal does not bear: what rests on
// accounts that contradict each other, what was measured while this program did not run, and what
// a claim says of packets that somebody decided upon.
func (g *Gate) cases(r Rule, q Quantity, lenient bool) []*Case {
	all := r(g.View(), lenient)
	moves := byHand(g.j)
	for _, c := range all {
		g.bears(c)
		if !lenient && (q == Always || c.verdict == Refuted) {
			g.untouched(c, moves)
		}
	}
	return all
}

// byHand are the moves by which somebody who stepped the wire did something else than deliver the
// next packet.
func byHand(j *journal.Journal) (moves []*journal.Event) {
	for i := range j.Events {
		if e := &j.Events[i]; e.Rule != nil && e.Rule.Hand != "" {
			moves = append(moves, e)
		}
	}
	return moves
}

// untouched takes a case's verdict back where whoever stepped the wire lost, held or reordered
// packets of its sockets: what a claim says always happens, it says of what the steps do. That
// something can happen may be seen all the same, and so may a run's outcome.
func (g *Gate) untouched(c *Case, moves []*journal.Event) {
	if c.verdict == Inconclusive || len(moves) == 0 {
		return
	}
	scope, known := g.scope(Numbers(c.cited...), c.about)
	for _, e := range moves {
		touched := map[string]bool{}
		if p, ok := g.j.Event(e.Rule.Of); ok {
			g.concerns(&p, touched)
		}
		if known && len(touched) > 0 && !overlaps(scope, touched) {
			continue
		}
		c.Cite(e)
		c.verdict, c.because = Inconclusive, fmt.Sprintf("%s, but packets were not left to the wire (%s)", c.because, e.Rule.Text)
		return
	}
}

// overlaps says whether two sets of sockets have one in common.
func overlaps(x, y map[string]bool) bool {
	for id := range x {
		if y[id] {
			return true
		}
	}
	return false
}

// Count is how many of a claim's cases came to each verdict.
func (g *Gate) Count(c *Claim) map[Verdict]int {
	n := map[Verdict]int{}
	for _, x := range g.cases(c.Rule, c.Quantity, false) {
		n[x.verdict]++
	}
	return n
}

// bears takes a case's verdict back where the journal does not bear it.
func (g *Gate) bears(c *Case) {
	if c.verdict == Inconclusive {
		return
	}
	for _, s := range c.timed {
		if gap := gapWithin(g.j, s); gap != nil {
			c.Cite(gap)
			c.verdict, c.because = Inconclusive, fmt.Sprintf("%s, but the program did not run for %.2f s of the time that was measured: it was stopped, or its machine was busy",
				c.because, float64(gap.Process.ForNS)/1e9)
			return
		}
	}
	if f := g.check(c.finding(), c.about, c.absent); f.Verdict == Inconclusive {
		c.verdict, c.because = f.Verdict, f.Because
		for _, n := range f.Events {
			c.Cite(g.View().Event(n))
		}
	}
}

// gapWithin is a time in which this program did not run, within a stretch that was measured.
func gapWithin(j *journal.Journal, s span) *journal.Event {
	for _, e := range HoldUps(j) {
		if e.T <= s.to && s.from <= e.T+e.Process.ForNS && e.Process.ForNS > s.slack.Nanoseconds() {
			return e
		}
	}
	return nil
}

// sum makes one finding of a claim's cases. Of Always one refuted case refutes, else one
// undecided leaves it inconclusive; of Can one that holds confirms, and a failed Expect says
// only that this case was none.
func sum(all []*Case, q Quantity, precondition string) Finding {
	of := map[Verdict][]*Case{}
	for _, c := range all {
		of[c.verdict] = append(of[c.verdict], c)
	}
	order := []Verdict{Refuted, Inconclusive, Confirmed}
	if q == Can {
		order = []Verdict{Confirmed, Inconclusive, Refuted}
	}
	for _, v := range order {
		if len(of[v]) == 0 {
			continue
		}
		f := of[v][0].finding()
		if q == Always && v == Confirmed {
			f = together(of[v])
		}
		return f
	}
	if precondition == "" {
		precondition = "nothing of the kind happened"
	}
	f := unclear("it was not put to the test: %s", precondition)
	f.Untried = true
	return f
}

func (c *Case) finding() Finding {
	return Finding{Verdict: c.verdict, Because: c.because, Events: Numbers(c.cited...), Absence: c.absent}
}

// together is the finding of several cases that all hold.
func together(all []*Case) Finding {
	f := all[0].finding()
	for _, c := range all[1:] {
		f.Events = append(f.Events, Numbers(c.cited...)...)
		f.Absence = f.Absence || c.absent
	}
	slices.Sort(f.Events)
	f.Events = slices.Compact(f.Events)
	if len(all) > 1 {
		f.Because = fmt.Sprintf("%s; so in each of %d cases", f.Because, len(all))
	}
	return f
}

// View is the journal read as TCP.
func (g *Gate) View() *tcp.View {
	if g.v == nil {
		g.v = tcp.New(g.j)
	}
	return g.v
}

// Numbers are the numbers of events, for a finding to cite.
func Numbers(events ...*journal.Event) []int {
	var n []int
	for _, e := range events {
		if e != nil && !slices.Contains(n, e.N) {
			n = append(n, e.N)
		}
	}
	slices.Sort(n)
	return n
}

// HoldUps lists the times in which the program did not run.
func HoldUps(j *journal.Journal) []*journal.Event {
	var some []*journal.Event
	for i := range j.Events {
		if e := &j.Events[i]; e.Process != nil && e.Process.Event == journal.HeldUp {
			some = append(some, e)
		}
	}
	return some
}
