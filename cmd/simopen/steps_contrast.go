package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
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
