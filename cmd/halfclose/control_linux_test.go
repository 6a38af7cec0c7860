package main

import (
	"slices"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// refutes lists the claims that each scenario refutes, wherever it can see what
// they are about.
var refutes = map[string][]string{
	"endings": {"HC13"}, "four-way": {"HC35"}, "three-way": {"HC35", "HC48"}, "queued": {"HC36"}, "held-fin": {"HC39", "HC40"}, "unread": {"HC14"}, "unsent": {"HC27"},
	"threads": {"HC29", "HC47"}, "epoll": {"HC32"}, "shut-read": {"HC13"}, "exit": {"HC49"}, "kill": {"HC49"},
	"leak": {"HC20"}, "time-wait": {"HC22", "HC23", "HC28"},
}

// leavesOpen lists the claims whose known counter-example a scenario does not bring about.
var leavesOpen = map[string][]string{"four-way": {"HC48"}}

// notOff lists the claims that a network other than the wire may leave open:
// states that pass between two looks, losses that cannot be arranged, settings
// that the host network never changes.
var notOff = map[journal.Network][]string{
	journal.Loopback: {"HC3", "HC6", "HC25", "HC35", "HC41"},
	journal.HostNet:  {"HC3", "HC6", "HC23", "HC25", "HC27", "HC35", "HC41"},
}

// asExpected: a run refutes what its scenario does, and confirms the rest.
func asExpected(r *journaltest.Judged, f *claim.Finding) []claim.Verdict {
	want := claim.Confirmed
	if slices.Contains(leavesOpen[r.Scenario], f.Claim) {
		want = claim.Inconclusive
	}
	if slices.Contains(refutes[r.Scenario], f.Claim) {
		want = claim.Refuted
	}
	blind := r.Witness(journal.Packets).Status != journal.Attached
	if blind || slices.Contains(notOff[r.Network], f.Claim) {
		return []claim.Verdict{want, claim.Inconclusive}
	}
	return []claim.Verdict{want}
}

// byTimer are the scenarios that must be quicker than the kernel's delayed
// acknowledgement: TestDelayedACK runs them.
var byTimer = []string{"three-way", "merged-data"}

// TestUndisturbed is the control of the controls: every scenario is reproduced
// wherever it can run, with the verdicts that are known.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	for _, n := range journal.Networks() {
		var controls []journaltest.Control
		for _, s := range program.Scenarios {
			if slices.Contains(s.RunsOn(), n) && !slices.Contains(byTimer, s.Name) {
				controls = append(controls, journaltest.Control{Scenario: s.Name, Want: claim.Reproduced, Expect: asExpected})
			}
		}
		suite.Controls(t, journaltest.Stages(n), controls...)
	}
}

// losing lets the wire drop, from the start, what a host sends with all of some flags.
func losing(host string, flags packet.Flags) func(*scenario.T) {
	return func(t *scenario.T) {
		t.Drop(func(p *wire.Packet) bool { return p.From == host && p.Flags.Has(flags) })
	}
}

// losingData lets the wire drop what a host sends with payload.
func losingData(host string) func(*scenario.T) {
	return func(t *scenario.T) {
		t.Drop(func(p *wire.Packet) bool { return p.From == host && len(p.Payload) > 0 })
	}
}

// losingOnce lets the wire drop the first segment of a host's with all of some
// flags: it comes again, and nothing that is judged changes.
func losingOnce(host string, flags packet.Flags) func(*scenario.T) {
	return func(t *scenario.T) {
		t.Drop(scenario.Once(func(p *wire.Packet) bool { return p.From == host && p.Flags.Has(flags) }))
	}
}

// verdicts are those expected of some claims.
type verdicts = map[string]claim.Verdict

