package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// TestNoCookies: a listener with room, and without tcp_syncookies 2, answers from an entry.
func TestNoCookies(t *testing.T) {
	t.Parallel()
	none := func(t *scenario.T) {
		t.Sysctl("b", synCookies, "1")
		l := t.Listen(scenario.ServerPort)
		t.Hold(isThird)
		c := l.Dial()
		t.Host("b").List(journal.SynRecv)
		t.Release()
		l.AcceptFrom(c)
	}
	untested := verdicts{"BL26": claim.Inconclusive, "BL27": claim.Inconclusive, "BL29": claim.Inconclusive, "SF3": claim.Inconclusive}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "cookies", Steps: none, Want: claim.OutcomeUnresolved, Verdicts: untested},
	)
}

// TestTheCookieNeverReturns: where the ACK is lost, no connection is made of a cookie.
func TestTheCookieNeverReturns(t *testing.T) {
	t.Parallel()
	lost := func(t *scenario.T) {
		t.Sysctl("b", synCookies, "2")
		l := t.Listen(scenario.ServerPort)
		t.Drop(isThird)
		l.Dial()
		t.Host("b").List(journal.SynRecv)
		l.Accept()
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "cookies", Steps: lost, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"BL26": claim.Inconclusive, "BL27": claim.Inconclusive}},
	)
}
