package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// calledBy lets strangers call a listener with a short backlog, and lists who is half open.
func calledBy(cookies string, many int) func(t *scenario.T) {
	return func(t *scenario.T) {
		t.Setting("b", maxSYNBacklog)
		t.Sysctl("b", synCookies, cookies)
		l := t.Listen(scenario.ServerPort, scenario.Backlog(shortQueue))
		strangers(t, l, many)
		t.Host("b").List(journal.SynRecv)
	}
}

// TestRoomForStrangers: where each SYN finds room, or gets a cookie, none is dropped.
func TestRoomForStrangers(t *testing.T) {
	t.Parallel()
	untested := verdicts{"BL1": claim.Inconclusive, "BL21": claim.Inconclusive, "BL22": claim.Inconclusive, "SF4": claim.Inconclusive}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Name: "few", Scenario: "syn-queue", Steps: calledBy("0", shortQueue+1), Want: claim.OutcomeUnresolved, Verdicts: untested},
		journaltest.Control{Name: "cookies", Scenario: "syn-queue", Steps: calledBy("1", 2*shortQueue+2), Want: claim.OutcomeUnresolved, Verdicts: untested},
	)
}

// TestNobodyIsRemembered: where the server keeps no metrics of its peers, the last quarter
// is kept from those too who have been here before.
func TestNobodyIsRemembered(t *testing.T) {
	t.Parallel()
	forget := func(t *scenario.T) { t.Sysctl("b", "net.ipv4.tcp_no_metrics_save", "1") }
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "syn-queue", Alter: forget, Want: claim.Reproduced, Verdicts: verdicts{"SF4": claim.Refuted, "BL21": claim.Refuted}},
	)
}

// TestAnotherBound: net.core.somaxconn bounds the backlog, and so the half-open queue.
func TestAnotherBound(t *testing.T) {
	t.Parallel()
	bounded := func(t *scenario.T) {
		t.Setting("b", maxSYNBacklog)
		t.Sysctl("b", synCookies, "0")
		t.Sysctl("b", somaxconn, "4")
		l := t.Listen(scenario.ServerPort, scenario.Backlog(64))
		l.Look()
		strangers(t, l, 8)
		t.Host("b").List(journal.SynRecv)
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "syn-queue", Steps: bounded, Want: claim.Reproduced, Verdicts: verdicts{"BL21": claim.Refuted}},
	)
}
