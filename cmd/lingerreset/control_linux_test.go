package main

import (
	"slices"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// refuted are the claims that the kernel refutes wherever they can be seen.
var refuted = []string{"LR5", "LR9", "LR14", "LR17", "LR18", "LR24"}

// asExpected: a run refutes what is known to be wrong, and confirms the rest, but for
// what takes packets, where they may not be seen.
func asExpected(r *journaltest.Judged, f *claim.Finding) []claim.Verdict {
	want := claim.Confirmed
	if slices.Contains(refuted, f.Claim) {
		want = claim.Refuted
	}
	blind := r.Witness(journal.Packets).Status != journal.Attached
	taken := f.Claim == "LR4" && r.Network == journal.HostNet // another program may have had the port
	if blind || taken {
		return []claim.Verdict{want, claim.Inconclusive}
	}
	return []claim.Verdict{want}
}

// TestUndisturbed is the control of the controls: every scenario is reproduced
// wherever it can run, with the verdicts that are known.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	for _, n := range journal.Networks() {
		t.Run(string(n), func(t *testing.T) {
			t.Parallel()
			undisturbed(t, n)
		})
	}
}

func undisturbed(t *testing.T, n journal.Network) {
	var controls []journaltest.Control
	for _, s := range program.Scenarios {
		if slices.Contains(s.RunsOn(), n) {
			controls = append(controls, journaltest.Control{Scenario: s.Name, Want: claim.Reproduced, Expect: asExpected})
		}
	}
	suite.Controls(t, journaltest.Stages(n), controls...)
}

// verdicts are those expected of some claims.
type verdicts = map[string]claim.Verdict

// losing lets the wire drop, from the start, what matches.
func losing(match func(*wire.Packet) bool) func(*scenario.T) {
	return func(t *scenario.T) { t.Drop(match) }
}

func isRST(p *wire.Packet) bool { return p.Flags.Has(packet.RST) }

// eaten are the scenarios where no RST ever arrives. What close() sends is the same; the
// other end does not know of it.
func eaten(name string, alter func(*scenario.T)) []journaltest.Control {
	controls := []journaltest.Control{
		{
			Scenario: "linger0", Want: claim.NotReproduced,
			Verdicts: verdicts{"LR1": "confirmed", "LR3": "confirmed", "LR4": "inconclusive", "LR6": "inconclusive", "LR13": "inconclusive", "LR23": "confirmed"},
		},
		{
			Scenario: "sigpipe", Want: claim.NotReproduced, Check: noneDied,
			Verdicts: verdicts{"LR7": "confirmed", "LR8": "inconclusive", "LR11": "inconclusive", "LR12": "inconclusive", "LR22": "inconclusive"},
		},
		{
			Scenario: "read-after-reset", Want: claim.OutcomeUnresolved,
			Verdicts: verdicts{"LR6": "inconclusive", "LR7": "confirmed", "LR9": "inconclusive", "LR13": "inconclusive", "LR19": "inconclusive"},
		},
		{Scenario: "shut-wr-contrast", Want: claim.NotReproduced, Verdicts: verdicts{"LR7": "confirmed", "LR10": "confirmed"}},
		{Scenario: "exit", Want: claim.NotReproduced, Verdicts: verdicts{"LR20": "confirmed", "LR21": "confirmed"}},
		{Scenario: "linger-off", Want: claim.NotReproduced, Verdicts: verdicts{"LR1": "confirmed", "LR5": "refuted"}},
		{Scenario: "go-runtime", Want: claim.NotReproduced, Check: noneDied},
	}
	for i := range controls {
		controls[i].Name, controls[i].Alter = name, alter
	}
	return controls
}

// noneDied checks that no process was ended by SIGPIPE, and that the table says
// that no RST came.
func noneDied(t journaltest.Errors, r *journaltest.Judged) {
	t.Helper()
	v := tcp.New(&r.Journal)
	for _, p := range processes(v) {
		if p.Ended != nil && p.shut == nil {
			t.Errorf("the process that has %s: %s", p.ID, endText(p.Ended))
		}
	}
	for _, row := range compareSends(v).Rows {
		if rst := row.Cells[2].Text; rst != "none" {
			t.Errorf("%s: RST %q", row.What, rst)
		}
	}
}

// TestRSTsAreEaten: where the wire drops every RST, the second write succeeds too,
// and no process ends.
func TestRSTsAreEaten(t *testing.T) {
	t.Parallel()
	controls := eaten("eaten", losing(isRST))
	controls = append(controls, journaltest.Control{
		Scenario: "causes", Alter: losing(isRST), Want: claim.NotReproduced,
	})
	suite.Controls(t, journaltest.Stages(journal.Wire), controls...)
}

// TestFINsAreEaten: an end to which no FIN of a close has come is not in CLOSE_WAIT.
func TestFINsAreEaten(t *testing.T) {
	t.Parallel()
	alter := losing(func(p *wire.Packet) bool { return p.Flags.Has(packet.FIN) })
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Name: "no FIN", Scenario: "shut-wr-contrast", Alter: alter, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"LR7": "inconclusive", "LR10": "inconclusive"}},
		journaltest.Control{Name: "no FIN", Scenario: "read-after-reset", Alter: alter, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"LR9": "inconclusive", "LR14": "inconclusive", "LR13": "confirmed"}},
		journaltest.Control{Name: "no FIN", Scenario: "linger-off", Alter: alter, Want: claim.NotReproduced},
	)
}

// losingOnce lets the wire drop the first segment that matches: it comes again,
// and nothing that is judged changes.
func losingOnce(match func(*wire.Packet) bool) func(*scenario.T) {
	return losing(scenario.Once(match))
}

// synOf matches a host's SYN, or SYN-ACK.
func synOf(host string) func(*wire.Packet) bool {
	return func(p *wire.Packet) bool { return p.From == host && p.Flags.Has(packet.SYN) }
}

// TestSegmentsAreLostOnce: the kernel sends them again, and what is judged is the
// same.
func TestSegmentsAreLostOnce(t *testing.T) {
	t.Parallel()
	once := func(name string, match func(*wire.Packet) bool) journaltest.Control {
		return journaltest.Control{Name: "lost once", Scenario: name, With: func(c *scenario.Conditions) {
			c.Alter = losingOnce(match) // each run its own
		}, Want: claim.Reproduced, Expect: asExpected}
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		once("linger0", synOf("a")),
		once("sigpipe", synOf("b")),
		once("shut-wr-contrast", synOf("b")),
		once("exit", synOf("a")),
		once("linger-off", synOf("b")),
		once("linger-n", synOf("a")),
		once("causes", synOf("b")),
	)
}

func TestNoTime(t *testing.T) {
	t.Parallel()
	suite.NoTime(t)
}

// TestStoppedProcessDoesNotFalsifyAVerdict: none changes by what the kernel has
// sent again meanwhile.
func TestStoppedProcessDoesNotFalsifyAVerdict(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		scenario string
		segments int
		verdicts verdicts
	}{
		{"linger0", 36, verdicts{"LR1": "confirmed", "LR2": "confirmed", "LR3": "confirmed", "LR4": "confirmed", "LR6": "confirmed", "LR13": "confirmed", "LR16": "confirmed", "LR23": "confirmed"}},
		{"shut-wr-contrast", 20, verdicts{"LR7": "confirmed", "LR10": "confirmed"}},
		{"inexact", 17, verdicts{"LR16": "confirmed", "LR18": "refuted"}},
	} {
		t.Run(s.scenario, func(t *testing.T) {
			t.Parallel()
			suite.Stopped(t, s.scenario, s.segments, s.verdicts)
		})
	}
}
