package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

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

// toItself is the socket of a run that connected to its own address; nil: none did.
func toItself(v *tcp.View) *tcp.Socket {
	i := slices.IndexFunc(v.Sockets, func(s *tcp.Socket) bool {
		return s.Local != "" && s.Local == s.Remote && len(established(s)) > 0
	})
	if i < 0 {
		return nil
	}
	return v.Sockets[i]
}

var so8 = claim.Claim{
	ID: "SO8", Statement: "it goes through the same transitions, on the same segments, as self-connection",
	Source: article004, Quantity: claim.Always,
	Precondition: "a simultaneous open and a self-connection in one run", Needs: needsAll,
	Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
		simultaneously(c, p)
		self := toItself(c.View)
		c.Given(self != nil, "no socket connected to itself")
		c.About(self)
		want := transitions(c, self)
		for _, s := range []*tcp.Socket{p.a, p.b} {
			got := transitions(c, s)
			c.Expect(slices.Equal(got, want), "%s went %s, %s, connected to itself, went %s",
				s.ID, strings.Join(got, ", "), self.ID, strings.Join(want, ", "))
		}
		c.Holds("%s, %s and the self-connected %s all went %s", p.a.ID, p.b.ID, self.ID, strings.Join(want, ", "))
	}),
}

// throughFilters is the phenomenon of punch: what one side alone sends is dropped by the
// other's filter, and the simultaneous open gets through.
var throughFilters = claim.Phenomenon{
	Needs: needsAll, Precondition: "no two clients called each other",
	Rule: claim.Once(func(c *claim.Case) {
		both := pairs(c.View)
		for _, e := range c.Calls("connect")[:min(2, len(c.Calls("connect")))] {
			answered(c, e)
		}
		c.ExpectSeen(len(both) > 0 && both[0].isOpen(), "the simultaneous open did not get through")
		c.Given(len(both) == 1, "%d pairs called each other, not one", len(both))
		opened(c, both[0])
		dropped := map[string]bool{} // by the host whose ordinary connect it was
		for _, s := range c.Segments(journal.AtDropped) {
			if s.Is(packet.SYN) && !dropped[s.Host] {
				dropped[s.Host] = true
				c.CiteSegments(s)
			}
		}
		for _, s := range c.Sockets {
			if s != both[0].a && s != both[0].b {
				through := c.First(established(s))
				c.Expect(through == nil, "the ordinary connect of %s got through", s.ID)
			}
		}
		c.Given(dropped["a"] && dropped["b"], "an ordinary connect was not tried, or not dropped, in both directions")
		c.Holds("an ordinary connect was dropped by the other's filter both ways; %s and %s, calling each other, got through", both[0].a.ID, both[0].b.ID)
	}),
}

// clientBeatsListener is the phenomenon of listener: while a client on b calls, a's SYN goes
// to the client and not to the listener on the same port.
var clientBeatsListener = claim.Phenomenon{
	Needs: needsCalls,
	Rule: claim.Once(func(c *claim.Case) {
		calls := c.Calls("connect")
		for _, e := range calls[:min(2, len(calls))] {
			answered(c, e)
		}
		i := slices.IndexFunc(pairs(c.View), pair.isOpen)
		c.ExpectSeen(i >= 0, "the client beside the listener did not connect")
		p := pairs(c.View)[i]
		opened(c, p)
		accepts := c.Calls("accept4")
		c.Given(len(accepts) >= 2, "the listener was not asked twice")
		during, after := c.Nth(accepts, 0), c.Nth(accepts, 1)
		c.Expect(during.Call.Errno == "EAGAIN", "the listener got a connection while the client called")
		c.Given(after.Call.Errno == "", "the listener got nothing even when no client called: %s", after.Call.Errno)
		late := c.Last(calls)
		c.Holds("the SYN met the client that called, %s, and the listener on its port got nothing; when the client called later, the listener had the connection, and connect() ended with %s",
			p.b.ID, claim.Returned(late))
	}),
}
