package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// pairTry is an attempt to connect from the address of an earlier connection to the same other
// address, after the earlier one's client had closed.
type pairTry struct {
	closing
	socket *tcp.Socket
	reuse  *journal.Event // SO_REUSEADDR was set on it; nil: it was not
	bind   *journal.Event
	call   *journal.Event // connect() to the same address; nil: bind() had failed
}

// pairTries lists those after a close with SO_LINGER {1, 0}, or a plain one.
func pairTries(v *tcp.View) []pairTry {
	var all []pairTry
	for _, bind := range v.Calls("bind") {
		for _, x := range closings(v) {
			if x.Who != x.Client || x.By.N > bind.N || bind.Call.Address() != x.Client.Local {
				continue
			}
			t := pairTry{closing: x, socket: v.Socket(bind.Socket), bind: bind}
			if _, t.reuse = t.socket.Option(journal.SOReuseAddr, bind.N); bind.Call.Errno == "" {
				t.call = tcp.First(t.socket.CallsOf(bind.N, 0, "connect"))
			}
			if bind.Call.Errno != "" || t.call != nil && t.call.Call.Address() == x.Client.Remote {
				all = append(all, t)
			}
		}
	}
	return all
}

// again expects that the pair of addresses was connected again.
func (t *pairTry) again(c *claim.Case) {
	c.About(t.socket)
	c.Cite(t.bind, t.call)
	c.Given(t.bind.Call.Errno != journal.EADDRINUSE || c.Journal.Network != journal.HostNet,
		"bind() = EADDRINUSE, on a stack where another program may have taken the port meanwhile")
	c.Expect(t.bind.Call.Errno == "", "it could not be used again: bind() = %s", t.bind.Call.Errno)
	open := c.First(t.socket.Entered(journal.Established))
	if t.call.Call.Errno != journal.EADDRNOTAVAIL {
		c.Answered(t.call)
	}
	c.ExpectSeen(open != nil, "it could not be used again: connect() = %s, and no more", claim.Returned(t.call))
}

// refusedPair says what became of an attempt at a pair that a plain close had left in
// TIME_WAIT, for comparison; "": there was none.
func refusedPair(c *claim.Case) string {
	for _, t := range pairTries(c.View) {
		waits := t.Client.Entered(journal.TimeWait)
		if t.linger == neverSet && len(waits) > 0 && waits[0].N < t.bind.N && t.bind.Call.Errno != "" {
			c.Cite(waits[0], t.bind)
			return "; one that a plain close had left in TIME_WAIT was refused: bind() = " + string(t.bind.Call.Errno)
		}
	}
	return ""
}

var lr4 = claim.Claim{
	ID: "LR4", Statement: "so the same address pair can be used again at once",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsInfo,
	Precondition: "after close() with SO_LINGER {1, 0}, the RST of which has arrived",
	Rule: claim.Each(pairTries, func(c *claim.Case, t pairTry) {
		c.If(t.linger == lingerZero && t.reached(c))
		t.again(c)
		c.Holds("the two addresses of %s were ESTABLISHED again%s", t.Who.ID, refusedPair(c))
	}),
}

var lr25 = claim.Claim{
	ID: "LR25", Statement: "bind + SO_REUSEADDR after linger 0: works at once, though it is called unsafe",
	Source: claim.Article000, Quantity: claim.Can, Needs: claim.NeedsInfo,
	Precondition: "the address that bind() is called with had a connection that was closed with SO_LINGER {1, 0}",
	Rule: claim.Each(pairTries, func(c *claim.Case, t pairTry) {
		c.If(t.linger == lingerZero && t.reuse != nil)
		c.Cite(t.reuse)
		t.again(c)
		c.Holds("%s bound the address of %s with SO_REUSEADDR, and was ESTABLISHED with the same peer", t.socket.ID, t.Who.ID)
	}),
}
