package main

import (
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// The steps of this file do something else than their scenarios say, on the real
// kernel of every network: what the scenario is about must not be seen.

// part is steps on a connection.
type part = func(t *scenario.T, client, server *scenario.End)

// onEach takes each part's steps on a connection of its own.
func onEach(parts ...part) func(*scenario.T) {
	return func(t *scenario.T) {
		for _, steps := range parts {
			client, server := t.Connection()
			steps(t, client, server)
		}
	}
}

// anywhere is wherever a scenario can run that needs no setting.
func anywhere() []journaltest.Stage { return journaltest.Stages(journal.Networks()...) }

// nobodyEnds talks, and lets both ends be.
func nobodyEnds(_ *scenario.T, client, server *scenario.End) { talk(client, server) }

// closesOnly ends every connection by close.
func closesOnly(_ *scenario.T, client, server *scenario.End) {
	client.Close()
	peerGoesOn(client, server)
}

// silentPeer lets the peer say nothing after an ending.
func silentPeer(end ending) part {
	return func(_ *scenario.T, client, server *scenario.End) {
		end(client)
		client.Recv()
		server.Recv()
	}
}

// TestNobodyEnds: without an ending there is nothing to be seen of one.
func TestNobodyEnds(t *testing.T) {
	t.Parallel()
	var controls []journaltest.Control
	for _, s := range program.Scenarios {
		want := claim.OutcomeUnresolved
		if s.Name == "leak" || s.Name == "orphan" || s.Name == "half-open" {
			continue // a limit and a setting of their own
		}
		controls = append(controls, journaltest.Control{Name: "nobody ends", Scenario: s.Name, Steps: onEach(nobodyEnds, nobodyEnds), Want: want, Check: noneConfirmed})
	}
	suite.Controls(t, anywhere(), controls...)
}

// noneConfirmed checks that no claim was confirmed, and none refuted.
func noneConfirmed(t journaltest.Errors, r *journaltest.Judged) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Verdict != claim.Inconclusive {
			t.Errorf("%s %s: %s", f.Claim, f.Verdict, f.Because)
		}
	}
}

