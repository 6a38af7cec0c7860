package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

type disposition = journal.Disposition

// linger0: close with SO_LINGER {1, 0}, on a connection at rest and on one with
// data unsent; the same connection closed plainly; and linger 0 on a connection
// that is in TIME_WAIT already. After each the same addresses are tried again.
func linger0(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	port := closeAndGoOn(t, l, abortive)
	tryPair(t, l, port)
	closeAndGoOn(t, l)
	plainlyAgain(t, l)
	unsentDropped(t)
	afterTimeWait(l)
	tryPair(t, l, closeAndGoOn(t, l, abortive), scenario.Opt(journal.SOReuseAddr, 1))
}

// closeAndGoOn closes a connection, and lets the peer make its next calls one by one: it
// reads, reads again, writes, and writes again if it lives. The peer is a process of its
// own, for one of its calls may end it. It returns the client's port.
func closeAndGoOn(t *scenario.T, l *scenario.Listener, set ...scenario.SocketOption) (port uint16) {
	client, server := l.Connect()
	port = client.Local().Port()
	for _, prepare := range set {
		prepare(client)
	}
	peer := t.Handover(journal.DefaultSIGPIPE, server)
	client.Close()
	peer.Recv(server)
	peer.Recv(server)
	peer.Write(server, "anybody?")
	if !peer.Ended() {
		peer.Write(server, "anybody?")
	}
	return port
}

// tryPair connects once more from a port that a connection to the server had.
// Whether that succeeds is evidence.
func tryPair(t *scenario.T, l *scenario.Listener, port uint16, set ...scenario.SocketOption) {
	if _, errno := t.DialFrom(port, l.At, set...); errno == "" {
		l.Accept()
	}
}

// plainlyAgain closes another connection plainly at both ends, so that it comes
// to TIME_WAIT, and tries its pair of addresses again.
func plainlyAgain(t *scenario.T, l *scenario.Listener) {
	client, server := l.Connect()
	port := client.Local().Port()
	client.Close()
	server.Close()
	tryPair(t, l, port)
}

// unsentDropped closes with linger 0 while the kernel has data that it has not
// sent, for the peer's window is full.
func unsentDropped(t *scenario.T) {
	client, server := t.Listen(scenario.ServerPort+1, scenario.SmallReceiver).Connect()
	client.WriteBulk(scenario.MoreThanFits)
	abortive(client)
	client.Close()
	server.ReadToEnd()
}

// afterTimeWait sets linger 0 on a socket of which only a TIME_WAIT is left, and
// closes it.
func afterTimeWait(l *scenario.Listener) {
	client, server := l.Connect()
	client.ShutdownWrite()
	server.Close()
	abortive(client)
	client.Close()
	client.Look()
}

// lingerOff: close as SO_LINGER is by default, with it set to {0, 0}, and to {1, 0}.
func lingerOff(t *scenario.T) {
	for _, set := range []scenario.SocketOption{(*scenario.End).Linger, scenario.Linger(false, 0), abortive} {
		client, server := t.Connection()
		set(client)
		client.Close()
		server.Recv()
	}
}

const notClosedSo = "no connection was closed so"

var lr1 = claim.Claim{
	ID: "LR1", Statement: "SO_LINGER {on, 0} makes close() send RST instead of FIN",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "the connection has not been closed before",
	Rule: claim.Each(aborts, func(c *claim.Case, x closing) {
		fin := c.FirstSegment(tcp.With(x.Who.Sent(x.By.N, 0), packet.FIN))
		c.Expect(fin == nil, "%s closed with SO_LINGER %s, and sent a FIN", x.Who.ID, x.linger)
		rst := c.FirstSegment(tcp.With(atOnce(x.Who, x.By.N), packet.RST))
		c.ExpectSeen(rst != nil, "%s closed with SO_LINGER %s, and sent no RST", x.Who.ID, x.linger)
		c.Absent()
		c.Holds("close() of %s sent RST and no FIN", x.Who.ID)
	}),
}

var lr2 = claim.Claim{
	ID: "LR2", Statement: "unsent data is thrown away",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "the kernel has taken data that it has not sent when close() is called",
	Rule: claim.Each(aborts, func(c *claim.Case, x closing) {
		given := tcp.Moved(c.All(x.Who.Writes(0, x.By.N)))
		unsent := given - tcp.Bytes(x.Who.Sent(0, x.By.N))
		c.If(unsent > 0)
		late := c.FirstSegment(tcp.Data(x.Who.Sent(x.By.N, 0)))
		c.Expect(late == nil, "%s sent data after close()", x.Who.ID)
		reads := c.All(x.Peer().Reads(0, 0))
		last, got := c.Last(reads), tcp.Moved(reads)
		c.Expect(got <= given-unsent, "%d of %d bytes were unsent, and the peer read %d", unsent, given, got)
		c.Given(last != nil && last.N > x.By.N && (last.Call.Errno == journal.ECONNRESET || tcp.IsEnd(last)), "the peer did not read to the end")
		c.Absent()
		c.Holds("%d of %d bytes were unsent: the peer read %d, then %s", unsent, given, got, claim.Returned(last))
	}),
}

