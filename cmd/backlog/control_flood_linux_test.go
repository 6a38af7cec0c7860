package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// TestNoFlood: where few strangers call, or their SYNs do not count as many, the honest
// client gets in, and nothing is said of a flood.
func TestNoFlood(t *testing.T) {
	t.Parallel()
	few := func(t *scenario.T) {
		t.Sysctl("b", synCookies, "0")
		l := t.Listen(scenario.ServerPort, scenario.Backlog(shortQueue))
		strangers(t, l, shortQueue)
		t.Host("b").List(journal.SynRecv)
		l.Start()
		t.Deliver()
		l.Accept()
	}
	untested := verdicts{"SF1": claim.Inconclusive, "SF2": claim.Inconclusive, "BL24": claim.Inconclusive, "BL25": claim.Inconclusive, "BL30": claim.Inconclusive}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "flood", Steps: few, Want: claim.OutcomeUnresolved, Verdicts: untested},
		journaltest.Control{Scenario: "mitigated", Steps: few, Want: claim.OutcomeUnresolved},
	)
}

// TestTheHonestSYNIsLost: a client whose SYN never arrives is not shut out by a flood.
func TestTheHonestSYNIsLost(t *testing.T) {
	t.Parallel()
	lose := func(t *scenario.T) { t.Drop(func(p *wire.Packet) bool { return p.From == "a" && wire.IsSYN(p) }) }
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "flood", Alter: lose, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"SF1": claim.Inconclusive, "SF2": claim.Inconclusive, "BL24": claim.Inconclusive}},
	)
}

// TestCookiesInstead: with cookies where the scenario has none, the client is not shut out.
func TestCookiesInstead(t *testing.T) {
	t.Parallel()
	cookies := func(t *scenario.T) {
		t.Sysctl("b", synCookies, "1")
		floodAt(t, scenario.ServerPort, shortQueue)
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "flood", Steps: cookies, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"SF1": claim.Inconclusive, "SF2": claim.Confirmed, "BL24": claim.Refuted, "BL25": claim.Confirmed}},
	)
}

// TestNoStrangers: without SYNs no claim about memory is decided.
func TestNoStrangers(t *testing.T) {
	t.Parallel()
	none := func(t *scenario.T) {
		t.Listen(scenario.ServerPort)
		countObjects(t)
		countObjects(t)
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "memory", Steps: none, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"BL31": claim.Inconclusive, "BL32": claim.Inconclusive}},
	)
}
