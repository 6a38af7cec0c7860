package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
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

// talker is an end that sent again and again after the other had ended, and whose FIN had
// come: it was in CLOSE_WAIT.
type talker struct {
	tcp.Ending
	waits *journal.Event
	sends []*journal.Event
}

func talkers(v *tcp.View) []talker {
	var all []talker
	for _, e := range v.Endings() {
		sends := e.Peer().Writes(e.By.N, 0)
		if len(sends) < 2 {
			continue
		}
		if at := e.Peer().StateBefore(sends[0].N); at != nil && at.State.To == journal.CloseWait {
			all = append(all, talker{e, at, sends})
		}
	}
	return all
}

// eachTalker tests those to whom the other end had ended by one of these calls.
func eachTalker(test func(c *claim.Case, t talker), endings ...string) claim.Rule {
	return claim.Each(talkers, func(c *claim.Case, t talker) {
		c.If(slices.Contains(endings, t.Name()))
		c.About(t.Who)
		c.Cite(t.By, t.waits)
		test(c, t)
	})
}

// goOn expects that every send succeeded.
func goOn(c *claim.Case, t talker) {
	for _, e := range c.All(t.sends) {
		c.Expect(e.Call.Errno == "" && e.Call.Signal == "", "after %s by the peer a send of %s returned %s", t.Name(), e.Socket, claim.Returned(e))
	}
}

var lr10 = claim.Claim{
	ID: "LR10", Statement: "after shutdown(SHUT_WR) by the peer, the second send still succeeds",
	Source: claim.Article004, Quantity: claim.Always, Needs: needsEnds,
	Precondition: "the peer's FIN has arrived",
	Rule: eachTalker(func(c *claim.Case, t talker) {
		goOn(c, t)
		c.Holds("%d sends of %s after the peer's SHUT_WR succeeded", len(t.sends), t.Peer().ID)
	}, tcp.ShutWrite),
}

// afterEnd is a first send after a read that returned 0.
type afterEnd struct {
	tcp.Ending
	read, send *journal.Event
}

func sendsAfterEnd(v *tcp.View) []afterEnd {
	var all []afterEnd
	for _, e := range v.Endings() {
		read := tcp.First(tcp.Where(e.Peer().Reads(e.By.N, 0), tcp.IsEnd))
		send := tcp.First(e.Peer().Writes(e.By.N, 0))
		if read != nil && send != nil && read.N < send.N && (e.Name() == tcp.Closed || e.Name() == tcp.ShutWrite) {
			all = append(all, afterEnd{e, read, send})
		}
	}
	return all
}

var lr26 = claim.Claim{
	ID: "LR26", Statement: "recv 0 tells only that the peer ended: \"just send\" — the first send normally succeeds after either",
	Source: claim.Article004, Quantity: claim.Always, Needs: needsEnds,
	Precondition: "read() returned 0 after the peer's close() or shutdown(SHUT_WR), and no RST has come",
	Rule: claim.Each(sendsAfterEnd, func(c *claim.Case, x afterEnd) {
		c.If(len(tcp.With(x.Peer().Arrived(0, x.send.N), packet.RST)) == 0 && x.Peer().Down(x.By.N, x.send.N) == nil)
		c.About(x.Who)
		c.Cite(x.By, x.read, x.send)
		c.Expect(x.send.Call.Errno == "" && x.send.Call.Signal == "", "%s read 0 after the peer's %s, and its first send returned %s", x.Peer().ID, x.Name(), claim.Returned(x.send))
		name, missing := claim.Missing(sendsAfterEnd(c.View), (*afterEnd).Name, tcp.Closed, tcp.ShutWrite)
		c.Challenged(!missing, "none sent after a read that returned 0 for the peer's %s", name)
		c.Holds("%s read 0 after the peer's %s, and its first send succeeded", x.Peer().ID, x.Name())
	}),
}

// contrast is the phenomenon of shut-wr-contrast: after the peer's shutdown(SHUT_WR) all that
// is sent is read; after its close() the second send fails with EPIPE.
var contrast = claim.Phenomenon{
	Needs: needsEnds, Quantity: claim.Always, Precondition: "none sent twice after the peer had ended",
	Rule: eachTalker(func(c *claim.Case, t talker) {
		if t.Name() == tcp.ShutWrite {
			goOn(c, t)
			got, sent := tcp.Moved(c.All(t.Who.Reads(t.By.N, 0))), tcp.Moved(t.sends)
			c.ExpectSeen(got == sent, "%d bytes were sent after the peer's SHUT_WR, and the peer read %d", sent, got)
		} else {
			first, second := c.Nth(t.sends, 0), c.Nth(t.sends, 1)
			c.Expect(first.Call.Errno == "" && second.Call.Errno == journal.EPIPE, "after the peer's close() the sends returned %s and %s", claim.Returned(first), claim.Returned(second))
		}
		name, missing := claim.Missing(talkers(c.View), (*talker).Name, tcp.ShutWrite, tcp.Closed)
		c.Given(!missing, "none sent twice after the peer's %s", name)
		c.Holds("after the peer's SHUT_WR all that was sent was read; after its close() the second send failed with EPIPE")
	}, tcp.ShutWrite, tcp.Closed),
}
