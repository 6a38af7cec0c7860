package main

import (
	"strings"
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// tries is how often a scenario is run that has to be quicker than a timer of
// 40 ms, which this process may lose to others.
const tries = 8

// TestDelayedACK runs the scenarios that are about that timer, one by one:
// where they are not reproduced it is because the timer had passed.
func TestDelayedACK(t *testing.T) {
	for _, name := range byTimer {
		for _, at := range journaltest.Captured(anywhere()) {
			t.Run(name+"/"+at.String(), func(t *testing.T) {
				at.Need(t)
				for range tries {
					r := suite.Conduct(suite.Scenario(t, name), at.Conditions())
					r.Check(t)
					if r.Outcome == claim.Reproduced {
						r.Meets(t, asExpected)
						return
					}
					if r.Outcome != claim.NotReproduced || !strings.Contains(r.Why, "ACK, FIN") {
						t.Fatalf("%s: %s", r.Outcome, r.Why)
					}
				}
				t.Errorf("not reproduced in %d tries", tries)
			})
		}
	}
}

// delaying is a suite whose scenarios let the wire's kernels acknowledge at once,
// or as they decide.
func delaying(yes bool) *journaltest.Suite {
	p := program
	p.Scenarios = nil
	for _, s := range program.Scenarios {
		s.DelayedACK = yes
		p.Scenarios = append(p.Scenarios, s)
	}
	other := suite
	other.Program = &p
	return &other
}

// acknowledged lets the kernel's timer pass before the passive end does anything:
// a quarter of a second is longer than it delays an acknowledgement.
var acknowledged = journaltest.When(0, journaltest.StateTo(journal.CloseWait, journal.SockDiag), func(*scenario.T) { time.Sleep(250 * time.Millisecond) })

// TestAcknowledgedAtOnce: nothing merges then, and a close takes four segments.
func TestAcknowledgedAtOnce(t *testing.T) {
	t.Parallel()
	delaying(false).Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Name: "at once", Scenario: "three-way", Want: claim.NotReproduced, Verdicts: verdicts{"HC1": "confirmed", "HC3": "confirmed", "HC4": "inconclusive", "HC6": "inconclusive"}},
		journaltest.Control{Name: "at once", Scenario: "merged-data", Want: claim.NotReproduced, Verdicts: verdicts{"HC5": "inconclusive", "HC6": "inconclusive"}},
	)
	suite.Controls(
		t, journaltest.Captured(anywhere()),
		journaltest.Control{Name: "the timer passes", Scenario: "three-way", With: acknowledged, Want: claim.NotReproduced, Verdicts: verdicts{"HC4": "inconclusive", "HC6": "inconclusive"}},
		journaltest.Control{Name: "the timer passes", Scenario: "merged-data", With: acknowledged, Want: claim.NotReproduced, Verdicts: verdicts{"HC5": "inconclusive", "HC6": "inconclusive"}},
	)
}
