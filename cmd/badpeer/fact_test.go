package main

import (
	"testing"

	"sockproof/lib/journal"
)

// TestWhoEndedIt: a program was ended by the peer if the peer says so, and not for a connection
// that the peer closed because nothing came on it (--idle).
func TestWhoEndedIt(t *testing.T) {
	for _, tt := range []struct {
		before what
		itself bool
	}{{limited, true}, {stopped, false}} {
		r := recordOf(&journal.Journal{Events: []journal.Event{
			{N: 1, Kind: journal.KindAnswer, Answer: &journal.Answer{Did: string(tt.before)}},
			{N: 2, Kind: journal.KindProcess, Process: &journal.Process{Event: "exited"}},
		}})
		if r.end.byItself() != tt.itself {
			t.Errorf("%s: ended by itself: %v", tt.before, r.end.byItself())
		}
	}
}
