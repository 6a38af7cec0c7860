package main

import (
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// tally is how a series of rounds, or of attempts, came out: what was kept whole and what
// was counted.
type tally struct {
	calls  int // connect() calls
	met    int // pairs that became connected
	counts []*journal.Event
}

func count(v *tcp.View) tally {
	t := tally{calls: len(v.Calls("connect"))}
	for _, p := range pairs(v) {
		if p.isOpen() {
			t.met++
		}
	}
	t.counts = v.Events(func(e *journal.Event) bool { return e.Fold != nil })
	for _, e := range t.counts {
		for _, c := range e.Fold.Counts {
			switch {
			case c.What == "connect" || strings.HasPrefix(c.What, "connect "):
				t.calls += c.Count
			case c.What == "state "+journal.Established+" by "+string(journal.TCPInfo):
				t.met += c.Count / 2 // each end is seen once
			}
		}
	}
	return t
}

// met tests two clients that call again and again.
func met(c *claim.Case) {
	t := count(c.View)
	c.Cite(t.counts...)
	c.Given(t.calls > 0, "connect() was never called")
	c.ExpectSeen(t.met > 0, "the two clients never met in %d calls", t.calls)
	whole := false
	for _, p := range pairs(c.View) {
		if p.isOpen() {
			opened(c, p)
			whole = true
		}
	}
	c.Given(whole, "they met, but no meeting was kept whole")
	c.Holds("the two clients met %d times in %d calls, two to a meeting", t.met, t.calls)
}

// raced is the phenomenon left to chance: they met at least once.
var raced = claim.Phenomenon{Needs: needsCalls, Rounds: true, Rule: claim.Once(met)}

var so11 = claim.Claim{
	ID: "SO11", Statement: "two clients that keep retrying eventually hit",
	Source: article004, Quantity: claim.Can, Needs: needsCalls, Rule: claim.Once(met),
}
