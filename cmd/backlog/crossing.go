package main

import (
	"cmp"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// untilSYNACKAgain bounds the wait for a SYN-ACK to be sent again: after 1 s, and after 3 s.
const untilSYNACKAgain = 5 * time.Second

// crossing: two handshakes are under way when the last place is taken, with both values of
// tcp_abort_on_overflow. Data that is sent meanwhile comes again only when there was room.
func crossing(t *scenario.T) {
	t.Counters(listenOverflows, listenDrops)
	// A kernel without it sends the data again some seconds later.
	_ = t.TrySysctl("a", "net.ipv4.tcp_rto_max_ms", "1000")
	t.Sysctl("b", abortOnOverflow, "0")
	l, late, queued := lastPlace(t, scenario.ServerPort)
	late.Recv()
	late.Send("early")
	t.Drop(func(p *wire.Packet) bool { return p.From == "a" && len(p.Payload) > 0 })
	l.Accept()
	t.Await(untilSYNACKAgain, func() bool { return queued.Seen(journal.SockDiag) == journal.Established })
	t.Rule(nil)
	t.Await(untilSYNACKAgain, func() bool { return queued.Unread() > 0 })
	l.AcceptFrom(late).Recv()

	t.Sysctl("b", abortOnOverflow, "1")
	_, late, _ = lastPlace(t, scenario.ServerPort+1)
	late.Recv()
}

// lastPlace makes a listener of whose two places one is taken, and lets the handshakes of two
// clients cross for the other. It returns the second of them, and its entry at the listener.
func lastPlace(t *scenario.T, port uint16) (l *scenario.Listener, late, queued *scenario.End) {
	l = t.Listen(port, scenario.Backlog(1))
	l.Dial()
	t.Hold(isThird)
	first := l.Dial()
	late = l.Dial()
	l.Queued(first)
	queued = l.Queued(late)
	l.Look()
	t.Release()
	l.Look()
	return l, late, queued
}

// isThird matches what a client sends after its SYN.
func isThird(p *wire.Packet) bool { return p.From == "a" && !p.Flags.Has(packet.SYN) }

// third is the segment that was to complete an opening at a listener, and came there.
type third struct {
	*tcp.Segment
	client, server *tcp.Socket
	full           bool // it met a full accept queue
	looked         int  // the event by which the sockets had been looked at again
}

// thirds lists the first of each opening.
var thirds = tcp.Derived(func(v *tcp.View) []third {
	var all []third
	for _, e := range v.Ends {
		x := third{Segment: v.Segment(v.Event(cmp.Or(e.Overflow, e.Opened))), full: e.Overflow != 0, server: e.Socket}
		if x.Segment == nil || !e.Passive || x.server == nil || x.server.Peer() == nil {
			continue
		}
		x.client = x.server.Peer()
		x.looked = v.Journal.Played
		if next := v.CallAfter(x.N); next != nil {
			x.looked = next.N - 1
		}
		all = append(all, x)
	}
	return all
})

// leftOut lists those that met a full accept queue.
func leftOut(v *tcp.View) []third {
	return tcp.Where(thirds(v), func(x third) bool { return x.full })
}

// Cite lets a case rest on a third segment.
func (x third) Cite(c *claim.Case) {
	c.About(x.client, x.server)
	c.CiteSegments(x.Segment)
}

const crossed = "the segment that completes a handshake comes to a full accept queue"

var bl9 = claim.Claim{
	ID: "BL9", Statement: "accept queue full at the third segment, tcp_abort_on_overflow 0: the ACK is dropped, server still SYN_RECV, client ESTABLISHED",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: crossed,
	Rule: claim.Each(leftOut, func(c *claim.Case, x third) {
		c.If(settingAt(c, abortOnOverflow, x.N) == "0")
		client, server := c.StateAt(x.client, journal.TCPInfo, x.looked), c.StateAt(x.server, journal.SockDiag, x.looked)
		c.Given(client != "" && server != "", "a state was not seen")
		c.Expect(client == journal.Established && server == journal.SynRecv, "%s was in %s, %s in %s", x.client.ID, client, x.server.ID, server)
		answers := c.AllSegments(x.server.SentAll(x.N, x.looked))
		c.Expect(len(answers) == 0, "it was answered with %s", claim.Named(answers))
		c.Holds("%s was ESTABLISHED and %s in SYN_RECV after the ACK had come", x.client.ID, x.server.ID)
	}),
}

var bl10 = claim.Claim{
	ID: "BL10", Statement: "accept queue full at the third segment, tcp_abort_on_overflow 1: RST, “connection reset by peer”",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: crossed,
	Rule: claim.Each(leftOut, func(c *claim.Case, x third) {
		c.If(settingAt(c, abortOnOverflow, x.N) == "1")
		rst := c.FirstSegment(tcp.With(x.client.Arrived(x.N, 0), packet.RST))
		c.ExpectSeen(rst != nil, "no RST came to %s", x.client.ID)
		c.ReadFails(x.client, rst.N, journal.ECONNRESET)
		c.Holds("a RST came to %s, and its read() failed with ECONNRESET", x.client.ID)
	}),
}

var bl11 = claim.Claim{
	ID: "BL11", Statement: "tcp_abort_on_overflow 0: SYN+ACK again later; the client answers again; completes once there is room",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: crossed + ", and accept() makes room later",
	Rule: claim.Each(leftOut, func(c *claim.Case, x third) {
		c.If(settingAt(c, abortOnOverflow, x.N) == "0")
		room := c.GivenFirst(c.Listener(x.server.Local, x.N).Accepts(x.N, 0), "no accept() made room")
		again := c.FirstSegment(repeated(tcp.With(x.server.SentAll(x.N, 0), packet.SYN)))
		c.ExpectSeen(again != nil, "the SYN-ACK was not sent again")
		answer := c.FirstSegment(tcp.With(x.client.SentAll(again.N, 0), packet.ACK))
		c.ExpectSeen(answer != nil, "%s did not answer the second SYN-ACK", x.client.ID)
		up := c.First(x.server.Entered(journal.Established, journal.SockDiag))
		c.ExpectSeen(up != nil && up.N > room.N, "%s did not come to ESTABLISHED after accept() had made room", x.server.ID)
		c.Holds("the SYN-ACK was sent again, %s answered it again, and %s came to ESTABLISHED", x.client.ID, x.server.ID)
	}),
}

// repeated narrows segments to those that were sent again.
func repeated(some []*tcp.Segment) []*tcp.Segment {
	return tcp.Where(some, func(s *tcp.Segment) bool { return s.Repeats != 0 })
}

var bl14 = claim.Claim{
	ID: "BL14", Statement: "the client's symptom is a read that times out (tcp_abort_on_overflow 0) or is reset (1)",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: crossed + ", and its client reads before there is room",
	Rule: claim.Each(leftOut, func(c *claim.Case, x third) {
		abort := settingAt(c, abortOnOverflow, x.N)
		room := tcp.First(c.Listener(x.server.Local, x.N).Accepts(x.N, 0))
		read := c.GivenFirst(x.client.CallsOf(x.N, tcp.N(room), "read"), "%s did not read", x.client.ID)
		want, known := map[string]journal.Errno{"0": journal.EAGAIN, "1": journal.ECONNRESET}[abort]
		c.Given(known, "tcp_abort_on_overflow was %s", abort)
		rst := c.FirstSegment(tcp.With(x.client.Arrived(x.N, read.N), packet.RST))
		c.Given((rst != nil) == (want == journal.ECONNRESET), "whether a RST comes to %s does not fit tcp_abort_on_overflow %s: that is another claim's", x.client.ID, abort)
		c.Finds(read.Call.Errno == want, "with %s read() of %s returned %s", abort, x.client.ID, claim.Returned(read))
	}),
}

// earlyData lists the data that met a full accept queue, each the first time.
func earlyData(v *tcp.View) []tcp.Overflow {
	return tcp.Where(v.Overflows(), func(o tcp.Overflow) bool { return o.End != nil && o.Packet.Len > 0 && o.Repeats == 0 })
}

var bl16 = claim.Claim{
	ID: "BL16", Statement: "data that arrives while the accept queue is full is stored by the server",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "data comes while the accept queue is full, and accept() makes room later",
	Rule: claim.Each(earlyData, func(c *claim.Case, o tcp.Overflow) {
		server := o.End.Socket
		c.Given(server != nil, "the server's end was not watched")
		c.About(server)
		c.CiteSegments(o.Segment)
		up := c.GivenFirst(server.Samples(journal.Established, o.N, 0), "%s was not seen in ESTABLISHED", server.ID)
		again := c.FirstSegment(tcp.Data(server.Arrived(o.N, up.N)))
		c.Given(again == nil, "it had come again by then")
		c.Expect(up.Sample.RxQueue >= int64(o.Packet.Len), "%s was ESTABLISHED with %d of the %d bytes to be read: they came when they were sent again",
			server.ID, up.Sample.RxQueue, o.Packet.Len)
		c.Holds("%s was ESTABLISHED with %d bytes to be read", server.ID, up.Sample.RxQueue)
	}),
}

var bl37 = claim.Claim{
	ID: "BL37", Statement: "on the ACK the request moves to the completed queue",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "the segment that completes a handshake comes, and the server's end is watched",
	Rule: claim.Each(thirds, func(c *claim.Case, x third) {
		before := c.StateAt(x.server, journal.SockDiag, x.N)
		c.If(before == journal.SynRecv)
		after := c.StateAt(x.server, journal.SockDiag, x.looked)
		c.ExpectSeen(after == journal.Established, "the ACK of %s came, and %s was in %s: the queue was full", x.client.ID, x.server.ID, after)
		c.Holds("on the ACK of %s its entry went from SYN_RECV to ESTABLISHED", x.client.ID)
	}),
}
