package main

import (
	"fmt"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// tally is how a series of rounds, or of attempts, came out.
type tally struct {
	calls     int // connect() calls
	crossings int // pairs that became connected
	events    []int
}

// count adds up what was kept whole and what was folded.
func count(j *journal.Journal) tally {
	var t tally
	for i := range j.Events {
		e := &j.Events[i]
		if e.Call != nil && e.Call.Op == "connect" {
			t.calls++
		}
		if e.Fold == nil {
			continue
		}
		t.events = append(t.events, e.N)
		for _, c := range e.Fold.Counts {
			switch {
			case c.What == "connect" || strings.HasPrefix(c.What, "connect "):
				t.calls += c.Count
			case c.What == "state "+journal.Established+" by "+string(journal.TCPInfo):
				t.crossings += c.Count / 2 // each end is seen once
			}
		}
	}
	for _, p := range pairs(j) {
		if p.events != nil {
			t.crossings++
			t.events = append(t.events, p.events...)
		}
	}
	return t
}

// met judges two clients who call again and again.
func met(j *journal.Journal) claim.Finding {
	t := count(j)
	switch {
	case t.calls == 0:
		return claim.Unclear("connect() was never called")
	case t.crossings == 0:
		return claim.Refute(t.events, "the two clients never met in %d calls", t.calls)
	}
	if _, ok := opened(j); !ok {
		return claim.Unclear("they met, but no meeting was kept whole")
	}
	return claim.Confirm(t.events, "%s in %d calls, two to a meeting", crossings(t.crossings), t.calls)
}

func crossings(n int) string {
	if n == 1 {
		return "the two clients met once"
	}
	return fmt.Sprintf("the two clients met %d times", n)
}

// raced is the phenomenon left to chance: they met at least once.
var raced = claim.Phenomenon{Needs: []journal.Witness{journal.Calls, journal.TCPInfo}, Rounds: true, Check: met}

var so11 = claim.Claim{
	ID: "SO11", Statement: "two clients that keep retrying eventually hit",
	Source: article004, Quantity: claim.Can,
	Needs: []journal.Witness{journal.Calls, journal.TCPInfo},
	Check: func(j *journal.Journal) claim.Finding {
		f := met(j)
		if f.Verdict == claim.Refuted {
			return claim.Unclear("%s: they were given too little time to say never", f.Because)
		}
		return f
	},
}
