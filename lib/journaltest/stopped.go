package journaltest

import (
	"slices"
	"testing"

	"sockproof/lib/claim"
)

// StoppedRefutesNothing checks that what is absent from a run that was stopped is
// not held against a claim: it might still have come. Only what the whole run refutes
// may be refuted by its beginning, by something that was seen.
func (s *Suite) StoppedRefutesNothing(t *testing.T) {
	for _, name := range s.Recordings {
		t.Run(name, func(t *testing.T) {
			whole := Recorded(t, name)
			for _, c := range s.Scenario(t, whole.Scenario).Claims {
				if c.Judge(whole).Verdict == claim.Refuted {
					continue
				}
				for cut := range whole.Events {
					j := *whole
					j.Stopped = "time ran out: --timeout 500ms"
					j.Events = slices.Clone(whole.Events[:cut])
					if f := c.Judge(&j); f.Verdict == claim.Refuted {
						t.Errorf("cut before event %d: %s refuted: %s", whole.Events[cut].N, c.ID, f.Because)
						break
					}
				}
			}
		})
	}
}
