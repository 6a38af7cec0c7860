package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// stall: a client writes a head and a body, and reads the reply: on a fresh connection, on one that
// has carried questions and answers, and in every way that is said to cure it.
func stall(t *scenario.T) {
	client, server := t.Connection()
	twice := func() {
		client.Write(head)
		client.Write(body)
	}
	request(t, client, server, twice)
	pingPong(t, client, server)
	request(t, client, server, twice)
	request(t, client, server, func() { client.Writev(head, body) })
	request(t, client, server, func() {
		client.SendMsg(head, journal.MSGMore)
		client.Write(body)
	})
	request(t, client, server, func() {
		client.Set(journal.TCPCork, 1)
		twice()
		client.Set(journal.TCPCork, 0)
	})
	for range 2 {
		server.Set(journal.TCPQuickAck, 1)
		request(t, client, server, twice)
	}
	pingPong(t, client, server)
	request(t, client, server, twice)
	client.Set(journal.TCPNoDelay, 1)
	request(t, client, server, twice)
}

var ng1 = claim.Claim{
	ID: "NG1", Statement: "write, write, read stalls for about 40 ms", Source: field, Quantity: claim.Always, Needs: needsQueues,
	Precondition: "nothing was written in two pieces without a cure",
	Rule: claim.Each(requests, func(c *claim.Case, r sent) {
		c.If(r.way == plain || r.way == firstOfAll)
		r.test(c)
		c.Expect(r.stalled(), "%s waited %s at most: its peer delays only after an answer", r.Client.ID, claim.Milliseconds(r.waited))
		c.Challenged(slices.ContainsFunc(requests(c.View), func(o sent) bool { return o.way == firstOfAll }), "nothing was written on a fresh connection")
		c.Holds("the second write of %s waited %s for the acknowledgement of the first", r.Client.ID, claim.Milliseconds(r.waited))
	}),
}

// cures tests the claims that something cures it: it is confirmed only where the same connection
// stalled without.
func cures(c *claim.Case, r sent) {
	r.test(c)
	c.Expect(!r.stalled(), "%s: the last segment of %s waited %s for an acknowledgement", r.way, r.Client.ID, claim.Milliseconds(r.waited))
	without := tcp.Where(requests(c.View), func(o sent) bool { return o.Conn == r.Conn && o.way == plain && o.stalled() })
	c.Challenged(len(without) > 0, "nothing stalled on the connection of %s without it", r.Client.ID)
	if len(without) > 0 {
		c.CiteSegments(without[0].released)
		c.Cite(without[0].looked)
	}
}

var ng2 = claim.Claim{
	ID: "NG2", Statement: "TCP_NODELAY cures it", Source: tcp7, Quantity: claim.Always, Needs: needsQueues,
	Precondition: "nothing was written in two pieces with TCP_NODELAY",
	Rule: claim.Each(requests, func(c *claim.Case, r sent) {
		c.If(r.way == noDelay)
		cures(c, r)
		c.Holds("%s: %d segments left %s within %s", r.way, len(r.data), r.Client.ID, claim.Milliseconds(r.waited))
	}),
}

var ng3 = claim.Claim{
	ID: "NG3", Statement: "one writev, MSG_MORE or TCP_CORK cures it", Source: tcp7, Quantity: claim.Always, Needs: needsQueues,
	Precondition: "nothing was sent by writev, with MSG_MORE or TCP_CORK",
	Rule: claim.Each(requests, func(c *claim.Case, r sent) {
		c.If(r.way == inOne || r.way == more || r.way == cork)
		cures(c, r)
		c.Holds("%s: the request left %s in %d segment within %s", r.way, r.Client.ID, len(r.data), claim.Milliseconds(r.waited))
	}),
}

var ng4 = claim.Claim{
	ID: "NG4", Statement: "TCP_QUICKACK at the receiver cures it, but has to be set again", Source: tcp7, Quantity: claim.Always, Needs: needsQueues,
	Precondition: "nothing was written in two pieces to a receiver that had set TCP_QUICKACK",
	Rule: claim.Each(requests, func(c *claim.Case, r sent) {
		c.If(r.way == quick || r.way == quickOnce)
		if r.way == quick {
			cures(c, r)
			c.Holds("%s set it before: the second write of %s left within %s", r.Server.ID, r.Client.ID, claim.Milliseconds(r.waited))
			return
		}
		c.If(r.answered >= settled)
		r.test(c)
		r.delays(c)
		c.Expect(r.stalled(), "%s had not set it again, and the second write of %s left within %s", r.Server.ID, r.Client.ID, claim.Milliseconds(r.waited))
		c.Holds("%s had not set it again, and the second write of %s waited %s", r.Server.ID, r.Client.ID, claim.Milliseconds(r.waited))
	}),
}

// stalls is the phenomenon.
var stalls = claim.Phenomenon{
	Needs: needsQueues, Quantity: claim.Can, Precondition: "nothing was written in two pieces on a connection that had carried an answer",
	Rule: claim.Each(requests, func(c *claim.Case, r sent) {
		c.If(r.way == plain)
		r.test(c)
		r.delays(c)
		c.ExpectSeen(r.stalled(), "the second write of %s left within %s", r.Client.ID, claim.Milliseconds(r.waited))
		c.Holds("%s's second write waited %s for the ACK of its first, which %s delayed", r.Client.ID, claim.Milliseconds(r.waited), r.Server.ID)
	}),
}
