package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// refuted are the claims that the kernel refutes.
var refuted = []string{"TW1", "TW2", "TW4", "TW5", "TW12", "TW13", "TW14", "TW15"}

// TestUndisturbed is the control of the controls: every scenario is reproduced wherever it can
// run, with the verdicts that are known.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	for _, n := range journal.Networks() {
		suite.Controls(t, journaltest.Stages(n), suite.Known(n, refuted...)...)
	}
}

func TestNoTime(t *testing.T) { suite.NoTime(t) }

// TestNothingWaits: where nobody closes, nothing is in TIME_WAIT, and no port is used up.
func TestNothingWaits(t *testing.T) {
	t.Parallel()
	open := func(t *scenario.T) {
		t.Setting("a", twReuse)
		t.Sysctl("a", portRange, rangeFrom(40_000))
		l := t.Listen(scenario.ServerPort)
		for range few {
			l.AcceptFrom(free(t, l))
		}
		t.Host("b").List(journal.TimeWait)
	}
	var controls []journaltest.Control
	for _, name := range suite.Recordings {
		controls = append(controls, journaltest.Control{Scenario: name, Want: claim.OutcomeUnresolved, Steps: open})
	}
	suite.Controls(t, journaltest.Stages(journal.Wire), controls...)
}

// TestOtherwise: where the world is another, so is what comes of it.
func TestOtherwise(t *testing.T) {
	t.Parallel()
	none := func(host string) func(*scenario.T) {
		return func(t *scenario.T) { t.Sysctl(host, twBuckets, noBuckets) }
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Name: "no TIME_WAIT", Scenario: "fin-timeout", Want: claim.OutcomeUnresolved, Alter: none("a")},
		journaltest.Control{
			Name: "never lowered", Scenario: "fin-timeout", Want: claim.OutcomeUnresolved,
			Steps: func(t *scenario.T) {
				t.Setting("a", finTimeout)
				l := t.Listen(scenario.ServerPort)
				client, _ := l.Connect()
				clientCloses(t, l)
				client.Close()
				t.Wait(late)
			},
			Verdicts: map[string]claim.Verdict{"TW9": claim.Inconclusive},
		},
		journaltest.Control{
			Name: "no TIME_WAIT", Scenario: "again", Want: claim.OutcomeUnresolved, Alter: none("a"),
			Verdicts: map[string]claim.Verdict{"TW8": claim.Inconclusive, "TW11": claim.Confirmed},
		},
		journaltest.Control{
			Name: "it has only shut down", Scenario: "again", Want: claim.OutcomeUnresolved, Alter: none("a"),
			Steps: func(t *scenario.T) {
				server := finAgain(t, t.Listen(scenario.ServerPort), func(server *scenario.End) { server.ShutdownWrite() })
				server.Recv()
				server.Err()
			},
			Verdicts: map[string]claim.Verdict{"TW11": claim.Confirmed, "TW12": claim.Inconclusive},
		},
		journaltest.Control{
			Name: "no TIME_WAIT", Scenario: "rebind", Want: claim.OutcomeUnresolved, Alter: none("b"),
			Verdicts: map[string]claim.Verdict{"TW14": claim.Refuted},
		},
		journaltest.Control{
			Name: "nobody sets SO_REUSEADDR", Scenario: "rebind", Want: claim.OutcomeUnresolved,
			Steps:    func(t *scenario.T) { (&crash{}).steps(t, scenario.ServerPort) },
			Verdicts: map[string]claim.Verdict{"TW14": claim.Inconclusive},
		},
	)
}
