package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// oldSYN: the first SYN of a connection arrives once more: in the midst of another, and when
// nothing is left of either.
func oldSYN(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	syns := t.See(wire.IsSYN)
	client, server := l.Connect()
	t.Rule(nil)
	t.Repeat(syns.First)
	client.Send("still here")
	server.Recv()
	client.Reset()
	server.Recv()
	server.Close()

	t.Repeat(syns.First)
	l.Look()
	t.Host("b").List(journal.SynRecv, journal.Established)
	l.Accept()
}

// again is a SYN that came once more.
type again struct {
	opening
	came   *tcp.Segment
	answer *tcp.Segment // what the server's host sent then; nil: nothing
}

// repeated lists those that came while a connection was open, and those that came later.
func repeated(open bool) func(v *tcp.View) []again {
	return func(v *tcp.View) []again {
		var all []again
		for _, s := range v.Segments(journal.AtInjected) {
			for _, x := range openings(v) {
				same := s.Is(packet.SYN) && s.Packet.Src == x.Client.Local && s.Packet.Dst == x.Client.Remote && s.N > x.Connect.N
				if same && (x.Client.Down(x.syn.N, s.N) == nil) == open {
					all = append(all, again{opening: x, came: s, answer: tcp.First(v.Answers(s))})
				}
			}
		}
		return all
	}
}

var hs36 = claim.Claim{
	ID: "HS36", Statement: "a SYN in the midst of a connection resets it",
	Source: rfc793, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: "no SYN came to a connection that was open",
	Rule: claim.Each(repeated(true), func(c *claim.Case, x again) {
		c.CiteSegments(x.came, x.answer)
		read := c.GivenFirst(x.Server.Reads(x.came.N, 0), "nothing was read afterwards")
		c.Expect(read.Call.Result <= 0, "it was answered with %s, and what %s then wrote was read", named(x.answer), x.Client.ID)
		c.Given(read.Call.Errno == journal.ECONNRESET && x.answer != nil && x.answer.Has(packet.RST), "it was answered with %s, and the read returned %s", named(x.answer), claim.Returned(read))
		c.Holds("it was answered with RST, and the connection was reset")
	}),
}

func named(s *tcp.Segment) string {
	if s == nil {
		return "nothing"
	}
	return claim.Named([]*tcp.Segment{s})
}

var hs23 = claim.Claim{
	ID: "HS23", Statement: "an old duplicate SYN arriving after the connection ended creates no connection, because the third ACK never comes",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: "no SYN came again after its connection had ended",
	Rule: claim.Each(repeated(false), func(c *claim.Case, x again) {
		c.CiteSegments(x.came, x.answer)
		c.Given(x.answer.Is(packet.SYN|packet.ACK), "the listener answered with %s", named(x.answer))
		third := c.FirstSegment(x.Client.Arrived(x.answer.N, 0))
		back := tcp.First(tcp.Where(c.Segments(journal.AtDelivered), func(s *tcp.Segment) bool {
			return s.N > x.answer.N && s.Packet.Src == x.came.Packet.Src && s.Packet.Dst == x.came.Packet.Dst
		}))
		c.CiteSegments(back, third)
		accept := c.Last(c.Calls("accept4"))
		c.Given(accept != nil && accept.N > x.came.N, "accept() was not called afterwards")
		c.Expect(accept.Call.Errno == journal.EAGAIN, "accept() returned %s", claim.Returned(accept))
		for _, e := range c.Events(func(e *journal.Event) bool { return e.Table != nil && e.N > x.answer.N }) {
			c.Cite(e)
			c.Expect(len(e.Table.Sockets) == 0, "there was an entry left: %v", e.Table.Sockets)
		}
		c.Given(back != nil && back.Has(packet.RST), "the client's host answered with %s", named(back))
		c.Holds("the listener answered with SYN-ACK, the client's host with RST, and nothing was left")
	}),
}
