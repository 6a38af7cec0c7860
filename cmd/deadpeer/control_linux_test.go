package main

import (
	"slices"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// refuted are the claims that the kernel refutes.
var refuted = []string{"KA2", "KA4", "KA5", "KA6"}

// TestUndisturbed is the control of the controls: every scenario is reproduced wherever it can
// run, with the verdicts that are known.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	asExpected := func(t *testing.T, r *journaltest.Judged) {
		for _, f := range r.Findings {
			want := claim.Confirmed
			if slices.Contains(refuted, f.Claim) {
				want = claim.Refuted
			}
			if f.Verdict != want {
				t.Errorf("%s %s: %s; want %s", f.Claim, f.Verdict, f.Because, want)
			}
		}
	}
	for _, n := range journal.Networks() {
		var controls []journaltest.Control
		for _, s := range program.Scenarios {
			if slices.Contains(s.Networks, n) {
				controls = append(controls, journaltest.Control{Scenario: s.Name, Want: claim.Reproduced, Check: asExpected})
			}
		}
		suite.Controls(t, journaltest.Stages(n), controls...)
	}
}

func TestNoTime(t *testing.T) { suite.NoTime(t) }

// TestCableIn: where the path is not cut, nothing is lost, and nobody is given up.
func TestCableIn(t *testing.T) {
	t.Parallel()
	talk := func(t *scenario.T) {
		client, server := t.Connection()
		keepAlive(client, probes)
		client.Send("hello")
		server.Recv()
		t.Wait(watched)
		client.Send("still there?")
		server.Recv()
		client.Recv()
	}
	var controls []journaltest.Control
	for _, name := range suite.Recordings {
		controls = append(controls, journaltest.Control{Scenario: name, Want: claim.OutcomeUnresolved, Steps: talk})
	}
	suite.Controls(t, journaltest.Stages(journal.Wire), controls...)
}
