package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// byChance are the scenarios that are left to the kernel's timing, and take long.
var byChance = map[string]bool{"race": true, "retry": true}

// TestUndisturbed is the control of the controls: every scenario is reproduced
// wherever it can run, and refutes none of its claims but SO2.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	noneRefuted := func(t journaltest.Errors, r *journaltest.Judged) {
		for _, f := range r.Findings {
			if f.Verdict == claim.Refuted && f.Claim != "SO2" {
				t.Errorf("%s refuted: %s", f.Claim, f.Because)
			}
		}
	}
	for _, n := range journal.Networks() {
		var controls []journaltest.Control
		for _, s := range program.Scenarios {
			if slices.Contains(s.RunsOn(), n) && !byChance[s.Name] {
				controls = append(controls, journaltest.Control{Scenario: s.Name, Want: claim.Reproduced, Check: noneRefuted})
			}
		}
		suite.Controls(t, journaltest.Stages(n), controls...)
	}
}

// rule gives the wire another rule as soon as such an event is recorded: the
// steps set rules of their own, which would take the place of an earlier one.
func rule(when journaltest.Which, r wire.Rule) func(*scenario.Conditions) {
	return journaltest.When(0, when, func(t *scenario.T) { t.Rule(r) })
}

// dropping is a rule that drops what matches, and holds SYNs.
func dropping(match func(*wire.Packet) bool) wire.Rule {
	return func(p *wire.Packet) wire.Fate {
		switch {
		case match(p):
			return wire.Drop
		case wire.IsSYN(p):
			return wire.Hold
		}
		return wire.Wait
	}
}

// keepSYN lets a's SYN never go on; b's goes its way.
func keepSYN(c *scenario.Conditions) {
	rule(sent("a", journal.SYN), dropping(func(p *wire.Packet) bool { return wire.IsSYN(p) && p.From == "a" }))(c)
}

// keepSYNs lets neither SYN go on.
func keepSYNs(c *scenario.Conditions) { rule(sent("a", journal.SYN), dropping(wire.IsSYN))(c) }

// dropSYNACKs is a filter that drops every SYN-ACK.
func dropSYNACKs(c *scenario.Conditions) {
	rule(journaltest.PacketAt(journal.AtDelivered, journal.SYN), dropping(wire.IsSYNACK))(c)
}

// set makes a kernel setting on both hosts.
func set(name, value string) func(*scenario.T) {
	return func(t *scenario.T) {
		t.Sysctl("a", name, value)
		t.Sysctl("b", name, value)
	}
}

// onlyA lets a connect, and b not.
func onlyA(t *scenario.T) {
	a, b := clients(t, 0)
	a.Connect(b.at)
}

// The verdicts on the opening of cross, and those where the SYNs did not cross
// or something was lost.
var (
	opensSo    = map[string]claim.Verdict{"SO1": "confirmed", "SO2": "refuted", "SO3": "confirmed", "SO4": "confirmed", "SO5": "confirmed", "SO10": "confirmed"}
	notCrossed = map[string]claim.Verdict{"SO2": "inconclusive", "SO3": "inconclusive", "SO4": "inconclusive", "SO5": "inconclusive", "SO10": "inconclusive"}
)

// TestOneSYNIsNeverReleased: the two connect all the same, by an ordinary
// handshake; what is said of crossing SYNs is neither confirmed nor refuted.
func TestOneSYNIsNeverReleased(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "cross", With: keepSYN, Want: claim.NotReproduced, Verdicts: notCrossed},
		journaltest.Control{Scenario: "close-cross", With: keepSYN, Want: claim.Reproduced, Verdicts: map[string]claim.Verdict{"SO3": "inconclusive", "SO4": "inconclusive"}},
		journaltest.Control{Scenario: "same-path", With: keepSYN, Want: claim.OutcomeUnresolved},
	)
}

// TestNoSYNIsReleased: nobody connects.
func TestNoSYNIsReleased(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "cross", With: keepSYNs, Want: claim.NotReproduced, Verdicts: notCrossed},
		journaltest.Control{Scenario: "close-cross", With: keepSYNs, Want: claim.NotReproduced},
		journaltest.Control{Scenario: "same-path", With: keepSYNs, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "listener", With: keepSYNs, Want: claim.NotReproduced},
	)
}

// TestSYNACKsAreFiltered: both know that the other calls, and neither that it
// is heard.
func TestSYNACKsAreFiltered(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "cross", With: dropSYNACKs, Want: claim.NotReproduced, Verdicts: notCrossed},
		journaltest.Control{Scenario: "close-cross", With: dropSYNACKs, Want: claim.NotReproduced},
		journaltest.Control{Scenario: "same-path", With: dropSYNACKs, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "listener", With: dropSYNACKs, Want: claim.NotReproduced},
	)
}

