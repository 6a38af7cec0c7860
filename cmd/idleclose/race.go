package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/scenario"
)

// race: the server's idle close and the client's next request are under way at the same time.
// On the second connection the FIN is lost, and the RST comes first.
func race(t *scenario.T) {
	client, _ := crossing(t, "GET /1", "GET /2")
	t.Release()
	client.Recv()
	client.Close()
	client, _ = crossing(t, "GET /3", "GET /4")
	t.Discard(t.FirstHeld("b"), "lost")
	t.Release()
	client.Recv()
	client.Close()
}

// crossing lets the server close a connection that is kept alive, and the client write its next
// request before it can know. What the server's host sends is held.
func crossing(t *scenario.T, first, second string) (client, server *scenario.End) {
	client, server = keptAlive(t, first)
	idleClosed(t, server)
	client.Send(second)
	return client, server
}

var ru1 = claim.Claim{
	ID: "RU1", Statement: "a request written on a kept-alive connection while the server's idle FIN is under way is answered by RST; the client gets an error though the server never read it",
	Source: rfc9112 + ", " + field, Quantity: claim.Can, Needs: claim.NeedsPackets,
	Precondition: "no request was written while the server's FIN was under way",
	Rule: claim.Each(crossings, func(c *claim.Case, r request) {
		c.Given(r.arrived != nil, "the request of %s did not arrive", r.Client.ID)
		c.CiteSegments(r.rst)
		c.ExpectSeen(r.rst != nil, "no RST answered the request of %s", r.Client.ID)
		c.Expect(r.served == nil, "the server read the request of %s", r.Client.ID)
		c.Cite(r.end)
		c.ExpectSeen(r.end != nil, "no read of %s ended", r.Client.ID)
		c.Expect(r.reply == nil, "%s read a reply", r.Client.ID)
		c.Expect(r.end.Call.Errno != "", "the read of %s returned 0: its FIN came before the RST", r.Client.ID)
		c.Holds("%s wrote %q, a RST answered it, and read() failed with %s; the server had closed, and read nothing of it", r.Client.ID, r.text(), r.end.Call.Errno)
	}),
}
