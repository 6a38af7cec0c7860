package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// inexact: RSTs that the wire makes up, as an attacker would: with the very
// number that the receiver expects, with another inside its window, and with one
// outside.
func inexact(t *scenario.T) {
	for _, offset := range []uint32{0, 100, 1 << 30} {
		forgedOnce(t, offset)
	}
}

// forgedOnce makes up a RST for a connection of its own, which pretends to come from the
// client's end, its number so far beyond the next. Then the client's end goes on.
func forgedOnce(t *scenario.T, offset uint32) {
	sent := t.See(func(p *wire.Packet) bool { return p.From == "a" })
	client, server := t.Connection()
	t.Rule(nil)
	last := sent.Last
	if last == nil {
		t.Stop("host a has sent nothing: there is no segment to forge a RST after")
	}
	t.Inject(packet.Packet{Src: last.Src, Dst: last.Dst, Seq: last.Seq + offset, Flags: packet.RST})
	server.Recv()
	client.Send("still here?")
	server.Recv()
}

var lr16 = claim.Claim{
	ID: "LR16", Statement: "a RST that fits exactly draws no answer",
	Source: rfc9293 + " §3.10.7.4", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "its number is the one that the receiver expects next",
	Rule: claim.Each(resetsIn, func(c *claim.Case, r reset) {
		c.If(r.fit() == exact)
		c.Expect(len(r.answer) == 0, "%s answered with %s", r.ID, claim.Named(r.answer))
		c.Given(r.down != nil, "%s was not seen to take it", r.ID)
		c.Given(c.CallAfter(r.down.N) != nil, "the run ended before an answer could be seen")
		c.Absent()
		c.Holds("it ended the connection of %s, which sent nothing", r.ID)
	}),
}

var lr18 = claim.Claim{
	ID: "LR18", Statement: "any RST inside the window ends the connection",
	Source: "RFC 793 §3.4; RFC 5961 §3.2 differs", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "its number is inside the receiver's window, and is not the one expected",
	Rule: claim.Each(resetsIn, func(c *claim.Case, r reset) {
		c.If(r.fit() == inside)
		c.Given(r.read != nil, "%s was not asked to go on", r.ID)
		c.Cite(r.read)
		drew := "sent nothing"
		if len(r.answer) > 0 {
			drew = "answered with " + claim.Named(r.answer) + ", a challenge"
		}
		c.Expect(r.down != nil, "a RST %d beyond the number expected, in a window of %d, did not end %s: it %s, and read on: %s",
			r.beyond, r.window, r.ID, drew, claim.Returned(r.read))
		c.Holds("a RST %d beyond the number expected ended %s", r.beyond, r.ID)
	}),
}

// onlyExact is the phenomenon of inexact: of the RSTs that are made up the exact one ends the
// connection, one inside the window and one outside do not.
var onlyExact = claim.Phenomenon{
	Needs: claim.NeedsStates, Quantity: claim.Always, Precondition: "no RST was made up",
	Rule: claim.Each(forgeries, func(c *claim.Case, r reset) {
		c.Cite(r.read)
		c.ExpectSeen((r.down != nil) == (r.fit() == exact), "a RST %d beyond the number expected: the connection of %s ended: %t", r.beyond, r.ID, r.down != nil)
		c.ExpectSeen(r.fit() == exact || r.read != nil && r.read.Call.Result > 0, "after a RST %d beyond the number expected the connection of %s did not go on", r.beyond, r.ID)
		claim.GivenEach(c, forgeries(c.View), (*reset).fit, "of the RSTs made up none was %s", exact, inside, outside)
		c.Holds("the RST with the number expected ended the connection, those inside the window and outside did not")
	}),
}