var lr3 = claim.Claim{
	ID: "LR3", Statement: "no TIME_WAIT follows",
	Source: claim.Article000, Quantity: claim.Always, Needs: needsDiag,
	Precondition: "close() with SO_LINGER {1, 0}, on a connection that has not been closed before",
	Rule: claim.Each(aborts, func(c *claim.Case, x closing) {
		c.NeverIn(journal.TimeWait, x.Who, x.Peer())
		gone := c.First(x.Who.Entered(journal.Gone, journal.SockDiag))
		c.Given(gone != nil && gone.N > x.By.N, "what became of %s was not seen", x.Who.ID)
		c.Holds("right after close() nothing was left of %s", x.Who.ID)
	}),
}

var lr5 = claim.Claim{
	ID: "LR5", Statement: "it is equivalent to SO_DONTLINGER",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "one connection is closed with SO_LINGER {1, 0}, one with {0, 0}, which is what SO_DONTLINGER means",
	Rule: claim.Each(aborts, func(c *claim.Case, x closing) {
		for _, off := range closings(c.View) {
			if off.linger != lingerNone {
				continue
			}
			c.About(off.Who)
			c.Cite(off.set, off.By)
			with, without := c.AllSegments(atOnce(x.Who, x.By.N)), c.AllSegments(atOnce(off.Who, off.By.N))
			c.Given(len(with) > 0 && len(without) > 0, "what close() sent was not seen of both")
			c.Expect(claim.Named(with) == claim.Named(without), "with %s close() sent %s, with %s %s", x.linger, claim.Named(with), off.linger, claim.Named(without))
			c.Holds("both sent %s", claim.Named(with))
		}
	}),
}

var lr6 = claim.Claim{
	ID: "LR6", Statement: "the peer's read fails with ECONNRESET",
	Source: claim.Article000 + "; " + claim.Article004, Quantity: claim.Always, Needs: needsDiag,
	Precondition: "the RST of close() with SO_LINGER {1, 0} has arrived, nothing is left to be read, and the read is the next call",
	Rule: claim.Each(aborts, func(c *claim.Case, x closing) {
		c.If(x.reached(c))
		next := c.First(x.Peer().CallsOf(x.By.N, 0, append([]string{"read"}, tcp.Sending...)...))
		c.If(next != nil && next.Call.Op == "read" && c.Unread(x.Peer(), next.N) <= 0)
		got := claim.Returned(next)
		c.ExpectSeen(got == "ECONNRESET", "%s closed with SO_LINGER %s, and its peer's read returned %s", x.Who.ID, x.linger, got)
		c.Holds("%s closed with SO_LINGER %s, and its peer's read returned ECONNRESET", x.Who.ID, x.linger)
	}),
}

var lr23 = claim.Claim{
	ID: "LR23", Statement: "linger 0 cannot remove a TIME_WAIT that exists already",
	Source: "socket(7), by implication", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "SO_LINGER {1, 0} is set, and the descriptor closed, when the connection is in TIME_WAIT",
	Rule: claim.AfterCall("close", func(c *claim.Case) {
		s := c.Socket
		linger, set := s.Option(journal.SOLinger, c.Call.N)
		state, n := s.StateAt(journal.SockDiag, c.Call.N)
		c.If(linger == lingerZero && state == journal.TimeWait)
		in := c.Event(n)
		c.Cite(set, in)
		gone, left := c.First(s.Entered(journal.Gone, journal.SockDiag)), c.First(s.Samples(journal.TimeWait, c.Call.N, 0))
		if left == nil || gone != nil && gone.N < left.N { // one that was seen after close() was not removed by it, whatever became of it later
			c.Given(gone == nil || c.Between(in, gone) < timeWait, "the TIME_WAIT of %s was seen to end only when it was over anyway", s.ID)
			c.Expect(gone == nil, "the TIME_WAIT of %s was gone after close()", s.ID)
		}
		sent := c.AllSegments(s.SentAll(c.Call.N, 0))
		c.Expect(len(sent) == 0, "close() of %s sent %s", s.ID, claim.Named(sent))
		c.Given(left != nil, "%s was not looked for after close()", s.ID)
		c.Absent()
		c.Holds("%s was still in TIME_WAIT after close(), with %.1f s to go, and nothing was sent", s.ID, float64(left.Sample.TimerMS)/1e3)
	}),
}

// timeWait is how long a TIME_WAIT lasts (TCP_TIMEWAIT_LEN in include/net/tcp.h), less what it
// may be rounded by.
const timeWait = 59 * time.Second

// resets is the phenomenon of linger0: the peer of a close() with SO_LINGER {1, 0} is reset,
// that of a plain one reads the end.
var resets = claim.Phenomenon{
	Needs: claim.NeedsInfo, Quantity: claim.Always, Precondition: notClosedSo,
	Rule: claim.Each(closings, func(c *claim.Case, x closing) { readAfter(c, x, neverSet, lingerZero) }),
}

// offIsDefault is the phenomenon of linger-off: SO_LINGER never set is {0, 0}, and no abort.
var offIsDefault = claim.Phenomenon{
	Needs: claim.NeedsInfo, Quantity: claim.Always, Precondition: notClosedSo,
	Rule: claim.Each(closings, func(c *claim.Case, x closing) {
		if x.linger == neverSet {
			asked := c.GivenFirst(x.Who.Asked(journal.SOLinger, 0, x.By.N), "%s was not asked for the SO_LINGER that it has by default", x.Who.ID)
			c.Expect(asked.Call.Value() == lingerNone, "SO_LINGER, never set, was %s", asked.Call.Out)
		}
		readAfter(c, x, neverSet, lingerNone, lingerZero)
	}),
}
