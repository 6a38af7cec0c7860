package main

import (
	"os"
	"slices"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// refuted are the claims that the kernel refutes wherever they are put to the test.
var refuted = []string{"BL4", "BL7", "BL12", "BL15", "BL16", "BL17", "BL18", "BL20", "BL21", "BL22", "BL24", "BL25", "BL29", "BL30", "BL31", "BL37", "BL40"}

// asExpected: a run refutes what is known to be wrong, and confirms the rest, but for
// what the caller's own stack cannot show.
func asExpected(r *journaltest.Judged, f *claim.Finding) []claim.Verdict {
	want := claim.Confirmed
	if slices.Contains(refuted, f.Claim) {
		want = claim.Refuted
	}
	switch f.Claim {
	case "BL19": // there is no instance of it
		want = claim.Inconclusive
	case "BL3", "BL5", "BL6", "BL28": // they need --full
		want = claim.Inconclusive
	case "BL31", "BL32":
		if !countsObjects() {
			want = claim.Inconclusive
		}
	}
	if r.Network == journal.HostNet || r.Witness(journal.Packets).Status != journal.Attached {
		return []claim.Verdict{want, claim.Inconclusive}
	}
	return []claim.Verdict{want}
}

// countsObjects says whether the kernel lets this user count its objects.
func countsObjects() bool {
	_, err := os.ReadFile("/proc/slabinfo")
	return err == nil
}

// TestUndisturbed is the control of the controls: every scenario is reproduced wherever it
// can run, with the verdicts that are known.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	for _, n := range journal.Networks() {
		var controls []journaltest.Control
		for _, s := range program.Scenarios {
			if !slices.Contains(s.RunsOn(), n) || s.Name == "proxy" { // TestProxy
				continue
			}
			want := claim.Reproduced
			if s.Name == "memory" && !countsObjects() {
				want = claim.OutcomeUnresolved
			}
			controls = append(controls, journaltest.Control{Scenario: s.Name, Want: want, Expect: asExpected})
		}
		suite.Controls(t, journaltest.Stages(n), controls...)
	}
}

func TestNoTime(t *testing.T) { suite.NoTime(t) }

// verdicts are those expected of some claims.
type verdicts = map[string]claim.Verdict

// TestRoomInTheQueue: with a longer backlog, or where somebody accepts, the last client is
// answered like the others.
func TestRoomInTheQueue(t *testing.T) {
	t.Parallel()
	accepted := func(t *scenario.T) {
		l := t.Listen(scenario.ServerPort, scenario.Backlog(shortQueue))
		for range shortQueue + 1 {
			l.Connect()
		}
		l.Look()
		l.Start()
		t.Deliver()
		l.Accept()
	}
	longer := func(t *scenario.T) {
		l := t.Listen(scenario.ServerPort, scenario.Backlog(shortQueue+1))
		for range shortQueue + 1 {
			l.Dial()
		}
		l.Look()
		l.Dial()
		l.Accept()
	}
	untested := verdicts{"BL13": claim.Inconclusive, "BL15": claim.Inconclusive, "BL39": claim.Inconclusive}
	suite.Controls(
		t, journaltest.Stages(journal.Networks()...),
		journaltest.Control{Name: "accepted", Scenario: "accept-queue", Steps: accepted, Want: claim.OutcomeUnresolved, Verdicts: untested},
		journaltest.Control{Name: "a longer backlog", Scenario: "accept-queue", Steps: longer, Want: claim.OutcomeUnresolved, Verdicts: untested},
	)
}

// TestNoSYNArrives: a client whose SYN is lost waits, and says nothing of the queue.
func TestNoSYNArrives(t *testing.T) {
	t.Parallel()
	lose := func(t *scenario.T) {
		syns := 0
		t.Drop(func(p *wire.Packet) bool {
			if wire.IsSYN(p) {
				syns++
			}
			return wire.IsSYN(p) && syns > shortQueue+1
		})
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "accept-queue", Alter: lose, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"BL13": claim.Inconclusive, "BL15": claim.Inconclusive}},
	)
}

// TestTheClientAnswers: a client that is there answers the SYN-ACK, and no entry is given up.
func TestTheClientAnswers(t *testing.T) {
	t.Parallel()
	alive := func(t *scenario.T) {
		t.Setting("b", synAckRetries)
		t.Listen(scenario.ServerPort).Connect()
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{
			Scenario: "synack-retries", Steps: alive, Want: claim.OutcomeUnresolved,
			Verdicts: verdicts{"BL2": claim.Inconclusive, "BL7": claim.Inconclusive, "BL36": claim.Inconclusive},
		},
	)
}
