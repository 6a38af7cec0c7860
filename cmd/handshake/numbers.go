package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// The lengths of what is written: one byte, the hundred of the worked example, and more than a
// segment holds.
const (
	oneByte = 1
	hundred = 100
	several = 3000
)

// numbers: what takes a sequence number, and what is acknowledged: a SYN, one byte, a hundred, more
// than a segment holds, a FIN behind data, and one alone.
func numbers(t *scenario.T) {
	client, server := t.Connection()
	for _, n := range []int{oneByte, hundred, several} {
		client.WriteBulk(n)
		t.Settle()
		server.ReadBulk(several)
	}
	t.AtOnce(func() {
		client.SendMsg("bye", journal.MSGMore)
		client.ShutdownWrite()
	})
	t.Settle()
	server.Recv()
	server.Close()
	t.Settle()
}

// acknowledged is a segment that came and takes numbers, and the answer that says which is awaited next.
type acknowledged struct{ came, ack *tcp.Segment }

// acknowledgeds lists them. Where several came before one was answered, the last counts.
func acknowledgeds(v *tcp.View) []acknowledged {
	var all []acknowledged
	leaves := journal.AtSent
	if !v.OnWire() {
		leaves = journal.AtDelivered
	}
	for _, conn := range v.Conns {
		came := map[journal.Address]*tcp.Segment{} // by where it came to
		for _, s := range conn.Segments {
			if x := came[s.Packet.Src]; x != nil && s.Has(packet.ACK) && s.Packet.At == leaves {
				all = append(all, acknowledged{x, s})
				delete(came, s.Packet.Src)
			}
			if s.Packet.At == journal.AtDelivered && s.Repeats == 0 && s.End() != s.Packet.Seq {
				came[s.Packet.Dst] = s
			}
		}
	}
	return all
}

var hs8 = claim.Claim{
	ID: "HS8", Statement: "acknowledgement number = the sender's sequence number + 1",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no data was acknowledged",
	Rule: claim.Each(acknowledgeds, func(c *claim.Case, x acknowledged) {
		c.If(x.came.Packet.Len > 0)
		c.CiteSegments(x.came, x.ack)
		c.Expect(x.ack.Packet.Ack == x.came.Packet.Seq+1, "%d bytes from %d on were acknowledged with %d: the number after the last byte", x.came.Packet.Len, x.came.Packet.Seq, x.ack.Packet.Ack)
		c.Challenged(x.came.Packet.Len > 1, "one byte was sent")
		c.Holds("%d was acknowledged with %d", x.came.Packet.Seq, x.ack.Packet.Ack)
	}),
}

// following is a segment with data, and the next that its sender sent.
type following struct{ data, next *tcp.Segment }

func followings(v *tcp.View) []following {
	var all []following
	for _, conn := range v.Conns {
		last := map[journal.Address]*tcp.Segment{}
		for _, s := range conn.FirstSent() {
			if x := last[s.Packet.Src]; x != nil && x.Packet.Len > 0 {
				all = append(all, following{x, s})
			}
			last[s.Packet.Src] = s
		}
	}
	return all
}

var sn6 = claim.Claim{
	ID: "SN6", Statement: "seq 300 with 100 bytes → next 400",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no segment with data, and without SYN and FIN, was followed by another",
	Rule: claim.Each(followings, func(c *claim.Case, x following) {
		c.If(!x.data.Packet.Flags.HasAny(packet.SYN | packet.FIN))
		c.CiteSegments(x.data, x.next)
		d, n := x.data.Packet, x.next.Packet
		c.Finds(n.Seq == d.Seq+uint32(d.Len), "seq %d with %d bytes → next %d", d.Seq, d.Len, n.Seq)
	}),
}

// isCounted is the phenomenon: what is acknowledged is the number of the segment, and its bytes, and
// one for SYN and FIN each.
var isCounted = claim.Phenomenon{
	Needs: claim.NeedsPackets, Quantity: claim.Always, Precondition: "nothing that takes a number was acknowledged",
	Rule: claim.Each(acknowledgeds, func(c *claim.Case, x acknowledged) {
		c.CiteSegments(x.came, x.ack)
		for _, f := range []packet.Flags{packet.SYN, packet.FIN} {
			c.Given(slices.ContainsFunc(acknowledgeds(c.View), func(y acknowledged) bool { return y.came.Has(f) }), "no %s was acknowledged", f)
		}
		p := x.came.Packet
		c.Expect(x.ack.Packet.Ack == x.came.End(), "%s, seq %d with %d bytes, was acknowledged with %d", named(x.came), p.Seq, p.Len, x.ack.Packet.Ack)
		c.Holds("each acknowledgement was the number + the bytes + 1 for SYN and FIN each: %s, seq %d with %d bytes → %d", named(x.came), p.Seq, p.Len, x.ack.Packet.Ack)
	}),
}
