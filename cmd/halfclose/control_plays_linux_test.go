package main

import (
	"context"
	"slices"
	"testing"

	"sockproof/cmd/internal/doctor"
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// The plays of this file do something else than their scenarios say, on the real
// kernel of every network: what the scenario is about must not be seen.

// onEach plays on a connection of its own for each part.
func onEach(parts ...func(*scenario.Run, scenario.Conn) error) scenario.Play {
	return func(r *scenario.Run) error {
		s, err := r.Host("b").Listen(scenario.ServerPort)
		if err != nil {
			return err
		}
		for _, part := range parts {
			c, err := s.Connect(r.Host("a"))
			if err != nil {
				return err
			}
			if err := part(r, c); err != nil {
				return err
			}
		}
		return nil
	}
}

// anywhere is wherever a scenario can run that needs no setting.
func anywhere() []doctor.Stage { return doctor.Stages(journal.Networks()...) }

// captured are the stages where packets are seen: on the caller's own stack that
// takes a privilege, without which nothing is known of segments.
func captured(stages []doctor.Stage) []doctor.Stage {
	return slices.DeleteFunc(stages, func(at doctor.Stage) bool {
		if at.Network != journal.HostNet {
			return false
		}
		probe := scenario.Scenario{Name: "probe", Networks: journal.Networks(), Hosts: ab}
		j := scenario.Conduct(context.Background(), &probe, func(*scenario.Run) error { return nil }, at.Conditions())
		return j.Witness(journal.Packets).Status != journal.Attached
	})
}

// nobodyEnds talks, and lets both ends be.
func nobodyEnds(r *scenario.Run, c scenario.Conn) error {
	talk(r, c)
	return nil
}

// closesOnly ends every connection by close.
func closesOnly(r *scenario.Run, c scenario.Conn) error {
	_ = c.Client.Close()
	r.Settle()
	peerGoesOn(r, c)
	return nil
}

// silentPeer lets the peer say nothing after an ending.
func silentPeer(end ending) func(*scenario.Run, scenario.Conn) error {
	return func(r *scenario.Run, c scenario.Conn) error {
		_ = end(c.Client)
		r.Settle()
		r.Receive(c.Client)
		r.Receive(c.Server)
		return nil
	}
}

// TestNobodyEnds: without an ending there is nothing to be seen of one.
func TestNobodyEnds(t *testing.T) {
	t.Parallel()
	var controls []doctor.Control
	for _, s := range program.Scenarios {
		want := claim.OutcomeUnresolved
		if s.Name == "leak" || s.Name == "orphan" || s.Name == "half-open" {
			continue // a limit and a setting of their own
		}
		controls = append(controls, doctor.Control{Name: "nobody ends", Scenario: s.Name, Play: onEach(nobodyEnds, nobodyEnds), Want: want, Check: noneConfirmed})
	}
	suite.Controls(t, anywhere(), controls...)
}

// noneConfirmed checks that no claim was confirmed, and none refuted.
func noneConfirmed(t *testing.T, r *doctor.Judged) {
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
		doctor.Control{Name: "close only", Scenario: "endings", Play: onEach(closesOnly, closesOnly), Want: claim.OutcomeUnresolved, Because: "shutdown(SHUT_WR) was not tried", Verdicts: verdicts{"HC7": "inconclusive", "HC12": "inconclusive", "HC14": "inconclusive"}},
		doctor.Control{Name: "a silent peer", Scenario: "late-data", Play: onEach(silentPeer(shut(journal.ShutWrite)), silentPeer(closing)), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		doctor.Control{Name: "SHUT_WR only", Scenario: "shut-read", Play: onEach(silentPeer(shut(journal.ShutWrite))), Want: claim.OutcomeUnresolved, Because: "shutdown(SHUT_RD) was not tried", Check: noneConfirmed},
	)
	suite.Controls(
		t, captured(anywhere()),
		doctor.Control{Name: "one end only", Scenario: "four-way", Play: onEach(silentPeer(closing)), Want: claim.OutcomeUnresolved, Because: "closed by both ends", Verdicts: verdicts{"HC1": "inconclusive", "HC3": "inconclusive"}},
		doctor.Control{Name: "reset", Scenario: "four-way", Play: onEach(resetsOnly), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
	)
}

// resetsOnly ends a connection by RST.
func resetsOnly(r *scenario.Run, c scenario.Conn) error {
	talk(r, c)
	if err := c.Client.Reset(); err != nil {
		return err
	}
	r.Settle()
	r.Receive(c.Server)
	return c.Server.Close()
}

// readFirstOf lets the caller have read everything before an ending.
func readFirstOf(end ending) func(*scenario.Run, scenario.Conn) error {
	return func(r *scenario.Run, c scenario.Conn) error {
		r.Send(c.Server, "read at once")
		r.Receive(c.Client)
		_ = end(c.Client)
		r.Settle()
		r.Receive(c.Client)
		r.Receive(c.Server)
		return nil
	}
}

// TestNothingIsUnread: then close sends a FIN, and is like SHUT_WR.
func TestNothingIsUnread(t *testing.T) {
	t.Parallel()
	play := onEach(readFirstOf(closing), readFirstOf(shut(journal.ShutWrite)), readFirstOf(shut(journal.ShutBoth)))
	suite.Controls(
		t, anywhere(),
		doctor.Control{Scenario: "unread", Play: play, Want: claim.NotReproduced, Because: "0: the end", Verdicts: verdicts{"HC10": "inconclusive"}},
	)
}

// allSent gives the kernel no more than it sends at once.
func allSent(end ending) func(*scenario.Run, scenario.Conn) error {
	return func(r *scenario.Run, c scenario.Conn) error {
		r.Send(c.Client, "little")
		_ = end(c.Client)
		r.Settle()
		r.ReadToEnd(c.Server)
		return nil
	}
}

// neverReads lets the peer close with everything unread.
func neverReads(r *scenario.Run, c scenario.Conn) error {
	_, _ = c.Client.WriteBulk(scenario.MoreThanFits)
	_ = c.Client.Shutdown(journal.ShutWrite)
	return c.Server.Close()
}

// TestNothingIsUnsent: what was sent before the ending says nothing of what was
// not, and a peer that reads nothing says nothing at all.
func TestNothingIsUnsent(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, captured(anywhere()), // without packets, what was written may be unsent
		doctor.Control{Name: "all sent", Scenario: "unsent", Play: onEach(allSent(closing), allSent(shut(journal.ShutWrite))), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		doctor.Control{Name: "nothing read", Scenario: "unsent", Play: onEach(neverReads), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
	)
}

// TestOrphanIsKept: a kernel that is patient with orphans gives none up, and the
// peer that reads at last gets every byte.
func TestOrphanIsKept(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, doctor.Stages(private...),
		doctor.Control{Scenario: "unsent", Play: unsentFor("15"), Want: claim.Reproduced, Verdicts: verdicts{"HC11": "confirmed", "HC15": "confirmed", "HC27": "inconclusive"}},
	)
}

// answered is a request that is answered in full by a server that has read all
// of it, and ends in some way.
func answered(end func(*scenario.Run, scenario.Conn)) func(*scenario.Run, scenario.Conn) error {
	return func(r *scenario.Run, c scenario.Conn) error {
		r.Send(c.Client, "POST /upload")
		r.Receive(c.Server)
		_, _ = c.Server.WriteBulk(answerSize)
		end(r, c)
		return nil
	}
}

// TestRequestIsRead: a server that has read the whole request loses nothing.
func TestRequestIsRead(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, captured(anywhere()),
		doctor.Control{Scenario: "truncated", Play: onEach(answered(closeAtOnce), answered(lingeringClose)), Want: claim.OutcomeUnresolved, Verdicts: verdicts{"HC33": "inconclusive"}},
	)
}

// closedAlone closes the only descriptor of a connection.
func closedAlone(r *scenario.Run, c scenario.Conn) error {
	_ = c.Client.Close()
	r.Settle()
	r.Receive(c.Server)
	return nil
}

// TestOneDescriptor: of one descriptor there is no first to be closed.
func TestOneDescriptor(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, anywhere(),
		doctor.Control{Scenario: "shared", Play: onEach(closedAlone), Want: claim.OutcomeUnresolved, Because: "0 closes of one descriptor of several", Verdicts: verdicts{"HC31": "inconclusive"}},
	)
}

