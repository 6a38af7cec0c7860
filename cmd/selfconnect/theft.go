package main

import (
	"net/netip"
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// portTheft: while a socket is connected to itself, the real server cannot
// bind its port. It can as soon as the connection is reset; after an orderly
// close TIME_WAIT keeps the port for a minute more.
func portTheft(t *scenario.T) {
	target := unreservedPort(t, localRange(t))
	thief := try(t, target, chooseSource(t, target))
	serve(t, target) // in vain
	thief.Reset()
	serve(t, target) // comes up
	if t.OnHost() {
		t.Note("on the host network the second theft, closed in order, is left out: its TIME_WAIT would block the port for a minute")
		return
	}
	thief = try(t, target, chooseSource(t, target))
	thief.Close()
	serve(t, target) // in vain again
}

// backlog is the queue of a server that nobody connects to.
const backlog = 1

// serve starts a server as servers do: SO_REUSEADDR, every address, listen;
// and ends it again.
func serve(t *scenario.T, port uint16) {
	every := netip.IPv4Unspecified()
	if t.Family() == journal.IPv6 {
		every = netip.IPv6Unspecified()
	}
	s := t.Host("a").Socket(scenario.Opt(journal.SOReuseAddr, 1))
	if s.Bind(netip.AddrPortFrom(every, port)) == "" {
		s.TryListen(backlog)
	}
	s.Close()
}

// serving is one attempt of a real server to come up.
type serving struct {
	bind *journal.Event
	up   bool // it listens
}

func (s *serving) isRefused() bool { return s.bind.Call.Errno == journal.EADDRINUSE }

// servers lists the attempts to serve a port, in order: sockets that bind with
// SO_REUSEADDR, as servers do.
func servers(v *tcp.View) []serving {
	var all []serving
	for _, b := range v.Calls("bind") {
		if s := v.Socket(b.Socket); s.Reuses(b.N) {
			all = append(all, serving{b, b.Call.Errno == "" && s.Listening != 0})
		}
	}
	return all
}

var sc10 = claim.Claim{
	ID: "SC10", Statement: "while it lasts, the real server cannot bind its port (EADDRINUSE)",
	Source: "field reports: tokio #3405, tarantool #204, ktor #2237", Quantity: claim.Always, Needs: claim.NeedsInfo,
	Precondition: "a socket that had not set SO_REUSEADDR is connected to itself on the server's port",
	Rule: claim.Each(firstSelf, func(c *claim.Case, thief *tcp.Socket) {
		c.All(proof(thief))
		s := servers(c.View)
		closed := c.First(thief.CallsOf(0, 0, "close"))
		port := thief.Local.Port()
		since := thief.Entered(journal.Established)[0].N
		c.Given(!slices.ContainsFunc(s, func(s serving) bool { return s.bind.Call.Address().Port() != port }), "a server was tried on another port than the self-connection's, %d", port)
		c.Given(len(s) >= 2 && closed != nil && since < s[0].bind.N && s[0].bind.N < closed.N && closed.N < s[1].bind.N,
			"the server was not tried both before and after the self-connection was gone")
		during, after := s[0], s[1]
		c.Cite(during.bind, after.bind)
		c.Given(!thief.Reuses(during.bind.N), "%s had itself set SO_REUSEADDR", thief.ID)
		c.Expect(!during.up, "the server came up beside the self-connection %s", thief.ID)
		c.Given(during.isRefused(), "the server's bind returned %s, which has another cause", claim.Returned(during.bind))
		c.Given(after.up, "the server's port was refused (%s) even once the self-connection was gone: something else holds it", claim.Returned(after.bind))
		c.Holds("the server's bind failed with EADDRINUSE while %s lasted, in spite of SO_REUSEADDR, and succeeded once it was reset%s", thief.ID, timeWaitAdds(c, s))
	}),
}

// timeWaitAdds says what an orderly close does to the server, where it was tried.
func timeWaitAdds(c *claim.Case, s []serving) string {
	if len(s) < 3 {
		return ""
	}
	waiting := c.Events(func(e *journal.Event) bool {
		return e.Sample != nil && e.Sample.State == journal.TimeWait && e.N < s[2].bind.N
	})
	switch {
	case len(waiting) == 0:
		return ""
	case s[2].isRefused():
		return "; after an orderly close TIME_WAIT kept the port from it for " + tcp.TimerLeft(waiting[0]).Round(time.Second).String() + " more"
	}
	return "; after an orderly close it came up in spite of TIME_WAIT"
}
