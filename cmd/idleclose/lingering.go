package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// lingering: the server ends its own direction and reads on until the client has ended the other,
// then closes.
func lingering(t *scenario.T) {
	client, server := keptAlive(t, "GET /1")
	t.Hold(wire.From("b"))
	server.ShutdownWrite()
	client.Send("GET /2")
	server.Recv() // and does not answer: it has said that it sends no more
	t.Release()
	client.Recv()
	client.Close()
	server.Recv()
	server.Close()
}

var ru6 = claim.Claim{
	ID: "RU6", Statement: "a server that half-closes and reads on for a while before it closes draws no RST",
	Source: rfc9112b, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "no server half-closed while a request was under way, and read on",
	Rule: claim.Each(crossings, func(c *claim.Case, r request) {
		c.If(r.close != nil && r.close.Call.Op == "shutdown")
		c.Given(r.arrived != nil, "the request of %s did not arrive", r.Client.ID)
		closed := tcp.First(r.Server.CallsOf(0, 0, "close"))
		c.Given(closed != nil, "the server was not seen to close")
		ended := slices.ContainsFunc(c.All(r.Server.Reads(r.close.N, closed.N)), tcp.IsEnd)
		c.Given(ended, "the server closed before it had read the client's end")
		rst := c.AllSegments(tcp.With(r.Server.SentAll(0, 0), packet.RST))
		c.Expect(len(rst) == 0, "the server's host sent a RST")
		c.Absent()
		c.Cite(r.served, r.end, closed)
		c.Given(r.served != nil && r.end != nil, "the request was not read, or the client's read did not end")
		c.Holds("the request was read, and not answered; the client's read returned %s; no RST was sent", claim.Returned(r.end))
	}),
}
