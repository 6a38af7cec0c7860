package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// quickack: an end that delays asks for prompt acknowledgements each time it has read, and then no
// more.
func quickack(t *scenario.T) {
	client, server := t.Connection()
	pingPong(t, client, server)
	client.Write("without")
	watch(t, client)
	server.Recv()
	pingPong(t, client, server)
	for range 3 {
		client.Write("with")
		t.Await(patience, unread(server, len("with")))
		server.Recv()
		server.Set(journal.TCPQuickAck, 1)
		t.Deliver()
		server.Write(reply)
		t.Await(patience, unread(client, len(reply)))
		client.Recv()
	}
	pingPong(t, client, server)
	client.Write("no more")
	watch(t, client)
	server.Recv()
}

// switchedOn lists the calls by which an end switched an option on, between two events.
func switchedOn(s *tcp.Socket, o journal.Option, after, before int) []*journal.Event {
	return tcp.Where(s.CallsOf(after, before, "setsockopt"), func(e *journal.Event) bool {
		return e.Call.Errno == "" && e.Call.Option() == o && e.Call.Value().On()
	})
}

// quickAcks are the calls by which an end asked for prompt acknowledgements.
func quickAcks(s *tcp.Socket, after, before int) []*journal.Event {
	return switchedOn(s, journal.TCPQuickAck, after, before)
}

var da3 = claim.Claim{
	ID: "DA3", Statement: "TCP_QUICKACK after each recv makes it prompt", Source: claim.Article000, Quantity: claim.Always, Needs: needsQueues,
	Precondition: "nothing was acknowledged after TCP_QUICKACK was set by an end that had read it",
	Rule: claim.Each(acks, func(c *claim.Case, a *ack) {
		read := tcp.First(a.to.Reads(a.last().N, a.sent.N))
		set := tcp.First(quickAcks(a.to, tcp.N(read), a.sent.N))
		c.If(read != nil && set != nil)
		c.Cite(read, set)
		c.Expect(a.pure(), "%s had set TCP_QUICKACK, and acknowledged only with what it sent", a.to.ID)
		c.Given(a.atMost < soon, "%s acknowledged after up to %s: nobody knows whether at once", a.to.ID, claim.Milliseconds(a.atMost))
		without := tcp.First(tcp.Where(acks(c.View), func(o *ack) bool {
			return o.to == a.to && o.delayed() && len(quickAcks(o.to, 0, o.sent.N)) == 0
		}))
		c.Challenged(without != nil, "%s delayed nothing without it", a.to.ID)
		without.Cite(c)
		c.Holds("%s read, set TCP_QUICKACK, and acknowledged within %s; without, %s", a.to.ID, claim.Milliseconds(a.atMost), without.when())
	}),
}

// hadSet asks that the end had set TCP_QUICKACK before the data came, and not again since; it returns
// the call.
func (a *ack) hadSet(c *claim.Case) *journal.Event {
	before := quickAcks(a.to, 0, a.came[0].N)
	c.If(a.pure() && len(before) > 0 && len(quickAcks(a.to, a.came[0].N, a.sent.N)) == 0)
	set := c.Last(before)
	a.decide(c)
	return set
}

var da4 = claim.Claim{
	ID: "DA4", Statement: "setting it once is enough", Source: claim.Article000 + " (implied)", Quantity: claim.Always, Needs: needsQueues,
	Precondition: "nothing came after TCP_QUICKACK had been set and something was acknowledged",
	Rule: claim.Each(acks, func(c *claim.Case, a *ack) {
		set := a.hadSet(c)
		c.Expect(!a.delayed(), "%s had set TCP_QUICKACK, answered since, and acknowledged what came then only %s: it has to be set again", a.to.ID, a.when())
		c.Challenged(len(a.to.Writes(set.N, a.came[0].N)) > 0 && promptly(a.to, a.came[0].N), "%s had answered nothing promptly since it set TCP_QUICKACK", a.to.ID)
		c.Holds("%s had set TCP_QUICKACK, and acknowledged what came later within %s", a.to.ID, claim.Milliseconds(a.atMost))
	}),
}

// notPermanent is the phenomenon: TCP_QUICKACK makes an acknowledgement prompt, and one that comes
// later is delayed again.
var notPermanent = claim.Phenomenon{
	Needs: needsQueues, Quantity: claim.Can, Precondition: da4.Precondition,
	Rule: claim.Each(acks, func(c *claim.Case, a *ack) {
		a.hadSet(c)
		c.Given(a.delayed() || promptly(a.to, a.came[0].N), "%s had not answered promptly before", a.to.ID)
		c.ExpectSeen(a.delayed(), "%s acknowledged within %s", a.to.ID, claim.Milliseconds(a.atMost))
		c.Holds("%s had set TCP_QUICKACK, and delayed again once it had answered: it acknowledged %s", a.to.ID, a.when())
	}),
}