// TestFINsAreFiltered: an end that has been told nothing notices nothing.
func TestFINsAreFiltered(t *testing.T) {
	t.Parallel()
	alter := losing("a", packet.FIN)
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "endings", Alter: alter, Want: claim.NotReproduced, Verdicts: verdicts{"HC2": "inconclusive", "HC7": "inconclusive", "HC12": "confirmed", "HC13": "refuted"}},
		journaltest.Control{Scenario: "four-way", Alter: alter, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC1": "inconclusive", "HC3": "inconclusive"}},
		journaltest.Control{Scenario: "unread", Alter: alter, Want: claim.NotReproduced, Verdicts: verdicts{"HC10": "confirmed"}},
		journaltest.Control{Scenario: "shared", Alter: alter, Want: claim.NotReproduced, Verdicts: verdicts{"HC31": "confirmed"}},
		journaltest.Control{Scenario: "epoll", Alter: alter, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC7": "inconclusive"}},
		journaltest.Control{Scenario: "exit", Alter: alter, Want: claim.NotReproduced, Verdicts: verdicts{"HC18": "confirmed", "HC49": "refuted"}},
		journaltest.Control{Scenario: "kill", Alter: alter, Want: claim.NotReproduced, Verdicts: verdicts{"HC18": "confirmed", "HC49": "refuted"}},
		journaltest.Control{Scenario: "orphan", Alter: alter, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC16": "inconclusive"}},
		journaltest.Control{Scenario: "half-open", Alter: alter, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC17": "inconclusive"}},
		journaltest.Control{Scenario: "leak", Alter: alter, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC19": "inconclusive", "HC26": "inconclusive"}},
	)
}

// TestRSTsAreFiltered: an end that is reset and not told goes on.
func TestRSTsAreFiltered(t *testing.T) {
	t.Parallel()
	alter := losing("a", packet.RST)
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "endings", Alter: alter, Want: claim.NotReproduced, Verdicts: verdicts{"HC9": "confirmed"}},
		journaltest.Control{Scenario: "late-data", Alter: alter, Want: claim.NotReproduced, Verdicts: verdicts{"HC8": "confirmed", "HC9": "confirmed"}},
		journaltest.Control{Scenario: "unread", Alter: alter, Want: claim.NotReproduced, Verdicts: verdicts{"HC10": "confirmed"}},
		journaltest.Control{Scenario: "kill", Alter: alter, Want: claim.NotReproduced, Verdicts: verdicts{"HC18": "confirmed", "HC49": "refuted"}},
		journaltest.Control{Scenario: "leak", Alter: alter, Want: claim.Reproduced, Verdicts: verdicts{"HC20": "inconclusive", "HC26": "confirmed"}},
		journaltest.Control{Scenario: "truncated", Alter: losing("b", packet.RST), Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC33": "inconclusive"}},
		journaltest.Control{Scenario: "shut-read", Alter: losing("b", packet.RST), Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC34": "inconclusive"}},
	)
}

// TestDataIsFiltered: what does not arrive is neither read nor discarded, nor
// answered, nor left unread.
func TestDataIsFiltered(t *testing.T) {
	t.Parallel()
	alter := losingData("b")
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "endings", Alter: alter, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC8": "inconclusive", "HC9": "inconclusive", "HC13": "inconclusive", "HC7": "confirmed"}},
		journaltest.Control{Scenario: "late-data", Alter: alter, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC8": "inconclusive", "HC9": "inconclusive"}},
		journaltest.Control{Scenario: "unread", Alter: alter, Want: claim.NotReproduced, Verdicts: verdicts{"HC10": "inconclusive"}},
		journaltest.Control{Scenario: "threads", Alter: alter, Want: claim.Reproduced, Verdicts: verdicts{"HC29": "refuted", "HC30": "confirmed"}},
		journaltest.Control{Scenario: "shut-read", Alter: alter, Want: claim.Reproduced, Verdicts: verdicts{"HC12": "confirmed", "HC13": "inconclusive"}},
		journaltest.Control{Scenario: "half-open", Alter: alter, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC8": "inconclusive", "HC17": "confirmed"}},
		journaltest.Control{Scenario: "truncated", Alter: alter, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC33": "inconclusive"}},
	)
}

// TestSegmentsAreLostOnce: the kernel sends them again, and what is judged is the same.
func TestSegmentsAreLostOnce(t *testing.T) {
	t.Parallel()
	slow := func(name string, alter func(*scenario.T)) journaltest.Control {
		return journaltest.Control{Name: "lost once", Scenario: name, Alter: alter, Want: claim.Reproduced, Expect: asExpected}
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		slow("leak", losingOnce("b", packet.ACK)),
		slow("shut-read", losingOnce("b", packet.SYN)),
		slow("endings", losingOnce("a", packet.SYN)),
		slow("truncated", losingOnce("b", packet.SYN)),
	)
}

func TestNoTime(t *testing.T) { suite.NoTime(t) }

// TestStoppedProcessDoesNotFalsifyAVerdict: none changes by what the kernel has
// sent again meanwhile.
func TestStoppedProcessDoesNotFalsifyAVerdict(t *testing.T) {
	t.Parallel()
	suite.Stopped(t, "endings", 40, verdicts{"HC2": "confirmed", "HC7": "confirmed", "HC8": "confirmed", "HC9": "confirmed", "HC12": "confirmed", "HC13": "refuted"})
	suite.Stopped(t, "four-way", 11, verdicts{"HC1": "confirmed", "HC2": "confirmed", "HC3": "confirmed"})
	suite.Stopped(t, "late-data", 24, verdicts{"HC8": "confirmed", "HC9": "confirmed"})
	suite.Stopped(t, "unread", 20, verdicts{"HC10": "confirmed", "HC14": "refuted"})
}
