package main

import (
	"bytes"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

const (
	// nearTop and tooNear are how far below 2³² a connection is to begin, in bytes: soon there, and still below
	// it when it is called for again.
	nearTop, tooNear = 64 << 20, 1 << 20
	// below is how far below it the steps begin, in bytes.
	below = 10
	// half is half of all the numbers.
	half = 1 << 31
)

// wrap: of the client's ports one is looked for whose number is near 2³², and so much moved that a few lines
// cross it: one below, one across, one beyond. Two come in the wrong order, one comes again, and one with a number
// that is just half the space away.
func wrap(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	port, first := uint16(tuplePort), uint32(0)
	see := func(p *wire.Packet) bool {
		if wire.IsSYN(p) {
			first = p.Seq + 1
		}
		return wire.IsSYN(p)
	}
	t.Drop(see)
	for left := uint32(0); left < tooNear || nearTop < left; left = -first {
		t.Rounds(1, func() scenario.Round {
			port++
			c := t.Host("a").Socket(scenario.From(port))
			c.StartConnect(l.At)
			t.Deliver()
			c.Reset()
			return scenario.Fold
		})
	}
	t.Watch(func(p *wire.Packet) { see(p) })
	client, server := l.Connect(scenario.From(port), scenario.Opt(journal.TCPNoDelay, 1))
	t.Transfer(client, server, int64(-first)-below)

	t.Hold(wire.HasData)
	client.Write("below, ")
	client.Write("across, ")
	t.Deliver()
	lower, across := t.FirstHeld("a"), t.HeldAt("a", 1)
	t.Carry(across)
	server.Recv()
	t.Release()
	server.Recv()
	client.Send("and beyond")
	server.Recv()
	t.Repeat(lower)
	server.Recv()
	far := lower.Packet
	far.Seq += uint32(len("below, across, and beyond")) + half
	t.Inject(far)
	server.Recv()
}

// crossing is a connection whose numbers crossed 2³², and the segment that did.
type crossing struct {
	*tcp.Conn
	across *tcp.Segment
	came   []*tcp.Segment // with data, from the first that is kept on
}

func crossings(v *tcp.View) []crossing {
	var all []crossing
	for _, conn := range v.Conns {
		data := tcp.Data(conn.Server.Arrived(0, 0))
		if across := tcp.First(tcp.Where(data, func(s *tcp.Segment) bool { return s.End() < s.Packet.Seq })); across != nil {
			all = append(all, crossing{conn, across, data})
		}
	}
	return all
}

// later lists what came, when the connection had crossed and everything was read, with a number that was not awaited.
func (x *crossing) later(is func(ahead uint32) bool) (some []*tcp.Segment) {
	for i, s := range x.came[1:] {
		ack := tcp.Last(tcp.With(x.Server.SentAll(0, s.N), packet.ACK))
		wasRead := len(x.Server.Reads(x.came[i].N, s.N)) > 0
		if ack != nil && wasRead && ack.Packet.Ack < half && is(s.Packet.Seq-ack.Packet.Ack) {
			some = append(some, s)
		}
	}
	return some
}

// old says whether a number lies before another, by less than half of all; opposite, by just that.
func old(ahead uint32) bool      { return ahead > half }
func opposite(ahead uint32) bool { return ahead == half }

var sn4 = claim.Claim{
	ID: "SN4", Statement: "numbers wrap, and before()/after() with signed difference handle it",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no connection's numbers crossed 2³²",
	Rule: claim.Each(crossings, func(c *claim.Case, x crossing) {
		c.About(x.Client)
		c.CiteSegments(x.came...)
		wrote, read := tcp.DataOf(x.Client.Writes(0, 0)), tcp.DataOf(x.Server.Reads(0, 0))
		c.Cite(x.Client.Writes(x.came[0].N, 0)...)
		c.Cite(x.Server.Reads(x.came[0].N, 0)...)
		c.Given(int64(len(wrote)) == tcp.Bytes(tcp.Data(x.Client.Sent(0, 0))), "something was sent that was not seen written")
		c.Given(len(read) >= len(wrote), "of %q %q was read", wrote, read)
		c.Expect(bytes.Equal(wrote, read), "%q was written, and read as %q", wrote, read)
		for _, way := range []func(uint32) bool{old, opposite} {
			some := x.later(way)
			c.Challenged(len(some) > 0, "nothing came again from below, or with a number half of all away")
			for _, s := range some {
				readThen(c, x.Server, s.N)
			}
		}
		p := x.across.Packet
		c.Holds("%d + %d bytes → %d; what came too early, again, or from half of all numbers away was ordered so: %q was read as it was written", p.Seq, p.Len, x.across.End(), read)
	}),
}

var sn5 = claim.Claim{
	ID: "SN5", Statement: "the 8-bit example: before(255, 1) is true",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "nothing from below 2³² came again beyond it",
	Rule: claim.Each(crossings, func(c *claim.Case, x crossing) {
		again := x.later(old)
		c.If(len(again) > 0)
		c.About(x.Client)
		c.CiteSegments(x.across, again[0])
		read := readThen(c, x.Server, again[0].N)
		c.Expect(read.Call.Result <= 0, "%d came again beyond 2³², and a read returned %s", again[0].Packet.Seq, claim.Returned(read))
		c.Given(read.Call.Errno == journal.EAGAIN, "a read returned %s", claim.Returned(read))
		big, small := uint8(255), uint8(1)
		c.Holds("255 − 1 is %d with its sign, computed; and so in 32 bits the kernel took %d for old, when it had acknowledged beyond 2³²", int8(big-small), again[0].Packet.Seq)
	}),
}
