package main

import (
	"bytes"
	"encoding/binary"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// Where a TCP segment has its window, and where its data begins behind a header with timestamps.
const (
	windowAt = 14
	dataAt   = 32
)

// checksum: a segment comes with one bit of its data changed, with two that stand in the same place of two
// words, and with one of its header.
func checksum(t *scenario.T) {
	client, server := t.Connection()
	for _, change := range []func(s []byte){
		func(s []byte) { s[dataAt] ^= 1 },
		func(s []byte) { s[dataAt] ^= 2; s[dataAt+2] ^= 2 },
		func(s []byte) { s[windowAt] ^= 1 },
	} {
		t.Hold(scenario.Once(wire.HasData))
		client.Write("as it was written")
		t.Deliver()
		t.Damage(t.FirstHeld("a"), change)
		server.Recv()
		t.Rule(nil)
		t.Await(patience, server.Readable)
		server.Recv()
	}
}

// damaged is a segment that came with other bytes than it had left with.
type damaged struct {
	left, came *tcp.Segment
	at         *tcp.Socket
}

// damages lists them, where both were kept.
func damages(v *tcp.View) []damaged {
	var all []damaged
	for _, s := range v.Sockets {
		for _, came := range s.Arrived(0, 0) {
			left := tcp.First(tcp.Where(s.Lost(0, came.N), func(x *tcp.Segment) bool { return x.Packet.Seq == came.Packet.Seq }))
			if came.Damaged && left != nil && left.Bytes() != nil {
				all = append(all, damaged{left, came, s})
			}
		}
	}
	return all
}

// read is what was read then.
func (x *damaged) read(c *claim.Case) *journal.Event {
	c.About(x.at)
	c.CiteSegments(x.left, x.came)
	return readThen(c, x.at, x.came.N)
}

// part is where the other bytes are.
func (x *damaged) part() string {
	if bytes.Equal(x.left.Payload, x.came.Payload) {
		return "header"
	}
	return "data"
}

// parity is what a parity check of the segment would have: of each of 16 bits, whether it is set in an odd
// number of words.
func parity(s *tcp.Segment) (p uint16) {
	for b := s.Bytes(); len(b) > 1; b = b[2:] {
		p ^= binary.BigEndian.Uint16(b)
	}
	return p
}

var hd8 = claim.Claim{
	ID: "HD8", Statement: "the checksum is a parity check",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no segment came damaged",
	Rule: claim.Each(damages, func(c *claim.Case, x damaged) {
		read := x.read(c)
		same := parity(x.left) == parity(x.came)
		c.Given(same || read.Call.Errno == journal.EAGAIN, "it was read")
		c.Expect(!same || read.Call.Errno == "", "two bits were changed in the same place of two words, which no parity check sees, and the segment was not taken: the checksum is a sum")
		c.Challenged(slices.ContainsFunc(damages(c.View), func(y damaged) bool { return parity(y.left) == parity(y.came) }), "none came whose parity was right")
		c.Holds("it was taken just where its parity was right")
	}),
}

// wrong is the counter of what came with a wrong checksum (tcp_rcv_established, tcp_v4_rcv).
const wrong = "InCsumErrors"

var hd9 = claim.Claim{
	ID: "HD9", Statement: "the checksum is over header and data, by the sender, and is checked by the receiver",
	Source: claim.Article002, Quantity: claim.Always, Needs: append(slices.Clone(claim.NeedsPackets), journal.Counters), Precondition: "no segment came damaged",
	Rule: claim.Each(damages, func(c *claim.Case, x damaged) {
		read := x.read(c)
		for _, s := range c.FirstSent() {
			h, ok := s.Header()
			c.Given(ok, "a segment was not kept")
			c.Expect(h.Checksum, "%s left with a wrong checksum", named(s))
		}
		c.Expect(read.Call.Errno == journal.EAGAIN, "it came damaged, and a read returned %s", claim.Returned(read))
		counted, events := c.Counted(x.at.Host, wrong)
		c.Cite(events...)
		c.Given(counted >= int64(len(damages(c.View))), "%d of %d damaged segments were counted", counted, len(damages(c.View)))
		part, missing := claim.Missing(damages(c.View), (*damaged).part, "data", "header")
		c.Challenged(!missing, "none came with another %s", part)
		c.Holds("one bit or two of header or data were changed, and the segment was not taken: %s +%d", wrong, counted)
	}),
}
