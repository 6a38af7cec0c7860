package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// heldFIN: the FIN of a shutdown is held on the wire, then its acknowledgement: what the
// caller can do meanwhile, and in which state it is.
func heldFIN(t *scenario.T) {
	client, server := t.Connection()
	t.Hold(func(p *wire.Packet) bool { return p.Flags.Has(packet.FIN) && p.From == "a" })
	client.ShutdownWrite()
	client.Write("after the shutdown")
	t.Hold(func(p *wire.Packet) bool { return p.From == "b" })
	t.ReleaseHeld()
	client.Look()
	server.Recv()
	t.Release()
	client.Look()
	server.Close()
	client.Recv()
	client.Close()
}

var hc39 = claim.Claim{
	ID: "HC39", Statement: "own write channel closes when the FIN is acknowledged",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "the caller of shutdown(SHUT_WR) writes again",
	Rule: claim.AfterEnding(tcp.ShutWrite, func(c *claim.Case, e tcp.Ending) {
		write := c.First(e.Who.Writes(e.By.N, 0))
		c.If(write != nil)
		acked := ackOfFIN(c, e.Who, e.By.N)
		before := acked == nil || write.N < acked.N
		c.Expect(write.Call.Errno != journal.EPIPE || !before, "%s wrote before its FIN was acknowledged, and the write failed with EPIPE", e.Who.ID)
		c.Given(before, "%s wrote only after its FIN had been acknowledged", e.Who.ID)
		c.Given(write.Call.Errno == "", "the write returned %s", claim.Returned(write))
		c.Holds("%s could still write before its FIN was acknowledged", e.Who.ID)
	}),
}

// ackOfFIN takes the FIN that a socket sent after an event, and the first segment that came to
// it and acknowledges that; nil: none did.
func ackOfFIN(c *claim.Case, s *tcp.Socket, after int) *tcp.Segment {
	fin := c.FirstSegment(tcp.With(s.Sent(after, 0), packet.FIN))
	c.Given(fin != nil, "no FIN of %s was seen", s.ID)
	return c.FirstSegment(acksOf(fin, tcp.With(s.Arrived(0, 0), packet.ACK)))
}

var hc40 = claim.Claim{
	ID: "HC40", Statement: "FIN_WAIT1 is hard to see, since ACKs come at once",
	Source: claim.Article001 + "; " + claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "an end sends a FIN, and its acknowledgement is held up",
	Rule: claim.Each(tcp.SeenIn(journal.FinWait1), func(c *claim.Case, s *tcp.Socket) {
		samples := c.All(s.Samples(journal.FinWait1, 0, 0))
		stay := c.Stay(s, journal.FinWait1, journal.SockDiag)
		acked := ackOfFIN(c, s, 0)
		c.Given(acked != nil && stay.Ended(), "no acknowledgement of the FIN of %s was seen", s.ID)
		c.Expect(len(samples) == 0, "%s was read in FIN_WAIT1 %d times before the ACK of its FIN came", s.ID, len(samples))
		c.Challenged(len(samples) > 0, "the acknowledgement of the FIN of %s was not held up", s.ID)
	}),
}

// stillWaiting is the phenomenon: the write fails though the FIN is still under way, and
// FIN_WAIT1 lasts as long as its acknowledgement is.
var stillWaiting = claim.Phenomenon{
	Needs: claim.NeedsStates, Precondition: "no caller of shutdown(SHUT_WR) wrote again",
	Rule: claim.AfterEnding(tcp.ShutWrite, func(c *claim.Case, e tcp.Ending) {
		write := c.GivenFirst(e.Who.Writes(e.By.N, 0), "%s did not write again", e.Who.ID)
		acked := ackOfFIN(c, e.Who, e.By.N)
		c.ExpectSeen(write.Call.Errno == journal.EPIPE, "the write after shutdown(SHUT_WR) returned %s", claim.Returned(write))
		c.ExpectSeen(acked != nil && write.N < acked.N, "the FIN was acknowledged before %s wrote", e.Who.ID)
		sample := c.First(e.Who.Samples(journal.FinWait1, 0, acked.N))
		c.ExpectSeen(sample != nil, "%s was not seen in FIN_WAIT1 while the acknowledgement was held", e.Who.ID)
		c.Holds("the write failed with EPIPE before the FIN was acknowledged; until then %s was in FIN_WAIT1", e.Who.ID)
	}),
}
