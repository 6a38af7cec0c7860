package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// lossy opens two connections: of the first one segment that matches is lost, of the
// second one of each host. The SYNs that are not lost cross all the same.
func lossy(match func(*wire.Packet) bool) func(*scenario.T) {
	of := func(host string) func(*wire.Packet) bool {
		return scenario.Once(func(p *wire.Packet) bool { return p.From == host && match(p) })
	}
	return func(t *scenario.T) {
		loseOpening(t, 0, of("a"))
		ofA, ofB := of("a"), of("b")
		loseOpening(t, 10, func(p *wire.Packet) bool { return ofA(p) || ofB(p) })
	}
}

// loseOpening opens a connection of which the wire loses what matches.
func loseOpening(t *scenario.T, offset uint16, lost func(*wire.Packet) bool) {
	a, b := clients(t, offset)
	t.Rule(func(p *wire.Packet) wire.Fate {
		switch {
		case lost(p):
			return wire.Drop
		case wire.IsSYN(p):
			return wire.Hold
		}
		return wire.Wait
	})
	a.call(b)
	b.call(a)
	t.Drop(lost)
	t.ReleaseHeld()
	t.Await(retransmission, func() bool { return open(a, b) })
	t.Settle()
}

// missed: the first SYN arrives before the other client connects, and is answered
// with RST; and the same the other way round.
func missed(t *scenario.T) {
	pa, pb := freePorts(t)
	a, b := clientsAt(t, pa, pb)
	a.Connect(b.at)
	a.Err()
	b.Connect(a.at)
	b.Err()
}

var so7 = claim.Claim{
	ID: "SO7", Statement: "a connection still results when one or both SYNs, or SYN-ACKs, are lost",
	Source: rfc9293, Quantity: claim.Always,
	Precondition: "one or both of the SYNs, or of the SYN-ACKs, are lost", Needs: needsAll,
	Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
		c.About(p.a, p.b)
		lost := c.AllSegments(tcp.With(p.lost(), packet.SYN))
		c.Given(len(lost) > 0, "nothing of the opening of %s and %s was lost", p.a.ID, p.b.ID)
		c.ExpectSeen(p.isOpen(), "%s and %s did not connect after %s was lost", p.a.ID, p.b.ID, claim.Named(lost))
		p.citeOpen(c)
		sent := tcp.With(append(p.a.SentAll(0, 0), p.b.SentAll(0, 0)...), packet.SYN)
		again := tcp.Where(sent, func(s *tcp.Segment) bool { return s.Repeats != 0 })
		c.Holds("without %s it became %s, with %d sent again", claim.Named(lost), p.handshake(), len(again))
	}),
}

// handshake names what the opening became: both ends pass SYN_RECV in a simultaneous one;
// in the ordinary one, with three segments, one does.
func (p pair) handshake() string {
	through := tcp.Where(p.ends(), func(s *tcp.Socket) bool { return len(s.Entered(journal.SynRecv)) > 0 })
	return [...]string{"neither end was seen in SYN_RECV", "an ordinary three-way handshake", "a simultaneous one"}[len(through)]
}

// refused expects that a pair whose SYNs did not cross was refused, each client in turn.
func refused(c *claim.Case, p pair) {
	c.Given(!p.cross(packet.SYN), "the SYNs crossed")
	if p.isOpen() {
		p.citeOpen(c)
		c.Expect(false, "%s and %s connected all the same", p.a.ID, p.b.ID)
	}
	for _, s := range p.ends() {
		connect := c.First(s.CallsOf(0, 0, "connect"))
		c.Answered(connect)
		if connect.Call.Errno == journal.ECONNREFUSED {
			continue
		}
		read := c.First(s.CallsOf(connect.N, 0, "getsockopt"))
		c.Given(read != nil && read.Call.Errno == "", "what became of the connect() of %s was not asked", s.ID)
		c.ExpectSeen(read.Call.Value().Errno() == journal.ECONNREFUSED, "%s was not refused with ECONNREFUSED", s.ID)
	}
}

const missing = "each SYN arrives while the other client is not calling"

// bothRefused is the phenomenon: the calls missed each other.
var bothRefused = claim.Phenomenon{
	Needs: claim.NeedsInfo, Precondition: "two clients did not both call",
	Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
		refused(c, p)
		c.Holds("both connects ended with ECONNREFUSED: each SYN met a socket that was not calling")
	}),
}

var so6 = claim.Claim{
	ID: "SO6", Statement: "if the SYNs do not cross in time the connect is refused with a RST",
	Source: claim.Article004, Quantity: claim.Always, Precondition: missing, Needs: needsAll,
	Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
		c.About(p.a, p.b)
		p.lostNothing(c)
		refused(c, p)
		for _, s := range p.ends() {
			rst := c.FirstSegment(tcp.With(s.Arrived(0, 0), packet.RST))
			c.ExpectSeen(rst != nil, "%s was refused, but no RST reached it", s.ID)
		}
		c.Holds("both connects ended with ECONNREFUSED, and each was answered with RST")
	}),
}
