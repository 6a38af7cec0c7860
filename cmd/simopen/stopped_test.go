package main

import (
	"os"
	"slices"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// A run that was stopped before the kernel could send again, or answer, refutes
// nothing: what is absent might still have come.
func TestStoppedRunRefutesNothing(t *testing.T) {
	for name, c := range map[string]*claim.Claim{"lost-syn": &so7, "lost-synack": &so7, "missed": &so6} {
		f, err := os.Open("testdata/" + name + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		all, err := journal.Read(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		whole := all[0]
		for cut := range whole.Events {
			j := whole
			j.Stopped = "time ran out: --timeout 500ms"
			j.Events = slices.Clone(whole.Events[:cut])
			if got := c.Judge(&j); got.Verdict == claim.Refuted {
				t.Fatalf("%s cut before event %d: %s refuted: %s", name, whole.Events[cut].N, c.ID, got.Because)
			}
		}
	}
}
