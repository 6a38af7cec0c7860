package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// TestUndisturbed is the control of the controls: every scenario is reproduced wherever it can
// run, and refutes none of its claims but RU5.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	for _, n := range journal.Networks() {
		suite.Controls(t, journaltest.Stages(n), suite.Known(n, "RU5")...)
	}
}

func TestNoTime(t *testing.T) { suite.NoTime(t) }

// TestNothingCrosses: where the FIN arrives before the request is written, or the server does
// not close, no request meets it.
func TestNothingCrosses(t *testing.T) {
	t.Parallel()
	suite.Controls(t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "race", Want: claim.OutcomeUnresolved, Steps: func(t *scenario.T) {
			client, server := keptAlive(t, "GET /1")
			server.Close()
			client.Recv()
			client.Send("GET /2")
			client.Recv()
		}},
		journaltest.Control{Scenario: "race", Want: claim.OutcomeUnresolved, Steps: func(t *scenario.T) {
			client, server := keptAlive(t, "GET /1")
			answer(client, server, "GET /2")
		}},
		journaltest.Control{Scenario: "shorter", Want: claim.OutcomeUnresolved, Steps: func(t *scenario.T) {
			client, server := keptAlive(t, "GET /1")
			t.Wait(clientBound)
			answer(client, server, "GET /2")
			t.Wait(serverBound)
			server.Close()
			client.Recv()
		}},
		journaltest.Control{Scenario: "retry", Want: claim.OutcomeUnresolved, Steps: func(t *scenario.T) {
			client, _ := crossing(t, "GET /1", "POST /order/1")
			t.Release()
			client.Recv()
			client.Close()
			again(t, "POST /order/1")
		}},
		journaltest.Control{Scenario: "lingering", Want: claim.OutcomeUnresolved, Steps: race},
	)
}

// TestNoRST: where the wire drops RSTs, the server never answers the request.
func TestNoRST(t *testing.T) {
	t.Parallel()
	drop := func(t *scenario.T) {
		t.Rule(func(p *wire.Packet) wire.Fate {
			if p.Flags.Has(packet.RST) {
				return wire.Drop
			}
			return wire.Wait
		})
	}
	suite.Controls(t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "lingering", Want: claim.Reproduced, Alter: drop})
}
