package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// readAfterReset: what the next calls return after a RST that came in
// CLOSE_WAIT, and after one that came in ESTABLISHED.
func readAfterReset(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	inCloseWait(l)
	inEstablished(l)
	dataBefore(l)
	writeFirst(t, l)
	acceptAfter(l)
	watched(l)
}

// inCloseWait: the peer closes in an orderly way, with nothing unread, and the
// first write draws the RST.
func inCloseWait(l *scenario.Listener) {
	client, server := l.Connect()
	server.Close()
	client.Send("first")
	client.Recv()
	client.SendMsg("second", journal.MSGNoSignal)
}

// inEstablished: the peer resets.
func inEstablished(l *scenario.Listener) {
	client, server := l.Connect()
	server.Reset()
	client.Recv()
	client.Recv()
	client.SendMsg("first", journal.MSGNoSignal)
}

// dataBefore: something had arrived before the RST, and is read after it.
func dataBefore(l *scenario.Listener) {
	client, server := l.Connect()
	server.Send("before")
	server.Reset()
	client.Recv()
	client.Recv()
}

// writeFirst: the first call after the RST is a write, of a process that
// SIGPIPE kills.
func writeFirst(t *scenario.T, l *scenario.Listener) {
	w := newWriter(t, l, journal.DefaultSIGPIPE)
	w.peer.Reset()
	w.write("first")
	w.write("second")
}

// acceptAfter: the client resets while it is still in the listener's queue. Whether it
// is accepted is evidence.
func acceptAfter(l *scenario.Listener) {
	l.Dial().Reset()
	if accepted := l.Accept(); accepted != nil {
		accepted.Recv()
	}
}

// watched: the program waits in epoll when the RST comes, and reads afterwards.
func watched(l *scenario.Listener) {
	client, server := l.Connect()
	e := client.Epoll()
	server.Reset()
	e.Wait()
	client.Recv()
}

// readsFirst says whether the first call after the RST was a read, with nothing unread.
func (x struck) readsFirst() bool { return x.calls[0].Call.Op == "read" && x.unread <= 0 }

var lr9 = claim.Claim{
	ID: "LR9", Statement: "after that RST, a read fails with ECONNRESET",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "the RST was drawn by a send after the peer's orderly close, in CLOSE_WAIT; nothing is unread, and the read is the next call",
	Rule: claim.Each(strikes, func(c *claim.Case, x struck) {
		c.If(x.in == journal.CloseWait && x.readsFirst())
		read := c.First(x.calls)
		c.Expect(read.Call.Errno == journal.ECONNRESET, "the RST came in CLOSE_WAIT, and the read of %s returned %s", x.ID, claim.Returned(read))
		c.Holds("the RST came in CLOSE_WAIT, and the read of %s failed with ECONNRESET", x.ID)
	}),
}

// isSIGPIPE says whether a call raised SIGPIPE, or returned what leaves one out.
func isSIGPIPE(e *journal.Event) bool {
	return e.Call.Errno == journal.EPIPE || e.Call.Signal == journal.SIGPIPE
}

var lr13 = claim.Claim{
	ID: "LR13", Statement: "a socket reset while ESTABLISHED gives ECONNRESET once, and EPIPE with SIGPIPE only on the next write",
	Source: "tcp(7), signal(7)", Quantity: claim.Always, Needs: needsDiag,
	Precondition: "nothing is left to be read",
	Rule: claim.Each(strikes, func(c *claim.Case, x struck) {
		c.If(x.in == journal.Established && x.unread <= 0)
		told := c.First(x.calls)
		c.Expect(told.Call.Errno == journal.ECONNRESET && told.Call.Signal == "", "the first call after the RST, %s of %s, returned %s", told.Call.Op, x.ID, claim.Returned(told))
		for _, e := range c.All(x.calls[1:]) {
			c.Expect(e.Call.Errno != journal.ECONNRESET, "%s returned ECONNRESET to %s, and again to %s", x.ID, told.Call.Op, e.Call.Op)
			c.Expect(e.Call.Op == "read" || isSIGPIPE(e), "after ECONNRESET %s of %s returned %s", e.Call.Op, x.ID, claim.Returned(e))
		}
		c.If(slices.ContainsFunc(x.calls[1:], isSIGPIPE)) // else nothing was written again
		c.Challenged(slices.ContainsFunc(strikes(c.View), func(y struck) bool {
			return slices.ContainsFunc(y.calls, func(e *journal.Event) bool { return e.Call.Signal == journal.SIGPIPE })
		}), "no process that SIGPIPE ends wrote again")
		c.Holds("%s got ECONNRESET once, from %s; the next write raised SIGPIPE, or EPIPE where it was ignored", x.ID, told.Call.Op)
	}),
}

