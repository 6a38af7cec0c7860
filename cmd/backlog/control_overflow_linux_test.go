package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// TestWithAnEntry: without cookies the server has an entry of the client, and serves it when
// there is room.
func TestWithAnEntry(t *testing.T) {
	t.Parallel()
	entry := func(t *scenario.T) {
		t.Sysctl("b", synCookies, "0")
		l, late, _ := lastPlace(t, scenario.ServerPort)
		l.Accept()
		t.Wait(longerThanARetry)
		late.Recv()
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "cookie-overflow", Steps: entry, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"BL40": claim.Inconclusive}},
	)
}

// TestTheClientWrites: what it sends brings the cookie back once more.
func TestTheClientWrites(t *testing.T) {
	t.Parallel()
	writes := func(t *scenario.T) {
		t.Sysctl("b", synCookies, "2")
		l, late, _ := lastPlace(t, scenario.ServerPort)
		l.Accept()
		late.Send("here")
		l.Accept()
		late.Recv()
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "cookie-overflow", Steps: writes, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"BL40": claim.Inconclusive}},
	)
}
