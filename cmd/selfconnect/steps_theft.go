package main

import (
	"net/netip"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
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
