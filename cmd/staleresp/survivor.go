package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// survivor: the client gives up and resets, and the RST is lost: the server's socket lives
// on. Its late reply arrives when the client has a new socket: connected from another port,
// and connecting from the same one.
func survivor(t *scenario.T) {
	s := serve(t)
	for _, port := range []uint16{fixedPort + 1, fixedPort} {
		c := &client{t: t, policy: reconnect, service: s}
		c.open()
		late := c.dieUnheard()
		if late == nil {
			return
		}
		old := c.server
		t.Hold(func(p *wire.Packet) bool { return port == fixedPort && p.Flags.Has(packet.SYN) })
		c.end = s.Start(scenario.From(port))
		t.Filter("b", "the late reply is let go")
		t.Carry(late)
		t.Settle()
		old.Look()
		t.Rule(nil)
		t.Release()
		c.accept()
		c.ask(users[1])
		c.reset()
	}
}

// dieUnheard asks, gives the request up with its reply on the wire, and resets the
// connection; the RST is lost. It returns the reply; nil: there was none.
func (c *client) dieUnheard() *wire.Packet {
	c.t.Rule(func(p *wire.Packet) wire.Fate {
		switch {
		case p.From == "b" && len(p.Payload) > 0:
			return wire.Hold
		case p.Flags.Has(packet.RST):
			return wire.Drop
		}
		return wire.Wait
	})
	c.askInVain()
	c.end.Reset()
	return c.keepOne()
}

var sr15 = claim.Claim{
	ID: "SR15", Statement: "a late reply that meets a new socket is dropped and an answer makes the peer close its socket",
	Source: claim.Article000, Quantity: claim.Always, Needs: needsStates,
	Precondition: "the server's old socket is still alive, and its late reply arrives when the client has a new socket",
	Rule: each(arrivedReplies, func(c *claim.Case, late stale) {
		at, dead := late.arrived.N, late.dead
		c.If(late.arrived.Packet.At == journal.AtDelivered && len(dead.Client.CallsOf(0, at, "close")) > 0)
		c.If(dead.Server != nil && len(dead.Server.CallsOf(0, at, "close")) == 0)
		alive := tcp.Last(tcp.Where(c.Conns, func(c *tcp.Conn) bool { return dead.Connect.N < c.Connect.N && c.Connect.N < at })) // from whatever port
		c.If(alive != nil)
		c.About(dead.Client, alive.Client)
		c.Cite(alive.Connect)
		c.CiteSegments(late.arrived)
		for _, x := range on(alive.Client, at, accountOf(c.View).all) {
			if x.reply == late.reply {
				cite(c, x)
				c.Expect(false, "%s read the late reply to %s", alive.Client.ID, late.reply)
			}
		}
		rst := c.FirstSegment(tcp.With(c.Answers(late.arrived), packet.RST))
		c.ExpectSeen(rst != nil, "no RST answered the late reply to %s", late.reply)
		closed := c.First(tcp.After(dead.Server.Entered(journal.Close, journal.TCPInfo), at))
		c.ExpectSeen(closed != nil, "the socket of the server, %s, outlived the answer", dead.Server.ID)
		c.Holds("the late reply to %s was dropped, and answered with RST, which ended %s", late.reply, dead.Server.ID)
	}),
}