// nobodyWaits ends a connection of which no thread reads.
func nobodyWaits(end ending) func(*scenario.Run, scenario.Conn) error {
	return func(r *scenario.Run, c scenario.Conn) error {
		_ = end(c.Client)
		r.Send(c.Server, "wake up")
		r.Receive(c.Client)
		r.Receive(c.Server)
		return nil
	}
}

// alwaysWoken ends both connections by shutdown.
func alwaysWoken(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for range 2 {
		if err := whileReading(r, s, shut(journal.ShutBoth)); err != nil {
			return err
		}
	}
	return nil
}

// TestNobodyWaits: a thread that does not wait yet cannot be woken, and one that
// something else wakes says nothing of close.
func TestNobodyWaits(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, anywhere(),
		doctor.Control{Name: "nobody waits", Scenario: "threads", Play: onEach(nobodyWaits(closing), nobodyWaits(shut(journal.ShutBoth))), Want: claim.OutcomeUnresolved, Because: "no thread was seen to wait", Check: noneConfirmed},
		doctor.Control{Name: "shutdown only", Scenario: "threads", Play: alwaysWoken, Want: claim.OutcomeUnresolved, Because: "while another called close()", Verdicts: verdicts{"HC29": "inconclusive"}},
	)
}

// noticesReset is like the scenario, but with something unread when the peer
// closes: it is told by a RST, and epoll tells it from a FIN.
func noticesReset(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, end := range []ending{closing, shut(journal.ShutWrite)} {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		r.Send(c.Server, "never read")
		if err := noticed(r, c, end); err != nil {
			return err
		}
	}
	return nil
}

