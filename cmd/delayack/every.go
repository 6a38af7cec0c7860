package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// burst is how many full segments a server may send before anything is acknowledged: its initial
// window (RFC 6928).
const burst = 10

// every: a server sends as much as it may at once, to a client that delays.
func every(t *scenario.T) {
	client, server := t.Connection()
	pingPong(t, client, server)
	server.WriteBulk(burst * fullSegment(t))
	t.Wait(rest)
	client.ReadBulk(burst * fullSegment(t))
}

// sending is what left a server between two of its calls, in several segments.
type sending struct {
	*tcp.Conn
	call  *journal.Event
	data  []*tcp.Segment
	acks  []*tcp.Segment // that left the client for them
	first *tcp.Segment   // of these that came to the server; nil: none did
}

// sendings lists them.
var sendings = tcp.Derived(func(v *tcp.View) []sending {
	var all []sending
	for _, conn := range v.Conns {
		for _, call := range conn.Server.Writes(0, 0) {
			until := tcp.N(tcp.First(conn.Server.Writes(call.N, 0)))
			data := tcp.Data(conn.Server.Sent(call.N, until))
			if len(data) < 2 {
				continue
			}
			isACK := func(x *tcp.Segment) bool { return x.Packet.Len == 0 && covers(x, data[0]) }
			all = append(all, sending{
				conn, call, data,
				tcp.Where(conn.Client.Sent(data[0].N, until), isACK),
				tcp.First(tcp.Where(conn.Server.Arrived(data[0].N, until), isACK)),
			})
		}
	}
	return all
})

// whole says that all of it was acknowledged.
func (s *sending) whole(c *claim.Case) {
	c.About(s.Client, s.Server)
	c.CiteSegments(s.data...)
	c.CiteSegments(s.acks...)
	c.Given(len(s.acks) > 0 && covers(tcp.Last(s.acks), tcp.Last(s.data)), "%s did not acknowledge all that %s sent", s.Client.ID, s.Server.ID)
}

var da7 = claim.Claim{
	ID: "DA7", Statement: "not every segment has its own ACK", Source: claim.Article004, Quantity: claim.Can, Needs: claim.NeedsPackets,
	Precondition: "nothing was sent in several segments",
	Rule: claim.Each(sendings, func(c *claim.Case, s sending) {
		s.whole(c)
		c.Given(len(s.acks) < len(s.data) || promptly(s.Client, s.call.N), "%s had not answered promptly before", s.Client.ID)
		c.Expect(len(s.acks) < len(s.data), "%d segments had %d ACKs", len(s.data), len(s.acks))
		c.Holds("%s sent %d segments, and %s acknowledged them by %d", s.Server.ID, len(s.data), s.Client.ID, len(s.acks))
	}),
}

var da8 = claim.Claim{
	ID: "DA8", Statement: "the client acknowledges every segment, and only then the server goes on", Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "nothing was sent in several segments",
	Rule: claim.Each(sendings, func(c *claim.Case, s sending) {
		s.whole(c)
		c.CiteSegments(s.first)
		ahead := tcp.Where(s.data, func(x *tcp.Segment) bool { return s.first == nil || x.N < s.first.N })
		c.Expect(len(ahead) <= 1, "%d segments had left %s before anything of them was acknowledged to it: the window lets it go on", len(ahead), s.Server.ID)
		c.Expect(len(s.acks) == len(s.data), "%d segments had %d ACKs", len(s.data), len(s.acks))
		c.Holds("each of %d segments left when the one before it was acknowledged", len(s.data))
	}),
}
