package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// needsPackets are the witnesses of calls, states and packets.
var needsPackets = []journal.Witness{journal.Calls, journal.TCPInfo, journal.Packets}

// proof is what shows that a socket is connected to itself: a witness saw it ESTABLISHED,
// and its own address is its peer's by getsockname and getpeername. Nil: it is not.
func proof(s *tcp.Socket) []*journal.Event {
	established := s.Entered(journal.Established)
	own, peer := tcp.Last(s.CallsOf(0, 0, "getsockname")), tcp.Last(s.CallsOf(0, 0, "getpeername"))
	if len(established) == 0 || !names(own) || !names(peer) || own.Call.Out != peer.Call.Out {
		return nil
	}
	return append(slices.Clone(established), own, peer)
}

// names says whether a call returned an address.
func names(e *journal.Event) bool { return e != nil && e.Call.Errno == "" && e.Call.Out != "" }

// selves are the sockets that connected to themselves, in order.
func selves(v *tcp.View) []*tcp.Socket {
	return tcp.Where(v.Sockets, func(s *tcp.Socket) bool { return proof(s) != nil })
}

// eachSelf tests every socket that connected to itself.
func eachSelf(test func(c *claim.Case, s *tcp.Socket)) claim.Rule {
	return claim.Each(selves, func(c *claim.Case, s *tcp.Socket) {
		c.About(s)
		c.All(proof(s))
		test(c, s)
	})
}

// connecting is a connect(), and its socket.
type connecting struct {
	*tcp.Socket
	connect *journal.Event
}

func attempts(v *tcp.View) []connecting {
	var all []connecting
	for _, e := range v.Calls("connect") {
		all = append(all, connecting{v.Socket(e.Socket), e})
	}
	return all
}

// became expects that an attempt connected to itself.
func became(c *claim.Case, a connecting) {
	c.About(a.Socket)
	c.Cite(a.connect)
	if p := c.All(proof(a.Socket)); p != nil {
		return
	}
	c.Answered(a.connect)
	end := a.StateBefore(tcp.N(tcp.First(a.CallsOf(0, 0, "close"))))
	c.Cite(end)
	if end != nil && len(a.Entered(journal.Established)) > 0 {
		c.Given(names(tcp.Last(a.CallsOf(0, 0, "getsockname"))) && names(tcp.Last(a.CallsOf(0, 0, "getpeername"))),
			"%s connected, but getsockname() or getpeername() did not say to whom", a.ID)
		c.Expect(false, "%s connected, but to another socket", a.ID)
	}
	state := "none"
	if end != nil {
		state = end.State.To
	}
	if len(a.CallsOf(0, 0, "bind")) == 0 {
		state += neverChosenAt(c.View, a.connect.Call.Address().Port(), a.connect.N)
	}
	c.ExpectSeen(false, "%s was not connected: its last state was %s", a.ID, state)
}

// selfConnection is the phenomenon itself.
var selfConnection = claim.Phenomenon{
	Needs: claim.NeedsInfo, Quantity: claim.Can, Precondition: "connect() was never called",
	Rule: claim.Each(attempts, func(c *claim.Case, a connecting) {
		became(c, a)
		c.Holds("%s was ESTABLISHED with itself, %s", a.ID, a.Local)
	}),
}
