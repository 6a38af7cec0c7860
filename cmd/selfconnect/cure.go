package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// goDial is the name under which net.Dial is journalled.
const goDial = "net.Dial"

// curedByHand expects that a client that compares its own address with its peer's after
// connecting, drops a self-connection and tries again gets the dead port's honest answer.
func curedByHand(c *claim.Case, s *tcp.Socket) {
	all := attempts(c.View)
	c.Given(len(all) > 0, "the journal does not show %s connecting", s.ID)
	retry := all[len(all)-1] // the client tries again until it is not itself
	closed := c.First(s.CallsOf(0, 0, "close"))
	c.Given(retry.Socket != s && closed != nil && closed.N < retry.connect.N, "the self-connection was dropped, but nothing was tried again")
	c.Cite(retry.connect)
	c.About(retry.Socket)
	again := c.All(proof(retry.Socket))
	c.Expect(again == nil, "the last retry, %s, connected to itself again", retry.ID)
	refusal := refusalOf(retry)
	c.Cite(refusal)
	c.Given(refusal != nil, "the retry, %s, was not refused by the dead port either", retry.ID)
}

// refusalOf is the call by which a client got ECONNREFUSED: connect() itself, or the reading
// of SO_ERROR after it. Nil: it did not.
func refusalOf(a connecting) *journal.Event {
	if a.connect.Call.Errno == "ECONNREFUSED" {
		return a.connect
	}
	for _, e := range a.CallsOf(a.connect.N, 0, "getsockopt") {
		if e.Call.Out == "ECONNREFUSED" {
			return e
		}
	}
	return nil
}

// firstSelf is the first socket that connected to itself.
func firstSelf(v *tcp.View) []*tcp.Socket { return selves(v)[:min(1, len(selves(v)))] }

// cured is the phenomenon: the cure by hand.
var cured = claim.Phenomenon{
	Needs: needsCalls, Precondition: "no socket connected to itself",
	Rule: claim.Each(firstSelf, func(c *claim.Case, s *tcp.Socket) {
		c.All(proof(s))
		curedByHand(c, s)
		c.Holds("the self-connection %s was known by its addresses and dropped, and the retry got the dead port's honest answer, ECONNREFUSED", s.ID)
	}),
}

var sc9 = claim.Claim{
	ID:        "SC9",
	Statement: "a client that compares local and remote address after connecting, disconnects and retries, is cured (Go's net package does)",
	Source:    article004, Quantity: claim.Always, Needs: needsPackets,
	Precondition: "the first attempt connects to itself, and the retry may choose another source port",
	Rule: claim.Each(firstSelf, func(c *claim.Case, s *tcp.Socket) {
		c.All(proof(s))
		curedByHand(c, s)
		dial := c.First(c.Calls(goDial))
		c.Given(dial != nil, "the client's own check cured it, but Go's %s was not tried", goDial)
		target := targetOf(dial)
		c.Expect(dial.Call.Errno != "" || dial.Call.Out != target+" → "+target, "the client's own check cured it, but Go's %s returned the self-connection %s", goDial, dial.Call.Out)
		accident := c.FirstSegment(ownSYNACKs(c.View, target))
		c.Given(accident != nil, "the client's own check cured it, but Go's first socket did not connect to itself: %s", claim.Returned(dial))
		c.Given(dial.Call.Errno == "ECONNREFUSED", "the client's own check cured it; Go's %s ended with %s", goDial, claim.Returned(dial))
		c.Holds("both retries got the dead port's honest answer, ECONNREFUSED, after a self-connection each: the client's own and Go's %s", goDial)
	}),
}

// ownSYNACKs are the SYN-ACKs that an address sent itself, delivered: what used it was
// connected to itself.
func ownSYNACKs(v *tcp.View, address string) []*tcp.Segment {
	var some []*tcp.Segment
	for _, s := range v.Segments(journal.AtDelivered) {
		if s.Packet.Src == address && s.Packet.Dst == address && s.Is(packet.SYN|packet.ACK) {
			some = append(some, s)
		}
	}
	return some
}