// TestResetIsNoticed: HC7 and HC32 come out the other way.
func TestResetIsNoticed(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, r *doctor.Judged) {
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
		doctor.Control{Scenario: "epoll", Play: noticesReset, Want: claim.NotReproduced, Because: "ECONNRESET after close()", Verdicts: verdicts{"HC32": "confirmed"}, Check: check},
	)
}

// keepsDescriptor ends a process that was not alone in holding a connection.
func keepsDescriptor(end func(*sock.Child) error) func(*scenario.Run, scenario.Conn) error {
	return func(r *scenario.Run, c scenario.Conn) error {
		child, err := r.Spawn(journal.DefaultSIGPIPE, c.Client)
		if err != nil {
			return err
		}
		if err := end(child); err != nil {
			return err
		}
		r.Settle()
		r.Receive(c.Server)
		return nil
	}
}

// readAll lets a process end that has nothing unread, twice.
func readAll(r *scenario.Run, c scenario.Conn) error {
	child, err := r.Spawn(journal.DefaultSIGPIPE, c.Client)
	if err != nil {
		return err
	}
	if err := c.Client.Close(); err != nil {
		return err
	}
	if err := child.ExitNow(0); err != nil {
		return err
	}
	r.Settle()
	r.Receive(c.Server)
	return nil
}

// TestProcessesThatLeaveNothing: the parent keeps the descriptors, or nothing is
// unread in the end: with that alone HC18 would be true.
func TestProcessesThatLeaveNothing(t *testing.T) {
	t.Parallel()
	kept := keepsDescriptor(func(c *sock.Child) error { return c.ExitNow(0) })
	confirmed := func(t *testing.T, r *doctor.Judged) {
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
		doctor.Control{Name: "the parent keeps the descriptor", Scenario: "exit", Play: onEach(kept, kept), Want: claim.OutcomeUnresolved, Because: "not both were seen", Check: noneConfirmed},
		doctor.Control{Name: "the parent keeps the descriptor", Scenario: "kill", Play: onEach(kept, kept), Want: claim.OutcomeUnresolved, Because: "not both were seen", Check: noneConfirmed},
		doctor.Control{Name: "nothing is unread", Scenario: "exit", Play: onEach(readAll, readAll), Want: claim.OutcomeUnresolved, Because: "not both were seen", Check: confirmed},
	)
}

// fixedServer is a server that closes what it has accepted before it runs out.
func fixedServer(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	child, err := r.Spawn(journal.DefaultSIGPIPE, s.Socket)
	if err != nil {
		return err
	}
	if err := child.LimitDescriptors(2); err != nil {
		return err
	}
	for range 4 {
		c, err := s.Call(r.Host("a"))
		if err != nil {
			return err
		}
		accepted, err := child.Accept(s.Socket)
		if err != nil {
			return err
		}
		_ = c.Shutdown(journal.ShutWrite)
		r.Settle()
		if accepted == nil {
			continue
		}
		if err := child.Close(accepted); err != nil {
			return err
		}
		r.Settle()
	}
	return nil
}

// busyServer runs out of descriptors because its clients stay.
func busyServer(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	child, err := r.Spawn(journal.DefaultSIGPIPE, s.Socket)
	if err != nil {
		return err
	}
	if err := child.LimitDescriptors(2); err != nil {
		return err
	}
	for range 3 {
		if _, err := s.Call(r.Host("a")); err != nil {
			return err
		}
		if _, err := child.Accept(s.Socket); err != nil {
			return err
		}
	}
	return nil
}

// TestServersThatDoNotLeak: CLOSE_WAIT is left by close alone, and what runs out
// is not used up by it.
func TestServersThatDoNotLeak(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, doctor.Stages(private...),
		doctor.Control{Name: "the server closes", Scenario: "leak", Play: fixedServer, Want: claim.OutcomeUnresolved, Because: "did not run out", Verdicts: verdicts{"HC20": "inconclusive", "HC26": "inconclusive"}},
	)
	suite.Controls(
		t, anywhere(),
		doctor.Control{Name: "the clients stay", Scenario: "leak", Play: busyServer, Want: claim.OutcomeUnresolved, Because: "was not in CLOSE_WAIT", Check: noneConfirmed},
	)
}

