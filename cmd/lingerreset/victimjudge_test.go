package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// TestVictimIsJudged: what the peer did counts, and not the teardown.
func TestVictimIsJudged(t *testing.T) {
	closing := func(n int, host string) journal.Event {
		return journal.Event{N: n, Run: 1, Host: host, Kind: journal.KindCall, Call: &journal.Call{Op: "close"}}
	}
	for name, tt := range map[string]struct {
		events []journal.Event
		want   claim.Outcome
	}{
		"the peer":     {[]journal.Event{closing(1, "b")}, claim.Reproduced},
		"the victim":   {[]journal.Event{closing(1, "a")}, claim.OutcomeUnresolved},
		"the teardown": {[]journal.Event{closing(3, "b")}, claim.OutcomeUnresolved},
	} {
		j := journal.Journal{
			Run: 1, Scenario: victimScenario.Name, Played: 2, Events: tt.events,
			Witnesses: []journal.WitnessStatus{{Name: journal.Calls, Status: journal.Attached}},
		}
		if o, why, _ := victimScenario.Judge(&j); o != tt.want {
			t.Errorf("%s: %s: %s", name, o, why)
		}
	}
}
