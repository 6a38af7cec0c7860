package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// whoFirst: the third segment is held, and the sockets of both ends are looked at before it comes
// and after. A second connection is opened without delay.
func whoFirst(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	t.Hold(isThird)
	client := l.Dial()
	l.Queued(client)
	t.Host("b").List(journal.SynRecv)
	t.Release()
	t.Host("b").List(journal.SynRecv)
	l.AcceptFrom(client)
	l.Dial()
	t.Host("b").List(journal.SynRecv)
}

// held asks that the third segment was under way while other things happened.
func (x *opening) held(c *claim.Case) (until int) {
	c.If(x.entry != nil)
	came := x.arrived(x.third)
	c.Given(came != nil, "the third segment did not arrive")
	c.Cite(came)
	looks := c.All(x.entry.States(journal.SockDiag))
	c.If(slices.ContainsFunc(looks, func(e *journal.Event) bool { return e.N > x.third.N && e.N < came.N }))
	return came.N
}

var hs10 = opened("HS10", "server “enters SYN_RECV” on the SYN", claim.Article000+"; "+claim.Article003, func(c *claim.Case, x opening) {
	until := x.held(c)
	state := c.StateAt(x.entry, journal.SockDiag, until-1)
	c.Expect(state == journal.SynRecv, "the server's end was in %s", state)
	c.Holds("the entry of %s was in SYN_RECV; the listener stayed in LISTEN", x.Client.ID)
})

var hs11 = opened("HS11", "when the 3rd has been sent, client and server are ESTABLISHED", claim.Article000+"; "+claim.Article003, func(c *claim.Case, x opening) {
	until := x.held(c)
	client := c.StateAt(x.Client, journal.TCPInfo, until-1)
	server := c.StateAt(x.entry, journal.SockDiag, until-1)
	c.Finds(client == journal.Established && server == journal.Established, "the third had left, the client was in %s, and the server's end in %s", client, server)
})

var hs12 = opened("HS12", "on the client's ACK the server goes SYN_RECV → ESTABLISHED", claim.Article000+"; "+claim.Article001+"; "+claim.Article003, func(c *claim.Case, x opening) {
	x.held(c)
	c.Follows(x.entry, journal.SockDiag, claim.Transition{From: journal.SynRecv, To: journal.Established, On: packet.ACK})
	c.Holds("%s went to ESTABLISHED when the ACK came", x.entry.ID)
})

var hs25 = opened("HS25", "connect() returns on SYN+ACK; the stack, not the caller, sends the last ACK", claim.Article000, func(c *claim.Case, x opening) {
	c.Given(c.OnWire(), "on %s all of it passes inside one call", c.Journal.Network)
	came := x.arrived(x.synAck)
	c.Given(came != nil, "the SYN-ACK did not arrive")
	c.Cite(came)
	up := c.First(x.Client.Entered(journal.Established, journal.TCPInfo))
	c.ExpectSeen(up != nil, "%s was never ESTABLISHED", x.Client.ID)
	calls := c.All(tcp.Where(x.Client.Calls, func(e *journal.Event) bool { return came.N < e.N && e.N < x.third.N }))
	c.Expect(len(calls) == 0, "the program had called %d times before the last ACK left", len(calls))
	c.Holds("%s was ESTABLISHED, and its last ACK left, with no call of the program between", x.Client.ID)
})

var hs14 = claim.Claim{
	ID: "HS14", Statement: "SYN_RCVD is hardly ever seen with netstat unless the last ACK is withheld",
	Source: claim.Article001, Quantity: claim.Can, Needs: claim.NeedsStates, Precondition: "half-open connections were not listed",
	Rule: claim.Once(func(c *claim.Case) {
		listed := c.All(c.Tables("", journal.SynRecv))
		c.Given(len(listed) > 0, "they were not listed")
		with := tcp.Where(listed, func(e *journal.Event) bool { return len(e.Table.Sockets) > 0 })
		for _, e := range with {
			underWay := slices.ContainsFunc(completes(c.View), func(x opening) bool {
				came := x.arrived(x.third)
				return x.third.N < e.N && (came == nil || came.N > e.N)
			})
			c.Expect(underWay, "one was listed though no ACK was withheld")
		}
		c.If(len(with) > 0 && len(with) < len(listed))
		c.Holds("one was listed while the last ACK was withheld, and none in the other %d listings", len(listed)-len(with))
	}),
}

// isFirst is the phenomenon: the client is ESTABLISHED before the server.
var isFirst = claim.Phenomenon{
	Needs: claim.NeedsStates, Precondition: "the third segment was not held",
	Rule: claim.Each(completes, func(c *claim.Case, x opening) {
		until := x.held(c)
		client := c.StateAt(x.Client, journal.TCPInfo, until-1)
		server := c.StateAt(x.entry, journal.SockDiag, until-1)
		c.Expect(client == journal.Established && server == journal.SynRecv, "the client was in %s, the server's end in %s", client, server)
		c.Holds("the third segment had left: %s was ESTABLISHED, and its server's end in SYN_RECV", x.Client.ID)
	}),
}