// TestWithoutTimestamps: they are no part of it.
func TestWithoutTimestamps(t *testing.T) {
	t.Parallel()
	off := set("net.ipv4.tcp_timestamps", "0")
	var controls []journaltest.Control
	for _, name := range []string{"cross", "close-cross", "missed", "same-path", "punch", "listener"} {
		c := journaltest.Control{Scenario: name, Alter: off, Want: claim.Reproduced}
		if name == "cross" {
			c.Verdicts = opensSo
		}
		controls = append(controls, c)
	}
	suite.Controls(t, journaltest.Stages(journal.Wire), controls...)
}

// TestTimestampsAreOff: the setting of that control reaches the wire.
func TestTimestampsAreOff(t *testing.T) {
	at := journaltest.Stage{Network: journal.Wire, Family: journal.IPv4}
	at.Need(t)
	for value, want := range map[string]bool{"0": false, "1": true} {
		c := at.Conditions()
		c.Alter = set("net.ipv4.tcp_timestamps", value)
		r := suite.Conduct(suite.Scenario(t, "cross"), c)
		for _, e := range tcp.New(&r.Journal).Segments(journal.AtSent) {
			if has := strings.Contains(strings.Join(e.Packet.Options, " "), "TS"); has != want {
				t.Fatalf("tcp_timestamps=%s: options %v", value, e.Packet.Options)
			}
		}
	}
}

// TestOnlyOneCalls: that is no call of two clients, and with a listener it is
// an ordinary connection.
func TestOnlyOneCalls(t *testing.T) {
	t.Parallel()
	ordinary := func(t *scenario.T) {
		for i := range 2 {
			a, b, server := withListener(t, uint16(10*i))
			a.Connect(b.at)
			server.Accept()
		}
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "cross", Steps: onlyA, Want: claim.OutcomeUnresolved, Verdicts: notCrossed},
		journaltest.Control{Scenario: "close-cross", Steps: onlyA, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "lost-syn", Steps: onlyA, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "missed", Steps: onlyA, Want: claim.OutcomeUnresolved, Verdicts: map[string]claim.Verdict{"SO6": "inconclusive"}},
		journaltest.Control{Scenario: "same-path", Steps: onlyA, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "punch", Steps: onlyA, Want: claim.NotReproduced},
		journaltest.Control{Scenario: "listener", Steps: ordinary, Want: claim.NotReproduced},
	)
}

// TestCrossedInstead: where the SYNs cross, and nothing is lost or filtered,
// what loss, filters and missing each other do is not seen.
func TestCrossedInstead(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "lost-syn", Steps: cross, Want: claim.OutcomeUnresolved, Verdicts: map[string]claim.Verdict{"SO7": "inconclusive"}},
		journaltest.Control{Scenario: "lost-synack", Steps: cross, Want: claim.OutcomeUnresolved, Verdicts: map[string]claim.Verdict{"SO7": "inconclusive"}},
		journaltest.Control{Scenario: "missed", Steps: cross, Want: claim.OutcomeUnresolved, Verdicts: map[string]claim.Verdict{"SO6": "inconclusive"}},
		journaltest.Control{Scenario: "punch", Steps: cross, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "same-path", Steps: cross, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "listener", Steps: cross, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "close-cross", Steps: cross, Want: claim.NotReproduced, Verdicts: map[string]claim.Verdict{"SO9": "inconclusive"}},
	)
}

// TestMissedWithoutAnswer: a client whose SYN does not arrive is not refused;
// whether it would have been is not known. One whose RST does not arrive goes on
// calling, and so meets the other.
func TestMissedWithoutAnswer(t *testing.T) {
	t.Parallel()
	drop := func(flag packet.Flags) func(*scenario.T) {
		return func(t *scenario.T) { t.Drop(func(p *wire.Packet) bool { return p.Flags.Has(flag) }) }
	}
	unknown := map[string]claim.Verdict{"SO6": "inconclusive"}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Name: "no SYN", Scenario: "missed", Alter: drop(packet.SYN), Want: claim.NotReproduced, Verdicts: unknown},
		journaltest.Control{Name: "no RST", Scenario: "missed", Alter: drop(packet.RST), Want: claim.NotReproduced, Verdicts: unknown},
	)
}

func TestNoTime(t *testing.T) { suite.NoTime(t) }

// TestTooLittleTime: a retransmission is due after a second.
func TestTooLittleTime(t *testing.T) {
	t.Parallel()
	short := func(c *scenario.Conditions) { c.Timeout = 300 * time.Millisecond }
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "lost-syn", With: short, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "lost-synack", With: short, Want: claim.OutcomeUnresolved},
	)
}

// TestStoppedProcessDoesNotFalsifyAVerdict: none changes by what the kernel has
// sent again meanwhile.
func TestStoppedProcessDoesNotFalsifyAVerdict(t *testing.T) {
	t.Parallel()
	const opening, closing = 6, 4 // segments
	suite.Stopped(t, "cross", opening, opensSo)
	suite.Stopped(t, "close-cross", opening+closing, map[string]claim.Verdict{"SO3": "confirmed", "SO4": "confirmed", "SO9": "confirmed"})
	suite.Stopped(t, "same-path", opening, map[string]claim.Verdict{"SO8": "confirmed"})
}
