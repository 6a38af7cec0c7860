package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// bareFlags: a copy of a segment comes without its ACK flag, and then the segment itself. On a second
// connection a RST is lost, and the next segment draws one that has no ACK.
func bareFlags(t *scenario.T) {
	client, server := t.Connection()
	ask(t, client, server)
	t.Hold(scenario.Once(wire.DataFrom("a")))
	client.Send("once more")
	if held := t.Held("a"); len(held) > 0 {
		bare := held[0].Packet
		bare.Flags, bare.Ack = packet.PSH, 0
		t.Inject(bare)
	}
	server.Recv()
	t.Release()
	server.Recv()

	client, server = t.Connection()
	ask(t, client, server)
	t.Drop(func(p *wire.Packet) bool { return p.From == "b" && p.Flags.Has(packet.RST|packet.ACK) })
	server.Reset()
	client.Send("anybody there?")
	client.Recv()
}

// later lists what left the ends of a connection, but for its SYNs.
func later(conn *tcp.Conn) []*tcp.Segment {
	some := slices.Concat(conn.Client.SentAll(0, 0), conn.Server.SentAll(0, 0))
	return slices.DeleteFunc(some, func(s *tcp.Segment) bool { return s.Has(packet.SYN) })
}

var da9 = claim.Claim{
	ID: "DA9", Statement: "after establishment every segment has ACK set", Source: claim.Article002 + ", " + claim.Article003, Quantity: claim.Always, Needs: needsQueues,
	Precondition: "no connection was established",
	Rule: claim.EachConn(func(c *claim.Case, conn *tcp.Conn) {
		some := later(conn)
		c.If(conn.Server != nil && len(some) > 0)
		if s := tcp.First(tcp.Where(some, func(s *tcp.Segment) bool { return !s.Has(packet.ACK) })); s != nil {
			c.CiteSegments(s)
			c.Expect(false, "%s left host %s without ACK: it answers a segment that no socket was there for, and takes its number from that one's acknowledgement", s.Packet.Flags.InProse(), s.Host)
		}
		c.CiteSegments(some...)
		c.Challenged(slices.ContainsFunc(c.Sockets, answeredGone), "no RST answered a segment that no socket was there for")
		c.Holds("%d segments left the ends of %s, all with ACK", len(some), conn.Client.ID)
	}),
}

// answeredGone says whether a segment came where a socket was gone, and a RST left for it.
func answeredGone(s *tcp.Socket) bool {
	for _, gone := range s.Entered(journal.Gone, journal.SockDiag) {
		if came := s.Arrived(gone.N, 0); len(came) > 0 {
			return len(tcp.With(s.SentAll(came[0].N, 0), packet.RST)) > 0
		}
	}
	return false
}

// bare is a segment without ACK, and no SYN, that came to an established end.
type bare struct {
	to    *tcp.Socket
	came  *tcp.Segment
	until int // the next segment's arrival there; 0: there was none
}

// bares lists them.
func bares(v *tcp.View) []bare {
	var all []bare
	for _, s := range v.Connected() {
		some := s.Arrived(0, 0)
		for i, x := range some {
			if x.Packet.Flags.HasAny(packet.ACK|packet.SYN) || !s.IsIn(journal.Established, journal.TCPInfo, x.N) {
				continue
			}
			b := bare{to: s, came: x}
			if i+1 < len(some) {
				b.until = some[i+1].N
			}
			all = append(all, b)
		}
	}
	return all
}

var da10 = claim.Claim{
	ID: "DA10", Statement: "a segment without ACK is invalid then", Source: claim.Article002, Quantity: claim.Always, Needs: needsInfo,
	Precondition: "no segment without ACK came to an established connection",
	Rule: claim.Each(bares, func(c *claim.Case, b bare) {
		c.About(b.to)
		c.CiteSegments(b.came)
		read := c.First(b.to.Reads(b.came.N, b.until))
		if b.came.Has(packet.RST) {
			down := b.to.Down(b.came.N, b.until)
			last := tcp.Last(tcp.With(b.to.SentAll(0, b.came.N), packet.ACK))
			c.Cite(down)
			c.CiteSegments(last)
			c.Given(down != nil || last != nil && b.came.Packet.Seq == last.Packet.Ack, "the RST without ACK had not the number that %s expected", b.to.ID)
			c.Expect(down == nil, "a RST without ACK ended %s, whose read() said %s: a RST needs none", b.to.ID, claim.Returned(read))
			c.Absent()
			c.Holds("a RST without ACK changed nothing at %s", b.to.ID)
		}
		c.Challenged(slices.ContainsFunc(bares(c.View), func(b bare) bool { return b.came.Has(packet.RST) }), "no RST without ACK came")
		answer := c.FirstSegment(b.to.SentAll(b.came.N, b.until))
		c.Given(read != nil, "%s was not read then", b.to.ID)
		c.Expect(read.Call.Errno == journal.EAGAIN && answer == nil, "%s took it: read() returned %s", b.to.ID, claim.Returned(read))
		c.Absent()
		c.Holds("%d bytes without ACK came to %s: they were not read, and nothing answered", b.came.Packet.Len, b.to.ID)
	}),
}

// ignored is the phenomenon: data without ACK is ignored, and taken once it has one.
var ignored = claim.Phenomenon{
	Needs: needsInfo, Quantity: claim.Can, Precondition: "no data without ACK came to an established connection",
	Rule: claim.Each(bares, func(c *claim.Case, b bare) {
		c.If(b.came.Packet.Len > 0)
		c.About(b.to)
		c.CiteSegments(b.came)
		read := c.First(b.to.Reads(b.came.N, b.until))
		c.Given(read != nil && b.until != 0, "%s was not read then, or the same did not come with ACK", b.to.ID)
		again := c.GivenFirst(b.to.Reads(b.until, 0), "%s was not read again", b.to.ID)
		c.Expect(read.Call.Errno == journal.EAGAIN, "%s took it: read() returned %s", b.to.ID, claim.Returned(read))
		c.ExpectSeen(again.Call.Result == int64(b.came.Packet.Len), "%s did not take it with ACK: read() returned %s", b.to.ID, claim.Returned(again))
		c.Holds("%d bytes came to %s without ACK, and read() said EAGAIN; the same bytes came with ACK, and were read", b.came.Packet.Len, b.to.ID)
	}),
}
