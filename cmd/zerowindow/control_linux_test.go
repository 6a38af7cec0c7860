package main

import (
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// refuted are the claims that the kernel refutes.
var refuted = []string{"FC1", "FC2", "FC4", "ZW5"}

// TestUndisturbed is the control of the controls: every scenario is reproduced wherever it can
// run, with the verdicts that are known.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	for _, n := range journal.Networks() {
		suite.Controls(t, journaltest.Stages(n), suite.Known(n, refuted...)...)
	}
}

func TestNoTime(t *testing.T) { suite.NoTime(t) }

// reads sends as much to a reader that reads.
func reads(t *scenario.T) {
	client, server := t.Connection()
	server.Get(journal.SOReceiveBuffer)
	client.WriteBulk(much)
	t.Deliver()
	readAll(t, server, much)
}

// TestSomebodyReads: where the reader reads, its window does not close, and nothing of it is shown.
func TestSomebodyReads(t *testing.T) {
	t.Parallel()
	var controls []journaltest.Control
	for _, name := range suite.Recordings {
		controls = append(controls, journaltest.Control{Scenario: name, Want: claim.OutcomeUnresolved, Steps: reads})
	}
	suite.Controls(t, journaltest.Stages(journal.Wire), controls...)
}

// growing is the first of buffer's connections alone.
func growing(t *scenario.T) {
	client, server := t.Connection()
	grow(t, client, server)
}

// TestOtherwise: where the world is another, so is what comes of it.
func TestOtherwise(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{
			Name: "the buffer's size was set", Scenario: "buffer", Want: claim.NotReproduced,
			Steps: func(t *scenario.T) {
				client, server := t.Listen(scenario.ServerPort, scenario.Opt(journal.SOReceiveBuffer, 1<<17)).Connect()
				grow(t, client, server)
			},
		},
		journaltest.Control{
			Name: "the buffer is not made smaller", Scenario: "buffer", Want: claim.Reproduced, Steps: growing,
			Verdicts: map[string]claim.Verdict{"ZW5": claim.Inconclusive, "FC4": claim.Refuted},
		},
		journaltest.Control{
			Name: "no window scaling", Scenario: "buffer", Want: claim.Reproduced, Steps: growing,
			Alter:    func(t *scenario.T) { t.Sysctl("b", windowScaling, "0") },
			Verdicts: map[string]claim.Verdict{"FC1": claim.Refuted, "FC4": claim.Inconclusive},
		},
		journaltest.Control{
			Name: "nothing answers", Scenario: "user-timeout", Want: claim.OutcomeUnresolved,
			Steps: func(t *scenario.T) {
				client, _ := full(t, scenario.Opt(journal.TCPUserTimeout, userTimeoutMS))
				t.Drop(func(p *wire.Packet) bool { return p.From == "b" })
				t.Await(5*time.Second, func() bool { return client.State() == journal.Close })
				client.Recv()
			},
		},
		journaltest.Control{
			Name: "no timeout", Scenario: "user-timeout", Want: claim.OutcomeUnresolved,
			Steps: func(t *scenario.T) {
				client, _ := full(t)
				t.Wait(2 * time.Second)
				client.Recv()
			},
		},
		journaltest.Control{
			Name: "the update comes", Scenario: "update-lost", Want: claim.OutcomeUnresolved,
			Steps: func(t *scenario.T) {
				_, server := full(t)
				readAll(t, server, much)
			},
		},
		journaltest.Control{
			Name: "all at once", Scenario: "silly", Want: claim.OutcomeUnresolved,
			Steps: func(t *scenario.T) {
				_, server := full(t)
				server.Get(journal.SOReceiveBuffer)
				readAll(t, server, much)
			},
		},
	)
}
