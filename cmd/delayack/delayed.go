package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// fullSegment is how much data a segment carries on the wire, whose packets have 1500 bytes, beside
// its headers with their timestamps.
func fullSegment(t *scenario.T) int {
	if t.Family() == journal.IPv6 {
		return 1428
	}
	return 1448
}

// delayed: data comes on a fresh connection, as a response, and to an end that has answered before;
// on the wire also two full segments, and one before another that is late.
func delayed(t *scenario.T) {
	client, server := t.Connection()
	client.Write("first")
	watch(t, client)
	server.Recv()
	pingPong(t, client, server)
	watch(t, server)
	client.Write("and nothing is answered")
	watch(t, client)
	server.Recv()
	if !t.OnWire() {
		return
	}
	client.WriteBulk(2 * fullSegment(t))
	watch(t, client)
	client.Set(journal.TCPNoDelay, 1)
	t.Hold(scenario.Once(wire.DataFrom("a")))
	client.Write("late")
	client.Write("early")
	watch(t, client)
	t.Release()
	watch(t, client)
}

var da1 = claim.Claim{
	ID: "DA1", Statement: "a receiver's ACK is not sent at once but delayed", Source: claim.Article002, Quantity: claim.Always, Needs: needsQueues,
	Precondition: "no data was acknowledged",
	Rule: claim.Each(acks, func(c *claim.Case, a *ack) {
		c.If(a.pure())
		a.decide(c)
		c.Expect(a.delayed(), "%s acknowledged within %s (%s): it delays for 40 ms or more, or not at all", a.to.ID, claim.Milliseconds(a.atMost), a.situation())
		c.Holds("%s acknowledged %s (%s), and had not when the sender's queue was read", a.to.ID, a.when(), a.situation())
	}),
}

var da2 = claim.Claim{
	ID: "DA2", Statement: "the ACK of a response may be delayed", Source: claim.Article000 + ", " + claim.Article004, Quantity: claim.Can, Needs: needsQueues,
	Precondition: "no response was acknowledged on its own",
	Rule: claim.Each(acks, func(c *claim.Case, a *ack) {
		c.If(a.pure() && a.to == a.Client && a.answers())
		a.decide(c)
		c.Expect(a.delayed(), "%s acknowledged the response within %s", a.to.ID, claim.Milliseconds(a.atMost))
		c.Holds("%s acknowledged the response %s, with nothing else to send", a.to.ID, a.when())
	}),
}

// both is the phenomenon: one acknowledgement was sent at once, and another waited.
var both = claim.Phenomenon{
	Needs: needsQueues, Quantity: claim.Always, Precondition: "no data was acknowledged",
	Rule: claim.Once(func(c *claim.Case) {
		all := acks(c.View)
		pure := tcp.Where(all, (*ack).pure)
		prompt := tcp.Where(pure, (*ack).prompt)
		waited, once := tcp.First(tcp.Where(pure, (*ack).delayed)), tcp.First(prompt)
		answered := slices.ContainsFunc(all, func(a *ack) bool { return promptly(a.to, a.came[0].N) })
		vague := slices.ContainsFunc(pure, func(a *ack) bool { return !a.delayed() && !a.prompt() })
		unsure := slices.ContainsFunc(prompt, func(a *ack) bool { return a.atMost >= atOnce })
		c.Given(waited != nil || answered, "neither end answered promptly")
		c.Given(waited != nil || once != nil, "no data was acknowledged, or nobody knows when")
		for _, a := range []*ack{once, waited} {
			if a != nil {
				a.Cite(c)
			}
		}
		c.Given(once != nil && waited != nil || !vague, "of some nobody knows whether they waited")
		c.Given(waited != nil || !unsure, noneWaited)
		c.ExpectSeen(once != nil && waited != nil, "every acknowledgement waited, or none did")
		c.Holds("%s acknowledged within %s (%s), and %s only %s (%s)", once.to.ID, claim.Milliseconds(once.atMost), once.situation(), waited.to.ID, waited.when(), waited.situation())
	}),
}

// compareSituations is the table of when data was acknowledged.
func compareSituations(v *tcp.View) *claim.Comparison {
	t := &claim.Comparison{Title: "When data is acknowledged", Ways: []string{fresh, pingpong, response, full, outOf}}
	cells := make([]claim.Cell, len(t.Ways))
	for _, a := range acks(v) {
		i := slices.Index(t.Ways, a.situation())
		if a.pure() && (a.delayed() || a.prompt() && cells[i].Text == "") {
			cells[i] = claim.Told(a.when(), a.last().Event, a.sent.Event, a.looked)
		}
	}
	t.Rows = []claim.Compared{{What: "the ACK", Cells: cells}}
	return t
}

// isAck matches what a host acknowledges with nothing else.
func isAck(host string) func(p *wire.Packet) bool {
	return func(p *wire.Packet) bool {
		return p.From == host && len(p.Payload) == 0 && p.Flags == packet.ACK
	}
}
