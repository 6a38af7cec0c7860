package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// refuted are the claims that the kernel refutes.
var refuted = []string{"KA2", "KA4", "KA5", "KA6", "KA9"}

// TestUndisturbed is the control of the controls: every scenario is reproduced wherever it can
// run, with the verdicts that are known.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	for _, n := range journal.Networks() {
		suite.Controls(t, journaltest.Stages(n), suite.Known(n, refuted...)...)
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
