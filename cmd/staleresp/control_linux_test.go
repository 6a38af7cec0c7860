package main

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// refutedHere are the claims that a scenario refutes, by its name.
var refutedHere = map[string][]string{"crosswire": {"SR17"}, "incarnation": {"SR17"}, "time-wait": {"SR5"}}

// TestUndisturbed is the control of the controls: every scenario is reproduced
// wherever it can run, and refutes the claims that it is known to refute, no others.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	for _, n := range journal.Networks() {
		var controls []journaltest.Control
		for _, s := range program.Scenarios {
			if slices.Contains(s.RunsOn(), n) && s.MTU == 0 {
				controls = append(controls, journaltest.Control{Scenario: s.Name, Want: claim.Reproduced, Expect: asKnown(s.Name)})
			}
		}
		suite.Controls(t, journaltest.Stages(n), controls...)
	}
}

// oneByOne runs controls in turn: those that move bytes against the clock of
// initial sequence numbers must not be in each other's way. For the same reason
// the tests that call it are not parallel.
func oneByOne(t *testing.T, controls ...journaltest.Control) {
	t.Helper()
	for _, c := range controls {
		for _, at := range journaltest.Stages(journal.Wire) {
			suite.Controls(t, []journaltest.Stage{at}, c)
		}
	}
}

// TestUndisturbedAgainstTheClock is the same for the scenarios that move bytes.
func TestUndisturbedAgainstTheClock(t *testing.T) {
	for _, s := range program.Scenarios {
		if s.MTU != 0 {
			oneByOne(t, journaltest.Control{Scenario: s.Name, Want: claim.Reproduced, Expect: asKnown(s.Name)})
		}
	}
}

// asKnown are the verdicts of an undisturbed run.
func asKnown(scenario string) journaltest.Expectation {
	return func(_ *journaltest.Judged, f *claim.Finding) []claim.Verdict {
		switch {
		case f.Claim == "SR19":
			return nil // computed
		case slices.Contains(refutedHere[scenario], f.Claim):
			return []claim.Verdict{claim.Refuted}
		}
		return []claim.Verdict{claim.Confirmed}
	}
}

// patient clients wait longer than a late reply takes.
var patient = map[string]string{patienceFlag: maxSpan.String(), lateByFlag: "5ms"}

// TestPatient: where clients wait longer than replies are late, nobody is told
// another's answer.
func TestPatient(t *testing.T) {
	t.Parallel()
	late := []journaltest.Control{
		{Scenario: "late-reply", Option: patient, Want: claim.NotReproduced, Check: nobodyWrong},
		{Scenario: "slow-server", Option: patient, Want: claim.NotReproduced, Check: nobodyWrong},
		{Scenario: "policies", Option: patient, Want: claim.NotReproduced, Check: nobodyWrong},
	}
	suite.Controls(t, journaltest.Stages(journal.Networks()...), late...)
	suite.Controls(t, journaltest.Stages(journal.Wire), journaltest.Control{
		Scenario: "slow-network", Option: patient, Want: claim.NotReproduced, Check: nobodyWrong,
	})
}

// nobodyWrong checks that every request had its own reply.
func nobodyWrong(t journaltest.Errors, r *journaltest.Judged) {
	a := accountOf(tcp.New(&r.Journal))
	if a.unfounded != nil || len(a.all) == 0 {
		t.Errorf("%d exchanges; unfounded: %v", len(a.all), a.unfounded)
	}
	for _, x := range a.all {
		if !x.answered() {
			t.Errorf("%s %s: %s, %s", x.policy, x.request, x.did, x.reply)
		}
	}
}

// straightWire: the server writes each client's reply to its own connection.
func straightWire(t *scenario.T) {
	s := serve(t)
	for _, p := range []policy{naive, compare} {
		both := []*client{newClient(s, p), newClient(s, p)}
		asked := []outstanding{both[0].put(users[0]), both[1].put(users[1])}
		for i, c := range both {
			s.reply(c.server, asked[i].question)
			c.hear(asked[i], inTime)
		}
	}
}

// marked is a pool that does not use a connection again whose request was
// cancelled, for clients that take whatever comes.
func marked(t *scenario.T) {
	c := newClient(serve(t), naive)
	c.cancel(users[0])
	c.again()
	c.ask(users[1])
	c.ask(users[2])
}

// TestCured: where the server does not err, or the connection is dropped, the
// phenomenon does not occur.
func TestCured(t *testing.T) {
	t.Parallel()
	suite.Controls(t, journaltest.Stages(journal.Networks()...),
		journaltest.Control{
			Scenario: "crosswire", Steps: straightWire, Want: claim.NotReproduced,
			Verdicts: map[string]claim.Verdict{"SR6": claim.Inconclusive, "SR7": claim.Inconclusive}, Check: nobodyWrong,
		},
		journaltest.Control{
			Scenario: "cancelled", Steps: marked, Want: claim.NotReproduced,
			Verdicts: map[string]claim.Verdict{"SR2": claim.Inconclusive},
		},
	)
}

// set makes a kernel setting on both hosts.
func set(name, value string) func(*scenario.T) {
	return func(t *scenario.T) {
		for _, host := range []string{"a", "b"} {
			t.Sysctl(host, name, value)
		}
	}
}

