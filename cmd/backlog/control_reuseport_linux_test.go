package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// TestOneListener: whose only listener closes is reset, and no other could have had it.
func TestOneListener(t *testing.T) {
	t.Parallel()
	alone := func(t *scenario.T) {
		t.Sysctl("b", migrateReq, "0")
		l := t.Listen(scenario.ServerPort)
		c := l.Dial()
		l.Look()
		l.Close()
		c.Recv()
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire, journal.Loopback),
		journaltest.Control{Scenario: "reuseport", Steps: alone, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"RP1": claim.Inconclusive, "RP2": claim.Inconclusive}},
	)
}

// TestAlwaysMigrated: where both listeners hand over, none is reset.
func TestAlwaysMigrated(t *testing.T) {
	t.Parallel()
	migrated := func(t *scenario.T) {
		t.Sysctl("b", migrateReq, "1")
		shareAndClose(t, scenario.ServerPort)
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire, journal.Loopback),
		journaltest.Control{Scenario: "reuseport", Steps: migrated, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"RP1": claim.Inconclusive, "RP2": claim.Confirmed}},
	)
}