// TestOtherEndings: another call than the one that the scenario is about.
func TestOtherEndings(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, anywhere(),
		journaltest.Control{Name: "close only", Scenario: "endings", Steps: onEach(closesOnly, closesOnly), Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC7": "inconclusive", "HC12": "inconclusive"}},
		journaltest.Control{Name: "a silent peer", Scenario: "late-data", Steps: onEach(silentPeer(shut(journal.ShutWrite)), silentPeer(closing)), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "SHUT_WR only", Scenario: "shut-read", Steps: onEach(silentPeer(shut(journal.ShutWrite))), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
	)
	suite.Controls(
		t, journaltest.Captured(anywhere()),
		journaltest.Control{Name: "one end only", Scenario: "four-way", Steps: onEach(silentPeer(closing)), Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC1": "inconclusive", "HC3": "inconclusive"}},
		journaltest.Control{Name: "reset", Scenario: "four-way", Steps: onEach(resetsOnly), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
	)
}

// resetsOnly ends a connection by RST.
func resetsOnly(_ *scenario.T, client, server *scenario.End) {
	talk(client, server)
	client.Reset()
	server.Recv()
	server.Close()
}

// readFirstOf lets the caller have read everything before an ending.
func readFirstOf(end ending) part {
	return func(_ *scenario.T, client, server *scenario.End) {
		server.Send("read at once")
		client.Recv()
		end(client)
		client.Recv()
		server.Recv()
	}
}

// TestNothingIsUnread: then close sends a FIN, and is like SHUT_WR.
func TestNothingIsUnread(t *testing.T) {
	t.Parallel()
	steps := onEach(readFirstOf(closing), readFirstOf(shut(journal.ShutWrite)), readFirstOf(shut(journal.ShutBoth)))
	suite.Controls(
		t, anywhere(),
		journaltest.Control{Scenario: "unread", Steps: steps, Want: claim.NotReproduced, Verdicts: verdicts{"HC10": "inconclusive"}},
	)
}

// allSent gives the kernel no more than it sends at once.
func allSent(end ending) part {
	return func(_ *scenario.T, client, server *scenario.End) {
		client.Send("little")
		end(client)
		server.ReadToEnd()
	}
}

// neverReads lets the peer close with everything unread.
func neverReads(t *scenario.T, client, server *scenario.End) {
	client.WriteBulk(scenario.MoreThanFits)
	t.AtOnce(func() { client.ShutdownWrite(); server.Close() })
}

// TestNothingIsUnsent: what was sent before the ending says nothing of what was
// not, and a peer that reads nothing says nothing at all.
func TestNothingIsUnsent(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Captured(anywhere()), // without packets, what was written may be unsent
		journaltest.Control{Name: "all sent", Scenario: "unsent", Steps: onEach(allSent(closing), allSent(shut(journal.ShutWrite))), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "nothing read", Scenario: "unsent", Steps: onEach(neverReads), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
	)
}

// TestOrphanIsKept: a kernel that is patient with orphans gives none up, and the
// peer that reads at last gets every byte.
func TestOrphanIsKept(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Stages(private...),
		journaltest.Control{Scenario: "unsent", Steps: unsentFor("15"), Want: claim.Reproduced, Verdicts: verdicts{"HC11": "confirmed", "HC15": "confirmed", "HC27": "inconclusive"}},
	)
}

// answered is a request that is answered in full by a server that has read all
// of it, and ends in some way.
func answered(end part) part {
	return func(t *scenario.T, client, server *scenario.End) {
		client.Send("POST /upload")
		server.Recv()
		server.WriteBulk(answerSize)
		end(t, client, server)
	}
}

// TestRequestIsRead: a server that has read the whole request loses nothing.
func TestRequestIsRead(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Captured(anywhere()),
		journaltest.Control{Scenario: "truncated", Steps: onEach(answered(closeAtOnce), answered(lingeringClose)), Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC33": "inconclusive"}},
	)
}

// closedAlone closes the only descriptor of a connection.
func closedAlone(_ *scenario.T, client, server *scenario.End) {
	client.Close()
	server.Recv()
}

// TestOneDescriptor: of one descriptor there is no first to be closed.
func TestOneDescriptor(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, anywhere(),
		journaltest.Control{Scenario: "shared", Steps: onEach(closedAlone), Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC31": "inconclusive"}},
	)
}

// nobodyWaits ends a connection of which no thread reads.
func nobodyWaits(end ending) part {
	return func(t *scenario.T, client, server *scenario.End) {
		t.AtOnce(func() { end(client) })
		server.Send("wake up")
		client.Recv()
		server.Recv()
	}
}

// alwaysWoken ends both connections by shutdown.
func alwaysWoken(t *scenario.T) {
	whileReading(t, shut(journal.ShutBoth))
	whileReading(t, shut(journal.ShutBoth))
}

// TestNobodyWaits: a thread that does not wait yet cannot be woken, and one that
// something else wakes says nothing of close.
func TestNobodyWaits(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, anywhere(),
		journaltest.Control{Name: "nobody waits", Scenario: "threads", Steps: onEach(nobodyWaits(closing), nobodyWaits(shut(journal.ShutBoth))), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "shutdown only", Scenario: "threads", Steps: alwaysWoken, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC29": "inconclusive"}},
	)
}

// noticesReset is like the scenario, but with something unread when the peer
// closes: it is told by a RST, and epoll tells it from a FIN.
func noticesReset(t *scenario.T) {
	for _, end := range []ending{closing, shut(journal.ShutWrite)} {
		client, server := t.Connection()
		server.Send("never read")
		noticed(client, server, end)
	}
}

// TestResetIsNoticed: HC7 comes out the other way, and HC32 is not put to the test.
func TestResetIsNoticed(t *testing.T) {
	t.Parallel()
	check := func(t journaltest.Errors, r *journaltest.Judged) {
		want := claim.Refuted
		if r.Witness(journal.Packets).Status != journal.Attached {
			want = claim.Inconclusive
		}
		if v, because := r.Verdict("HC7"); v != want {
			t.Errorf("HC7 %s: %s; want %s", v, because, want)
		}
	}
	suite.Controls(
		t, anywhere(),
		journaltest.Control{Scenario: "epoll", Steps: noticesReset, Want: claim.NotReproduced, Verdicts: verdicts{"HC32": "inconclusive"}, Check: check},
	)
}

// keepsDescriptor ends a process that was not alone in holding a connection.
func keepsDescriptor(t *scenario.T, client, server *scenario.End) {
	t.Spawn(journal.DefaultSIGPIPE, client).ExitNow(0)
	server.Recv()
}

// readAll lets a process end that has nothing unread.
func readAll(t *scenario.T, client, server *scenario.End) {
	t.Handover(journal.DefaultSIGPIPE, client).ExitNow(0)
	server.Recv()
}

// TestProcessesThatLeaveNothing: the parent keeps the descriptors, or nothing is
// unread in the end: with that alone HC18 would be true.
func TestProcessesThatLeaveNothing(t *testing.T) {
	t.Parallel()
	confirmed := func(t journaltest.Errors, r *journaltest.Judged) {
		want := claim.Confirmed
		if r.Witness(journal.Packets).Status != journal.Attached {
			want = claim.Inconclusive
		}
		if v, because := r.Verdict("HC18"); v != want {
			t.Errorf("HC18 %s: %s; want %s", v, because, want)
		}
	}
	suite.Controls(
		t, anywhere(),
		journaltest.Control{Name: "the parent keeps the descriptor", Scenario: "exit", Steps: onEach(keepsDescriptor, keepsDescriptor), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "the parent keeps the descriptor", Scenario: "kill", Steps: onEach(keepsDescriptor, keepsDescriptor), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "nothing is unread", Scenario: "exit", Steps: onEach(readAll, readAll), Want: claim.OutcomeUnresolved, Check: confirmed},
	)
}

// fixedServer is a server that closes what it has accepted before it runs out.
func fixedServer(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	child := t.Spawn(journal.DefaultSIGPIPE, l.End)
	child.LimitDescriptors(2)
	for range 4 {
		c := l.Dial()
		accepted := child.Accept(l)
		c.ShutdownWrite()
		if accepted != nil {
			child.Close(accepted)
		}
	}
}

// busyServer runs out of descriptors because its clients stay.
func busyServer(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	child := t.Spawn(journal.DefaultSIGPIPE, l.End)
	child.LimitDescriptors(2)
	for range 3 {
		l.Dial()
		child.Accept(l)
	}
}

// TestServersThatDoNotLeak: CLOSE_WAIT is left by close alone, and what runs out
// is not used up by it.
func TestServersThatDoNotLeak(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Stages(private...),
		journaltest.Control{Name: "the server closes", Scenario: "leak", Steps: fixedServer, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC20": "inconclusive", "HC26": "inconclusive"}},
	)
	suite.Controls(
		t, anywhere(),
		journaltest.Control{Name: "the clients stay", Scenario: "leak", Steps: busyServer, Want: claim.OutcomeUnresolved, Check: noneConfirmed},
	)
}

// patient closes with a tcp_fin_timeout that is longer than what is waited.
func patient(t *scenario.T) {
	t.Sysctl("a", "net.ipv4.tcp_fin_timeout", "30")
	client, _ := t.Connection()
	t.AtOnce(func() { client.Close() })
	awaitACK(t, client)
	t.Wait(2 * finTimeout)
}

// peerCloses lets the peer end the connection too, meanwhile.
func peerCloses(end ending) func(*scenario.T) {
	return func(t *scenario.T) {
		setFinTimeout(t, "a")
		client, server := t.Connection()
		t.AtOnce(func() { end(client) })
		awaitACK(t, client)
		server.Close()
		t.Wait(2 * finTimeout)
		client.Look()
	}
}

// endedBy sets the short timeout and ends the connection in another way than the
// scenario does.
func endedBy(end ending) func(*scenario.T) {
	return func(t *scenario.T) {
		setFinTimeout(t, "a")
		client, _ := t.Connection()
		t.AtOnce(func() { end(client) })
		awaitACK(t, client)
		t.Wait(2 * finTimeout)
		client.Look()
	}
}

// TestFINWAIT2Otherwise: what is not waited for, or disturbed, or ended in the
// other way, shows nothing of how long FIN_WAIT2 lasts.
func TestFINWAIT2Otherwise(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Stages(private...),
		journaltest.Control{Name: "a longer timeout", Scenario: "orphan", Steps: patient, Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "the peer closes", Scenario: "orphan", Steps: peerCloses(closing), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "SHUT_WR", Scenario: "orphan", Steps: endedBy(shut(journal.ShutWrite)), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "close", Scenario: "half-open", Steps: endedBy(closing), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "the peer closes", Scenario: "half-open", Steps: peerCloses(shut(journal.ShutWrite)), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "not for long", Scenario: "half-open", Steps: endedBy(shut(journal.ShutWrite)), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
	)
}

// reusing sets SO_REUSEADDR on every listener.
func reusing(t *scenario.T) {
	l := t.Listen(scenario.ServerPort, reuse)
	closedByServer(l)
	l.Close()
	bindAgain(t, l)
	bindAgain(t, l, reuse)
}

// resetting ends its connection by RST: no TIME_WAIT follows.
func resetting(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	_, server := l.Connect()
	server.Reset()
	l.Close()
	bindAgain(t, l)
}

// clientFirst lets the client close first: the TIME_WAIT is its own.
func clientFirst(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	client, server := l.Connect()
	client.Close()
	server.Recv()
	server.Close()
	client.Look()
	l.Close()
	bindAgain(t, l)
}

// TestTimeWaitOtherwise: with the option everywhere, without a TIME_WAIT, or with
// it at the other end.
func TestTimeWaitOtherwise(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, anywhere(),
		journaltest.Control{Name: "SO_REUSEADDR everywhere", Scenario: "time-wait", Steps: reusing, Want: claim.Reproduced, Verdicts: verdicts{"HC21": "confirmed", "HC22": "inconclusive", "HC23": "inconclusive", "HC24": "confirmed", "HC25": "inconclusive", "HC28": "inconclusive"}},
		journaltest.Control{Name: "reset", Scenario: "time-wait", Steps: resetting, Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		journaltest.Control{Name: "the client closes first", Scenario: "time-wait", Steps: clientFirst, Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC24": "inconclusive", "HC28": "inconclusive"}},
	)
}
