package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// portSelf is where a socket connects to itself, for comparison.
const portSelf = 5003

// samePath: a simultaneous open, then on the same host a socket connected to
// itself, so that their transitions can be laid beside each other.
func samePath(t *scenario.T) {
	a, b := clients(t, 0)
	callEachOther(t, a, b)
	self := newClient(t.Host("a"), portSelf)
	self.Connect(self.at)
}

// listener: the same two clients when b also listens on the port it connects from.
// First the SYNs cross; then, on other ports, a's SYN arrives before b connects.
func listener(t *scenario.T) {
	a, b, server := withListener(t, 0)
	callEachOther(t, a, b)
	server.Accept() // there is nothing to accept, if the client won

	a, b, server = withListener(t, 10)
	a.Connect(b.at)
	server.Accept()
	b.Connect(a.at)
}

// backlog is the queue of a listener to which one client connects.
const backlog = 8

// withListener makes two clients, and a listener on b's port beside b's.
// SO_REUSEPORT lets both have it.
func withListener(t *scenario.T, offset uint16) (a, b client, server *scenario.Listener) {
	a = newClient(t.Host("a"), portA+offset)
	shared := scenario.Opt(journal.SOReusePort, 1)
	s := newClient(t.Host("b"), portB+offset, shared)
	b = newClient(t.Host("b"), portB+offset, shared)
	return a, b, s.Listen(backlog)
}

// transitions are a socket's up to ESTABLISHED as TCP_INFO saw them, each with what caused it.
func transitions(c *claim.Case, s *tcp.Socket) []string {
	var all []string
	for _, e := range s.States(journal.TCPInfo) {
		if e.State.From == "" {
			continue
		}
		c.Cite(e)
		on := "nothing"
		switch cause := c.Cause(e); {
		case cause == nil:
		case cause.Packet != nil:
			on = claim.Named([]*tcp.Segment{c.Segment(cause)})
		default:
			on = cause.Call.Op
		}
		all = append(all, e.State.To+" on "+on)
		if e.State.To == journal.Established {
			break
		}
	}
	return all
}

// toItself says whether a socket connected to its own address.
func toItself(s *tcp.Socket) bool {
	return s.Local != "" && s.Local == s.Remote && len(established(s)) > 0
}

var so8 = claim.Claim{
	ID: "SO8", Statement: "it goes through the same transitions, on the same segments, as self-connection",
	Source: claim.Article004, Quantity: claim.Always,
	Precondition: "a simultaneous open and a self-connection in one run", Needs: needsAll,
	Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
		simultaneously(c, p)
		self := tcp.First(tcp.Where(c.Sockets, toItself))
		c.Given(self != nil, "no socket connected to itself")
		c.About(self)
		want := transitions(c, self)
		for _, s := range p.ends() {
			got := transitions(c, s)
			c.Expect(slices.Equal(got, want), "%s went %s, %s, connected to itself, went %s",
				s.ID, strings.Join(got, ", "), self.ID, strings.Join(want, ", "))
		}
		c.Holds("%s, %s and the self-connected %s all went %s", p.a.ID, p.b.ID, self.ID, strings.Join(want, ", "))
	}),
}

// clientBeatsListener is the phenomenon of listener: while a client on b calls, a's SYN goes
// to the client and not to the listener on the same port.
var clientBeatsListener = claim.Phenomenon{
	Needs: claim.NeedsInfo,
	Rule: claim.Once(func(c *claim.Case) {
		calls := c.Calls("connect")
		for _, e := range calls[:min(2, len(calls))] {
			c.Answered(e)
		}
		met := metPairs(c.View)
		c.ExpectSeen(len(met) > 0, "the client beside the listener did not connect")
		p := met[0]
		opened(c, p)
		accepts := c.Calls("accept4")
		c.Given(len(accepts) >= 2, "the listener was not asked twice")
		during, after := c.Nth(accepts, 0), c.Nth(accepts, 1)
		c.Expect(during.Call.Errno == journal.EAGAIN, "the listener got a connection while the client called")
		c.Given(after.Call.Errno == "", "the listener got nothing even when no client called: %s", after.Call.Errno)
		late := c.Last(calls)
		c.Holds("the SYN met the client that called, %s, and the listener on its port got nothing; when the client called later, the listener had the connection, and connect() ended with %s",
			p.b.ID, claim.Returned(late))
	}),
}