// patient closes with a tcp_fin_timeout that is longer than what is waited.
func patient(r *scenario.Run) error {
	if err := r.Host("a").Set("net.ipv4.tcp_fin_timeout", "30"); err != nil {
		return err
	}
	return onEach(func(r *scenario.Run, c scenario.Conn) error {
		_ = c.Client.Close()
		awaitACK(r, c)
		r.Await(2*finTimeout, scenario.Never)
		return nil
	})(r)
}

// peerCloses lets the peer end the connection too, meanwhile.
func peerCloses(end ending) scenario.Play {
	return func(r *scenario.Run) error {
		if err := setFinTimeout(r, "a"); err != nil {
			return err
		}
		return onEach(func(r *scenario.Run, c scenario.Conn) error {
			_ = end(c.Client)
			awaitACK(r, c)
			_ = c.Server.Close()
			r.Settle()
			r.Await(2*finTimeout, scenario.Never)
			c.Client.Look()
			return nil
		})(r)
	}
}

// endedBy sets the short timeout and ends the connection in another way than the
// scenario does.
func endedBy(end ending) scenario.Play {
	return func(r *scenario.Run) error {
		if err := setFinTimeout(r, "a"); err != nil {
			return err
		}
		return onEach(func(r *scenario.Run, c scenario.Conn) error {
			_ = end(c.Client)
			awaitACK(r, c)
			r.Await(2*finTimeout, scenario.Never)
			c.Client.Look()
			return nil
		})(r)
	}
}

// TestFINWAIT2Otherwise: what is not waited for, or disturbed, or ended in the
// other way, shows nothing of how long FIN_WAIT2 lasts.
func TestFINWAIT2Otherwise(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, doctor.Stages(private...),
		doctor.Control{Name: "a longer timeout", Scenario: "orphan", Play: patient, Want: claim.OutcomeUnresolved, Because: "still in FIN_WAIT2", Check: noneConfirmed},
		doctor.Control{Name: "the peer closes", Scenario: "orphan", Play: peerCloses(closing), Want: claim.OutcomeUnresolved, Because: "not left alone", Check: noneConfirmed},
		doctor.Control{Name: "SHUT_WR", Scenario: "orphan", Play: endedBy(shut(journal.ShutWrite)), Want: claim.OutcomeUnresolved, Because: "no closed socket", Check: noneConfirmed},
		doctor.Control{Name: "close", Scenario: "half-open", Play: endedBy(closing), Want: claim.OutcomeUnresolved, Because: "no socket was seen in FIN_WAIT2 after shutdown(SHUT_WR)", Check: noneConfirmed},
		doctor.Control{Name: "the peer closes", Scenario: "half-open", Play: peerCloses(shut(journal.ShutWrite)), Want: claim.OutcomeUnresolved, Check: noneConfirmed},
		doctor.Control{Name: "not for long", Scenario: "half-open", Play: endedBy(shut(journal.ShutWrite)), Want: claim.OutcomeUnresolved, Because: "less than three times", Check: noneConfirmed},
	)
}

// reusing sets SO_REUSEADDR on every listener.
func reusing(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort, reuse(true))
	if err != nil {
		return err
	}
	if _, err := closedByServer(r, s); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	for _, fresh := range []bool{false, true} {
		if err := bindAgain(r, s, fresh); err != nil {
			return err
		}
	}
	return nil
}

// resetting ends its connection by RST: no TIME_WAIT follows.
func resetting(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	if err := c.Server.Reset(); err != nil {
		return err
	}
	r.Settle()
	if err := s.Close(); err != nil {
		return err
	}
	return bindAgain(r, s, false)
}

// clientFirst lets the client close first: the TIME_WAIT is its own.
func clientFirst(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_ = c.Client.Close()
	r.Settle()
	r.Receive(c.Server)
	_ = c.Server.Close()
	r.Settle()
	c.Client.Look()
	if err := s.Close(); err != nil {
		return err
	}
	return bindAgain(r, s, false)
}

// TestTimeWaitOtherwise: with the option everywhere, without a TIME_WAIT, or with
// it at the other end.
func TestTimeWaitOtherwise(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, anywhere(),
		doctor.Control{Name: "SO_REUSEADDR everywhere", Scenario: "time-wait", Play: reusing, Want: claim.Reproduced, Verdicts: verdicts{"HC21": "confirmed", "HC22": "inconclusive", "HC23": "inconclusive", "HC24": "confirmed", "HC25": "inconclusive", "HC28": "inconclusive"}},
		doctor.Control{Name: "reset", Scenario: "time-wait", Play: resetting, Want: claim.OutcomeUnresolved, Because: "in TIME_WAIT", Check: noneConfirmed},
		doctor.Control{Name: "the client closes first", Scenario: "time-wait", Play: clientFirst, Want: claim.NotReproduced, Because: "nobody tried to bind its port", Verdicts: verdicts{"HC24": "inconclusive", "HC28": "inconclusive"}},
	)
}
