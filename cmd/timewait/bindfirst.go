package main

import (
	"net/netip"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// bindFirst: clients bind their address and leave the port to the kernel, until there is none left:
// to three servers in turn; first as usual, then with IP_BIND_ADDRESS_NO_PORT.
func bindFirst(t *scenario.T) {
	var servers []*scenario.Listener
	for i := range uint16(3) {
		servers = append(servers, t.Listen(scenario.ServerPort+i))
	}
	t.Sysctl("a", portRange, rangeFrom(41_000))
	connectAll(t, servers, false)
	t.Sysctl("a", portRange, rangeFrom(42_000))
	connectAll(t, servers, true)
}

// connectAll lets clients connect to the servers in turn, once more than there are ports for each
// of them.
func connectAll(t *scenario.T, servers []*scenario.Listener, noPort bool) {
	for i := range few*len(servers) + 1 {
		c := t.Host("a").Socket()
		if noPort {
			c.Set(journal.IPBindNoPort, 1)
		}
		if c.Bind(netip.AddrPortFrom(t.Host("a").At(0).Addr(), 0)) == "" {
			c.StartConnect(servers[i%len(servers)].At)
			c.Local()
			t.Settle()
		}
	}
}

// bound is the clients that had bound their address alone, in one of the two ways.
type bound struct {
	noPort    bool
	binds     []*journal.Event
	failed    *journal.Event // the first bind() that failed; nil: none did
	connected []*tcp.Socket
	refused   *journal.Event // the first connect() that failed; nil: none did
}

// bounds lists them.
func bounds(v *tcp.View) []bound {
	var all []bound
	for _, noPort := range []bool{false, true} {
		x := bound{noPort: noPort}
		for _, s := range v.Sockets {
			bind := tcp.First(s.CallsOf(0, 0, "bind"))
			if bind == nil || bind.Call.Address().Port() != 0 || s.HasOn(journal.IPBindNoPort, 0) != noPort {
				continue
			}
			x.binds = append(x.binds, bind)
			for _, e := range s.CallsOf(0, 0, "connect") {
				switch {
				case began(e):
					x.connected = append(x.connected, s)
				case x.refused == nil:
					x.refused = e
				}
			}
		}
		x.failed = tcp.First(tcp.Where(x.binds, func(e *journal.Event) bool { return e.Call.Errno != "" }))
		if len(x.binds) > 0 {
			all = append(all, x)
		}
	}
	return all
}

// notConnected is a client that began to connect and was not connected to the end of the steps: its
// port was free again. Nil: there is none.
func (x *bound) notConnected() *tcp.Socket {
	return tcp.First(tcp.Where(x.connected, func(s *tcp.Socket) bool {
		last := s.StateBefore(0)
		return last == nil || last.State.To != journal.Established
	}))
}

// servers counts the destinations.
func (x *bound) servers() int {
	all := map[journal.Address]bool{}
	for _, s := range x.connected {
		all[s.Remote] = true
	}
	return len(all)
}

// Cite lets a finding rest on what the clients did.
func (x bound) Cite(c *claim.Case) {
	c.About(x.connected...)
	c.Cite(x.binds...)
	c.Cite(x.failed, x.refused)
	for _, s := range x.connected {
		c.Cite(s.CallsOf(0, 0, "connect")...)
		c.Cite(s.States()...)
	}
}

// towardsSeveral asks that the clients were connected to several servers, and to the end; it counts these.
func (x *bound) towardsSeveral(c *claim.Case) (destinations int) {
	destinations = x.servers()
	c.Given(destinations > 1, "all went to one server")
	over := x.notConnected()
	c.Given(over == nil, "%s was not connected to the end", over.Name())
	return destinations
}

var pe1 = claim.Claim{
	ID: "PE1", Statement: "bind(addr, 0) before connect() makes N ports serve N connections, whatever their destinations",
	Source: field, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "no client bound its address alone until it failed",
	Rule: claim.Each(bounds, func(c *claim.Case, x bound) {
		c.If(!x.noPort)
		destinations := x.towardsSeveral(c)
		c.Expect(len(x.connected) <= few, "%d clients were connected from %d ports", len(x.connected), few)
		c.Given(x.failed != nil && x.failed.Call.Errno == journal.EADDRINUSE, "no bind() failed with EADDRINUSE")
		c.Holds("%d clients were connected to %d servers, and the next bind() failed with EADDRINUSE", len(x.connected), destinations)
	}),
}

var pe2 = claim.Claim{
	ID: "PE2", Statement: "IP_BIND_ADDRESS_NO_PORT cures it",
	Source: ip7, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "no client bound its address alone with IP_BIND_ADDRESS_NO_PORT",
	Rule: claim.Each(bounds, func(c *claim.Case, x bound) {
		c.If(x.noPort)
		destinations := x.towardsSeveral(c)
		c.ExpectSeen(len(x.connected) > few, "%d clients were connected from %d ports to %d servers", len(x.connected), few, destinations)
		c.Given(x.failed == nil && len(x.connected) >= few*destinations, "a bind() failed, or fewer than %d were connected to each server", few)
		c.Holds("%d clients were connected from %d ports to %d servers", len(x.connected), few, destinations)
	}),
}
