package main

import (
	"slices"
	"testing"

	"sockproof/lib/repro"
)

// TestNoScenarioHasACommandsName: the commands of all programs are reserved,
// those of this one are among them, and a scenario's name is its own.
func TestNoScenarioHasACommandsName(t *testing.T) {
	seen := map[string]bool{"all": true}
	for _, s := range program.Scenarios {
		if slices.Contains(repro.Reserved, s.Name) || seen[s.Name] {
			t.Errorf("the scenario's name %q is taken", s.Name)
		}
		seen[s.Name] = true
	}
	for _, c := range program.Commands {
		if !slices.Contains(repro.Reserved, c.Name) {
			t.Errorf("the command %q is not reserved", c.Name)
		}
	}
}
