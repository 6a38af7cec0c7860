package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// shutWrContrast: the peer only shuts down its write side, and one's writes go
// on arriving.
func shutWrContrast(t *scenario.T) {
	for _, end := range []ending{(*scenario.End).ShutdownWrite, (*scenario.End).Close} {
		client, server := t.Connection()
		end(server)
		client.Recv()
		for _, line := range []string{"first", "second", "third"} {
			client.SendMsg(line, journal.MSGNoSignal)
			server.Recv()
		}
	}
}

// ending is a call that ends a connection, or a direction of it.
type ending = func(*scenario.End) journal.Errno

// goOn expects that every send succeeded.
func goOn(c *claim.Case, t talker) {
	for _, e := range c.All(t.sends) {
		c.Expect(succeeded(e), "after %s by the peer a send of %s returned %s", t.Name(), e.Socket, claim.Returned(e))
	}
}

var lr10 = claim.Claim{
	ID: "LR10", Statement: "after shutdown(SHUT_WR) by the peer, the second send still succeeds",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsInfo,
	Precondition: "the peer's FIN has arrived",
	Rule: claim.Each(goingOn, func(c *claim.Case, t talker) {
		c.If(t.Name() == tcp.ShutWrite)
		c.Cite(t.before())
		goOn(c, t)
		c.Holds("%d sends of %s after the peer's SHUT_WR succeeded", len(t.sends), t.Peer().ID)
	}),
}

// atEnd is the read by which a talker had learnt that the peer had ended, before it sent; nil: none was.
func (t *talker) atEnd() *journal.Event {
	return tcp.First(tcp.Where(t.Peer().Reads(t.By.N, t.sends[0].N), tcp.IsEnd))
}

// afterEnd lists those that had read 0.
func afterEnd(v *tcp.View) []talker {
	return tcp.Where(talkers(v), func(t talker) bool { return t.atEnd() != nil })
}

var lr26 = claim.Claim{
	ID: "LR26", Statement: "recv 0 tells only that the peer ended: \"just send\" — the first send normally succeeds after either",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsInfo,
	Precondition: "read() returned 0 after the peer's close() or shutdown(SHUT_WR), and no RST has come",
	Rule: claim.Each(afterEnd, func(c *claim.Case, t talker) {
		first, who := t.sends[0], t.Peer()
		c.If(!resetBefore(who, 0, first.N) && who.Down(t.By.N, first.N) == nil)
		c.Cite(t.atEnd())
		c.Expect(succeeded(first), "%s read 0 after the peer's %s, and its first send returned %s", who.ID, t.Name(), claim.Returned(first))
		claim.ChallengedByEach(c, afterEnd(c.View), (*talker).Name, "none sent after a read that returned 0 for the peer's %s", tcp.Closed, tcp.ShutWrite)
		c.Holds("%s read 0 after the peer's %s, and its first send succeeded", who.ID, t.Name())
	}),
}

// contrast is the phenomenon of shut-wr-contrast: after the peer's shutdown(SHUT_WR) all that
// is sent is read; after its close() the second send fails with EPIPE.
var contrast = claim.Phenomenon{
	Needs: claim.NeedsInfo, Quantity: claim.Always, Precondition: "none sent twice after the peer had ended",
	Rule: claim.Each(goingOn, func(c *claim.Case, t talker) {
		c.Cite(t.before())
		if t.Name() == tcp.ShutWrite {
			goOn(c, t)
			got, sent := tcp.Moved(c.All(t.Who.Reads(t.By.N, 0))), tcp.Moved(t.sends)
			c.ExpectSeen(got == sent, "%d bytes were sent after the peer's SHUT_WR, and the peer read %d", sent, got)
		} else {
			first, second := c.Nth(t.sends, 0), c.Nth(t.sends, 1)
			c.Expect(first.Call.Errno == "" && second.Call.Errno == journal.EPIPE, "after the peer's close() the sends returned %s and %s", claim.Returned(first), claim.Returned(second))
		}
		claim.GivenEach(c, goingOn(c.View), (*talker).Name, "none sent twice after the peer's %s", tcp.ShutWrite, tcp.Closed)
		c.Holds("after the peer's SHUT_WR all that was sent was read; after its close() the second send failed with EPIPE")
	}),
}
