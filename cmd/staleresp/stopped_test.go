package main

import (
	"slices"
	"testing"

	"sockproof/cmd/internal/doctor"
	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// TestStoppedRunRefutesNothing: what is absent from a run that was stopped might
// still have come. Only what the whole run refutes may be refuted by its
// beginning, by something that was seen.
func TestStoppedRunRefutesNothing(t *testing.T) {
	for _, name := range suite.Recordings {
		t.Run(name, func(t *testing.T) {
			whole := doctor.Recorded(t, name)
			for _, c := range suite.Scenario(t, whole.Scenario).Claims {
				if c.Judge(whole).Verdict == claim.Refuted {
					continue
				}
				for cut := range whole.Events {
					if f := c.Judge(stoppedAt(whole, cut)); f.Verdict == claim.Refuted {
						t.Errorf("cut before event %d: %s refuted: %s", whole.Events[cut].N, c.ID, f.Because)
						break
					}
				}
			}
		})
	}
}

// stoppedAt is the beginning of a run that was stopped before an event.
func stoppedAt(whole *journal.Journal, cut int) *journal.Journal {
	j := *whole
	j.Stopped = "time ran out: --timeout 500ms"
	j.Events = slices.Clone(whole.Events[:cut])
	return &j
}