// paws checks that it was PAWS that dropped the segment.
func paws(t journaltest.Errors, r *journaltest.Judged) {
	v := tcp.New(&r.Journal)
	hs := stales(v)
	if len(hs) != 1 || !hs[0].fitted() || hs[0].dropped(v) == nil {
		t.Errorf("%d segments of dead connections; want one, with the awaited number, that PAWS has dropped", len(hs))
	}
}

// beside lets every segment of the dead connection be one byte beside the awaited
// one, by an answer of the new one that is read meanwhile.
func beside(t *scenario.T) {
	s := serve(t)
	setTimestamps(t, "0")
	c := &client{t: t, policy: reconnect, service: s}
	dead := c.die(int64(isnClock))
	if c.fit(dead) {
		c.ask(users[3]) // both sides have gone on
		c.haunted(dead)
	}
}

// pause is long enough for the clock of initial sequence numbers to overtake a
// usual run, and for a reply to be sent again.
const pause = 700 * time.Millisecond

// triedTwice checks that the first try had to be given up.
func triedTwice(t journaltest.Errors, r *journaltest.Judged) {
	for _, e := range tcp.New(&r.Journal).Segments(journal.AtDropped) {
		if e.Packet.Reason == overtaken {
			return
		}
	}
	t.Error("the first try was not given up")
}

// TestDeadStayDead: with timestamps, with another number, or without a TIME_WAIT.
func TestDeadStayDead(t *testing.T) {
	oneByOne(t,
		journaltest.Control{
			Name: "timestamps", Scenario: "incarnation", Option: map[string]string{timestampsFlag: timestampsOn},
			Want:     claim.NotReproduced,
			Verdicts: map[string]claim.Verdict{"SR4": claim.Inconclusive, "SN10": claim.Inconclusive, "SR18": claim.Inconclusive, "SR11": claim.Confirmed, "SR12": claim.Confirmed},
			Check:    paws,
		},
		journaltest.Control{
			Name: "no timestamps", Scenario: "incarnation", Option: map[string]string{timestampsFlag: timestampsOff},
			Want:     claim.Reproduced,
			Verdicts: map[string]claim.Verdict{"SR4": claim.Confirmed, "SN10": claim.Confirmed, "SR18": claim.Confirmed, "SR11": claim.Inconclusive},
		},
		journaltest.Control{
			// The first try loses against the clock, and the server repeats its reply meanwhile.
			Name: "too slow once", Scenario: "incarnation", Option: map[string]string{timestampsFlag: timestampsOff},
			With: journaltest.When(0, answered(reconnect, users[0], didTimeOut), func(*scenario.T) { time.Sleep(pause) }),
			Want: claim.Reproduced, Verdicts: map[string]claim.Verdict{"SR4": claim.Confirmed}, Check: triedTwice,
		},
		journaltest.Control{
			Name: "beside", Scenario: "incarnation", Steps: beside, Want: claim.NotReproduced,
			Verdicts: map[string]claim.Verdict{"SR4": claim.Inconclusive, "SR18": claim.Inconclusive},
		},
		journaltest.Control{
			Name: "no TIME_WAIT", Scenario: "time-wait", Alter: set("net.ipv4.tcp_max_tw_buckets", "0"), Want: claim.OutcomeUnresolved,
			Verdicts: map[string]claim.Verdict{"SR5": claim.Inconclusive, "SR13": claim.Inconclusive, "SR14": claim.Inconclusive},
		},
	)
}

func TestNoTime(t *testing.T) {
	t.Parallel()
	suite.NoTime(t)
}

// TestStopped: a process that is stopped makes requests time out that would not
// have, and the rest holds all the same.
func TestStopped(t *testing.T) {
	t.Parallel()
	suite.Stopped(t, "slow-server", 6, map[string]claim.Verdict{"SR1": claim.Confirmed, "SR2": claim.Confirmed})
}

// TestStoppedAgainstTheClock: the same for the clock of initial sequence numbers,
// which goes on while the process stands: then the next try wins.
func TestStoppedAgainstTheClock(t *testing.T) {
	sent := func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.Proto == "" && e.Packet.At == journal.AtSent
	}
	for _, n := range []int{0, 4} {
		oneByOne(t, journaltest.Control{
			Name: "at segment " + strconv.Itoa(n+1), Scenario: "incarnation", Option: map[string]string{timestampsFlag: timestampsOff},
			With: journaltest.When(n, sent, func(*scenario.T) { time.Sleep(pause) }),
			Want: claim.Reproduced, Verdicts: map[string]claim.Verdict{"SR4": claim.Confirmed, "SR12": claim.Confirmed},
		})
	}
}

// TestBlindHit: the odds that SR19 states follow from the window that the client had
// advertised.
func TestBlindHit(t *testing.T) {
	all := stales(tcp.New(journaltest.Recorded(t, "incarnation")))
	if len(all) == 0 {
		t.Fatal("no segment of a dead connection")
	}
	if w := all[0].window(); w < 1<<16 || w > 1<<30 {
		t.Errorf("a window of %d", w)
	}
}
