package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// roomyListener is lastPlace where the listener has room for all.
func roomyListener(t *scenario.T, value string, port uint16) {
	t.Sysctl("b", abortOnOverflow, value)
	l := t.Listen(port, scenario.Backlog(shortQueue))
	t.Hold(isThird)
	first, second := l.Dial(), l.Dial()
	l.Queued(first)
	l.Queued(second)
	t.Release()
	second.Send("early")
	second.Recv()
}

// TestRoomForAll: where there is room the third segment opens the connection, whatever
// tcp_abort_on_overflow is, and what follows is stored.
func TestRoomForAll(t *testing.T) {
	t.Parallel()
	room := func(t *scenario.T) {
		roomyListener(t, "0", scenario.ServerPort)
		roomyListener(t, "1", scenario.ServerPort+1)
	}
	untested := verdicts{
		"BL9": claim.Inconclusive, "BL10": claim.Inconclusive, "BL11": claim.Inconclusive, "BL14": claim.Inconclusive,
		"BL16": claim.Inconclusive, "BL37": claim.Confirmed,
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "crossing", Steps: room, Want: claim.OutcomeUnresolved, Verdicts: untested},
		journaltest.Control{Scenario: "never-room", Steps: room, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"BL12": claim.Inconclusive, "BL17": claim.Inconclusive}},
	)
}

// TestTheThirdSegmentIsLost: what never comes to the queue says nothing of it.
func TestTheThirdSegmentIsLost(t *testing.T) {
	t.Parallel()
	lost := func(t *scenario.T) {
		t.Sysctl("b", abortOnOverflow, "0")
		l := t.Listen(scenario.ServerPort, scenario.Backlog(1))
		l.Dial()
		t.Drop(isThird)
		l.Dial()
		l.Queued(l.Dial())
		l.Look()
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "crossing", Steps: lost, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"BL9": claim.Inconclusive, "BL37": claim.Inconclusive}},
	)
}

// TestTheResetIsLost: the client that is not told of the RST goes on waiting.
func TestTheResetIsLost(t *testing.T) {
	t.Parallel()
	lost := func(t *scenario.T) {
		t.Sysctl("b", abortOnOverflow, "1")
		l := t.Listen(scenario.ServerPort, scenario.Backlog(1))
		l.Dial()
		t.Hold(isThird)
		l.Dial()
		late := l.Dial()
		l.Queued(late)
		t.Drop(func(p *wire.Packet) bool { return p.Flags.Has(packet.RST) })
		t.ReleaseHeld()
		t.Settle()
		late.Recv()
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "crossing", Steps: lost, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"BL10": claim.Refuted, "BL14": claim.Inconclusive}},
	)
}

// TestRoomInTime: a client whose handshake is completed before the server gives it up is
// not forgotten.
func TestRoomInTime(t *testing.T) {
	t.Parallel()
	inTime := func(t *scenario.T) {
		t.Sysctl("b", abortOnOverflow, "0")
		t.Sysctl("b", synAckRetries, "1")
		l, late, queued := lastPlace(t, scenario.ServerPort)
		l.Accept()
		t.Await(untilSYNACKAgain, func() bool { return queued.Seen(journal.SockDiag) == journal.Established })
		late.Recv()
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "never-room", Steps: inTime, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"BL12": claim.Inconclusive, "BL17": claim.Inconclusive}},
	)
}
