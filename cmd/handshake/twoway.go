package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// twoWay: the SYN-ACK is lost, and the server sends data as if two segments had been enough.
func twoWay(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	t.Hold(scenario.Once(wire.IsSYNACK))
	client := l.Start()
	t.Deliver()
	synAck := t.FirstHeld("b")
	t.Discard(synAck, "lost")
	for range 3 {
		t.Inject(packet.Packet{
			Src: synAck.Src, Dst: synAck.Dst, Seq: synAck.Seq + 1, Ack: synAck.Ack,
			Flags: packet.PSH | packet.ACK, Win: synAck.Win, Payload: []byte("data of the server"),
		})
	}
	client.Look()
	client.Recv()
	t.Await(untilAgain, client.In(journal.Established))
	l.AcceptFrom(client)
	client.Recv()
}

// earlyData is data that came to a client whose SYN-ACK was lost.
type earlyData struct {
	opening
	data []*tcp.Segment
}

func tooEarly(v *tcp.View) []earlyData {
	var all []earlyData
	for _, x := range openings(v) {
		data := tcp.Where(tcp.Data(v.Segments(journal.AtInjected)), func(s *tcp.Segment) bool {
			return s.Packet.Dst == x.Client.Local && s.Packet.Src == x.Client.Remote && x.Client.IsIn(journal.SynSent, journal.TCPInfo, s.N)
		})
		if len(data) > 0 {
			all = append(all, earlyData{x, data})
		}
	}
	return all
}

var hs21 = claim.Claim{
	ID: "HS21", Statement: "two-way handshake: with the SYN+ACK lost the client ignores every data segment of the server",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: "no data came to a client in SYN_SENT",
	Rule: claim.Each(tooEarly, func(c *claim.Case, x earlyData) {
		c.CiteSegments(x.data...)
		read := c.GivenFirst(x.Client.Reads(tcp.Last(x.data).N, 0), "%s was not read afterwards", x.Client.ID)
		c.Expect(read.Call.Errno == journal.EAGAIN, "the read of %s returned %s", x.Client.ID, claim.Returned(read))
		synAck := c.FirstSegment(tcp.With(x.Client.Arrived(0, read.N), packet.SYN))
		c.Given(synAck == nil, "a SYN-ACK had come before it was read")
		state := c.StateAt(x.Client, journal.TCPInfo, read.N)
		c.Expect(state == journal.SynSent, "%s was in %s then", x.Client.ID, state)
		answers := c.AllSegments(tcp.Where(x.Client.SentAll(x.data[0].N, read.N), func(s *tcp.Segment) bool { return !s.Has(packet.SYN) }))
		c.Expect(len(answers) == 0, "%s answered with %s", x.Client.ID, claim.Named(answers))
		c.Absent()
		c.Holds("%d data segments came to %s in SYN_SENT; it answered nothing, and read nothing", len(x.data), x.Client.ID)
	}),
}

var hs22 = claim.Claim{
	ID: "HS22", Statement: "… and the server repeats the same data for ever: deadlock",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: "no data came to a client in SYN_SENT",
	Rule: claim.Each(tooEarly, func(c *claim.Case, x earlyData) {
		c.CiteSegments(x.data...)
		up := c.First(x.Client.Entered(journal.Established, journal.TCPInfo))
		again := tcp.First(tcp.Where(x.Segments, func(s *tcp.Segment) bool {
			return s.N > x.data[0].N && s.Packet.At == journal.AtSent && s.Has(packet.SYN)
		}))
		c.CiteSegments(again)
		if up != nil {
			c.Expect(false, "it was resolved: %s was sent again, and %s was ESTABLISHED %.1f s after the first data", named(again), x.Client.ID, c.Between(x.data[0].Event, up).Seconds())
		}
		c.Given(c.Journal.ElapsedNS-x.data[0].T > 60e9, "it was watched for less than a minute")
		c.Holds("%s was in SYN_SENT to the end", x.Client.ID)
	}),
}