var lr14 = claim.Claim{
	ID: "LR14", Statement: "after a peer's orderly close whose FIN has arrived, with nothing unread, send fails with ECONNRESET",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "the program sends again when the answer to its first send has come",
	Rule: claim.Each(afterClose, func(c *claim.Case, t talker) {
		first, second, who := t.sends[0], c.Nth(t.sends, 1), t.Peer()
		_, rst := t.drew()
		c.If(c.Unread(who, first.N) <= 0)
		c.Given(second != nil && rst != nil && second.N > rst.N, "%s did not send again when a RST had come", who.ID)
		c.CiteSegments(rst)
		failed := first.Call.Errno == journal.ECONNRESET || second.Call.Errno == journal.ECONNRESET
		c.Expect(failed, "the first send of %s returned %s, the second %s", who.ID, claim.Returned(first), claim.Returned(second))
		c.Holds("a send of %s failed with ECONNRESET", who.ID)
	}),
}

var lr19 = claim.Claim{
	ID: "LR19", Statement: "data received before the RST can still be read, then comes ECONNRESET",
	Source: "Linux behaviour; " + rfc9293 + " §3.10.7.4 says that the queues are flushed", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "data has arrived, and no FIN, and has not been read, when the RST comes",
	Rule: claim.Each(strikes, func(c *claim.Case, x struck) {
		c.If(x.in == journal.Established && x.unread > 0)
		reads := c.All(x.Reads(x.down.N, 0))
		c.If(len(reads) > 0)
		got := tcp.Moved(reads)
		last := reads[len(reads)-1]
		if got == x.unread {
			c.Given(last.Call.Result != got, "%s read its %d bytes, and did not read again", x.ID, got)
		}
		c.Expect(got == x.unread && last.Call.Errno == journal.ECONNRESET, "%d bytes were unread: %s read %d, and then %s", x.unread, x.ID, got, claim.Returned(last))
		c.Holds("%s read the %d bytes after the RST, and then got ECONNRESET", x.ID, got)
	}),
}

var lr24 = claim.Claim{
	ID: "LR24", Statement: "the kernel resets, the application does not know until it reads or writes",
	Source: claim.Article004, Quantity: claim.Always, Needs: needsDiag,
	Precondition: "the RST has arrived, and the program asks for it before it reads or writes, by epoll_wait() or SO_ERROR",
	Rule: claim.Each(strikes, func(c *claim.Case, x struck) {
		first := c.First(x.calls)
		asked := c.All(x.CallsOf(x.down.N, first.N, "epoll_wait", "getsockopt"))
		c.If(len(asked) > 0)
		for _, e := range asked {
			c.Expect(!reportsError(e), "before %s read or wrote, %s returned %s", x.ID, e.Call.Op, e.Call.Out)
		}
		c.Holds("%s was reset, and got to know by %s", x.ID, first.Call.Op)
	}),
}

// reportsError says whether a call that neither reads nor writes reports that a connection
// is over.
func reportsError(e *journal.Event) bool {
	if e.Call.Op == "getsockopt" {
		errno, _ := e.Call.SocketError()
		return errno != ""
	}
	return e.Call.Ready().HasAny(journal.EPOLLERR | journal.EPOLLHUP)
}

// readsDiffer is the phenomenon of read-after-reset: after a RST a read fails with ECONNRESET
// in ESTABLISHED, and returns the end in CLOSE_WAIT.
var readsDiffer = claim.Phenomenon{
	Needs: claim.NeedsInfo, Quantity: claim.Always, Precondition: "no end was reset and read then",
	Rule: claim.Each(strikes, func(c *claim.Case, x struck) {
		c.If(x.readsFirst())
		read := c.First(x.calls)
		want := map[string]string{journal.CloseWait: "0: the end", journal.Established: "ECONNRESET"}[x.in]
		c.Expect(claim.Returned(read) == want, "after a RST in %s the read returned %s", x.in, claim.Returned(read))
		readers := tcp.Where(strikes(c.View), struck.readsFirst)
		claim.GivenEach(c, readers, func(y *struck) string { return y.in }, "no end was reset in %s, and read then", journal.CloseWait, journal.Established)
		c.Holds("after a RST in %s the read returned %s", x.in, want)
	}),
}
