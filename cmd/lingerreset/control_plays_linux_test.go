package main

import (
	"os"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// The steps of this file do something else than their scenarios say, on the real
// kernel of every network: what the scenario is about must not be seen.

// anywhere is wherever a scenario can run.
func anywhere() []journaltest.Stage { return journaltest.Stages(journal.Networks()...) }

// onEach takes each part's steps with the same listener.
func onEach(parts ...func(*scenario.T, *scenario.Listener)) func(*scenario.T) {
	return func(t *scenario.T) {
		l := t.Listen(scenario.ServerPort)
		for _, part := range parts {
			part(t, l)
		}
	}
}

// connected takes steps with a connection of its own.
func connected(steps func(client, server *scenario.End)) func(*scenario.T, *scenario.Listener) {
	return func(_ *scenario.T, l *scenario.Listener) { steps(l.Connect()) }
}

// noneConfirmed checks that no claim was confirmed, and none refuted.
func noneConfirmed(t journaltest.Errors, r *journaltest.Judged) {
	t.Helper()
	noneBut("")(t, r)
}

// noneBut checks that for all claims but one.
func noneBut(id string) func(t journaltest.Errors, r *journaltest.Judged) {
	return func(t journaltest.Errors, r *journaltest.Judged) {
		t.Helper()
		for _, f := range r.Findings {
			if f.Verdict != claim.Inconclusive && f.Claim != id {
				t.Errorf("%s %s: %s", f.Claim, f.Verdict, f.Because)
			}
		}
	}
}

// TestNobodyCloses: both ends talk, and neither ends: there is nothing to be seen
// of an ending.
func TestNobodyCloses(t *testing.T) {
	t.Parallel()
	talk := connected(func(client, server *scenario.End) {
		for _, line := range []string{"first", "second"} {
			client.Send(line)
			server.Recv()
			server.Send(line)
			client.Recv()
		}
	})
	var controls []journaltest.Control
	for _, s := range program.Scenarios {
		if s.Name != "causes" { // it needs packets
			controls = append(controls, journaltest.Control{Name: "nobody closes", Scenario: s.Name, Steps: onEach(talk, talk), Want: claim.OutcomeUnresolved, Check: noneConfirmed})
		}
	}
	suite.Controls(t, anywhere(), controls...)
}

// writing gives a process a connection, lets something be done to its peer, and
// lets it write three times.
func writing(d disposition, to ending) func(*scenario.T, *scenario.Listener) {
	return func(t *scenario.T, l *scenario.Listener) {
		w := newWriter(t, l, d)
		to(w.peer)
		for range 3 {
			w.write("again")
		}
	}
}

// wentOn checks that every process was still there at the end of the steps, and what
// its last write returned.
func wentOn(errno journal.Errno) func(journaltest.Errors, *journaltest.Judged) {
	return func(t journaltest.Errors, r *journaltest.Judged) {
		t.Helper()
		for _, p := range processes(tcp.New(&r.Journal)) {
			writes := p.CallsOf(0, 0, "write")
			if last := writes[len(writes)-1]; p.Ended != nil || last.Call.Errno != errno {
				t.Errorf("%s: write returned %s; it %s", p.ID, claim.Returned(last), endText(p.Ended))
			}
		}
	}
}

// TestNothingKills: SIGPIPE that is blocked, a peer that never closes, and one that
// shuts down for writing only.
func TestNothingKills(t *testing.T) {
	t.Parallel()
	closes, shuts := (*scenario.End).Close, (*scenario.End).ShutdownWrite
	stays := func(*scenario.End) journal.Errno { return "" }
	blocked := onEach(writing(journal.BlockSIGPIPE, closes), writing(journal.BlockSIGPIPE, closes))
	open := onEach(writing(journal.DefaultSIGPIPE, stays), writing(journal.IgnoreSIGPIPE, stays), writing(journal.HandleSIGPIPE, stays))
	half := onEach(writing(journal.DefaultSIGPIPE, shuts), writing(journal.IgnoreSIGPIPE, shuts), writing(journal.HandleSIGPIPE, shuts))
	suite.Controls(
		t, anywhere(),
		journaltest.Control{
			Name: "SIGPIPE is blocked", Scenario: "sigpipe", Steps: blocked, Want: claim.OutcomeUnresolved, Check: wentOn("EPIPE"),
			Verdicts: verdicts{"LR8": "inconclusive", "LR11": "inconclusive", "LR12": "inconclusive", "LR22": "inconclusive"},
		},
		journaltest.Control{Name: "the peer never closes", Scenario: "sigpipe", Steps: open, Want: claim.OutcomeUnresolved, Check: both(noneConfirmed, wentOn(""))},
		journaltest.Control{Name: "the peer shuts down", Scenario: "sigpipe", Steps: half, Want: claim.OutcomeUnresolved, Check: both(noneConfirmed, wentOn(""))},
		journaltest.Control{Name: "no Go", Scenario: "go-runtime", Steps: blocked, Want: claim.OutcomeUnresolved, Check: wentOn("EPIPE")},
	)
}

func both(checks ...func(journaltest.Errors, *journaltest.Judged)) func(journaltest.Errors, *journaltest.Judged) {
	return func(t journaltest.Errors, r *journaltest.Judged) {
		t.Helper()
		for _, check := range checks {
			check(t, r)
		}
	}
}

// TestLingerIsNotZero: without SO_LINGER {1, 0} a close resets nothing; only what is sent to
// what is closed draws a RST, which LR16 is about.
func TestLingerIsNotZero(t *testing.T) {
	t.Parallel()
	plainly := func(t *scenario.T, l *scenario.Listener) { closeAndGoOn(t, l) }
	patiently := func(t *scenario.T, l *scenario.Listener) { closeAndGoOn(t, l, patient) }
	ends := func(t *scenario.T, l *scenario.Listener) { endsWith(t, l, isKilled) }
	suite.Controls(
		t, anywhere(),
		journaltest.Control{Name: "never set", Scenario: "linger0", Steps: onEach(plainly, plainly), Want: claim.OutcomeUnresolved, Check: noneBut("LR16")},
		journaltest.Control{Name: "{1, n}", Scenario: "linger0", Steps: onEach(plainly, patiently), Want: claim.OutcomeUnresolved, Check: noneBut("LR16")},
		journaltest.Control{Name: "never set", Scenario: "exit", Steps: onEach(ends, ends), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "never set", Scenario: "linger-off", Steps: onEach(ends), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "reset only", Scenario: "read-after-reset", Steps: onEach(connected(resetBy)), Want: claim.OutcomeUnresolved, Verdicts: verdicts{"LR6": "confirmed", "LR9": "inconclusive", "LR14": "inconclusive"}},
	)
}

// resetBy lets the server reset, and the client read.
func resetBy(client, server *scenario.End) {
	server.Reset()
	client.Recv()
}

// TestParentKeepsADescriptor: a process that ends, with SO_LINGER {1, 0}, is not
// alone: nothing is sent.
func TestParentKeepsADescriptor(t *testing.T) {
	t.Parallel()
	keeps := func(end func(*scenario.Child)) func(*scenario.T, *scenario.Listener) {
		return func(t *scenario.T, l *scenario.Listener) {
			client, server := l.Connect(abortive)
			end(t.Spawn(journal.DefaultSIGPIPE, client))
			server.Recv()
		}
	}
	steps := onEach(keeps(exits), keeps(isKilled))
	suite.Controls(t, anywhere(), journaltest.Control{Scenario: "exit", Steps: steps, Want: claim.OutcomeUnresolved, Check: noneConfirmed})
}

// TestNothingIsUnsent: then close and shutdown have nothing to wait for, and that
// they do not wait says nothing.
func TestNothingIsUnsent(t *testing.T) {
	t.Parallel()
	quick := func(end ending) func(*scenario.T, *scenario.Listener) {
		return connected(func(client, server *scenario.End) {
			client.Send("little")
			server.Recv()
			patient(client)
			end(client)
			server.Recv()
		})
	}
	closes, shuts := quick((*scenario.End).Close), quick((*scenario.End).ShutdownWrite)
	suite.Controls(t, anywhere(), journaltest.Control{Scenario: "linger-n", Steps: onEach(closes, closes, shuts), Want: claim.OutcomeUnresolved, Check: noneConfirmed})
}

// TestEveryCloseIsInterrupted: then none was seen to wait its whole time.
func TestEveryCloseIsInterrupted(t *testing.T) {
	t.Parallel()
	steps := func(t *scenario.T) {
		l := t.Listen(scenario.ServerPort, scenario.SmallReceiver)
		waiting{peer: neverReads, signal: true}.steps(t, l)
		waiting{peer: neverReads, signal: true, blocking: true}.steps(t, l)
	}
	suite.Controls(t, anywhere(), journaltest.Control{Scenario: "linger-n", Steps: steps, Want: claim.OutcomeUnresolved, Check: noneConfirmed})
}

// TestForgeriesMiss: a RST that is made up and does not fit exactly ends nothing.
func TestForgeriesMiss(t *testing.T) {
	t.Parallel()
	missing := func(offsets ...uint32) func(*scenario.T) {
		return func(t *scenario.T) {
			for _, offset := range offsets {
				forgedOnce(t, offset)
			}
		}
	}
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Name: "all miss", Scenario: "inexact", Steps: missing(1, 100, 1<<30), Want: claim.OutcomeUnresolved, Verdicts: verdicts{"LR16": "inconclusive", "LR18": "refuted"}},
		journaltest.Control{Name: "all fit", Scenario: "inexact", Steps: missing(0, 0, 0), Want: claim.OutcomeUnresolved, Verdicts: verdicts{"LR16": "confirmed", "LR18": "inconclusive"}},
		journaltest.Control{Name: "before the window", Scenario: "inexact", Steps: missing(^uint32(0), 1<<31), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
	)
}

// TestQueueIsFull: a handshake that finds the queue full is dropped in silence
// unless tcp_abort_on_overflow says otherwise; and its RST may be lost.
func TestQueueIsFull(t *testing.T) {
	t.Parallel()
	const abort = "net.ipv4.tcp_abort_on_overflow"
	// The thread is in the listener's namespace when the setting has been made.
	backTo0 := journaltest.When(0, journaltest.Setting(abort), func(*scenario.T) {
		_ = os.WriteFile("/proc/sys/net/ipv4/tcp_abort_on_overflow", []byte("0"), 0) // what comes of it is checked
	})
	rstLost := journaltest.When(0, func(e *journal.Event) bool {
		return from("8082", journaltest.PacketAt(journal.AtSent, rst))(e)
	}, func(t *scenario.T) { t.Drop(isRST) })
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Name: "left at 0", Scenario: "causes", With: backTo0, Want: claim.NotReproduced},
		journaltest.Control{Name: "the RST is lost", Scenario: "causes", With: rstLost, Want: claim.NotReproduced},
	)
}
