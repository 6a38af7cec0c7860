package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// TestProxy: the kernel's SYN proxy takes IPv4, and IPv6 where it checks that as such.
func TestProxy(t *testing.T) {
	t.Parallel()
	for _, stage := range journaltest.Stages(journal.Wire) {
		want, verdict := claim.Reproduced, claim.Confirmed
		if stage.Family == journal.IPv6 {
			want, verdict = claim.OutcomeUnresolved, claim.Inconclusive
		}
		suite.Controls(t, []journaltest.Stage{stage}, journaltest.Control{Scenario: "proxy", Want: want, Verdicts: verdicts{"BL33": verdict}})
	}
}

// TestNoProxy: without a proxy and without a firewall's SYN-ACK neither claim is put to the test.
func TestNoProxy(t *testing.T) {
	t.Parallel()
	plain := func(t *scenario.T) {
		client, server := t.Listen(scenario.ServerPort).Connect()
		client.Send("hello")
		server.Recv()
		server.Send("hello yourself")
		client.Recv()
		numbersOf(server)
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "proxy", Steps: plain, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"BL33": claim.Inconclusive}},
		journaltest.Control{Scenario: "safe-reset", Steps: plain, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"BL34": claim.Inconclusive}},
	)
}
