package main

import (
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// portSelf is where a socket connects to itself, for comparison.
const portSelf = 5003

// samePath: a simultaneous open, then on the same host a socket connected to
// itself, so that their transitions can be laid beside each other.
func samePath(r *scenario.Run) error {
	a, b, err := clients(r, 0)
	if err != nil {
		return err
	}
	callEachOther(r, a, b)
	self, err := newClient(r.Host("a"), portSelf)
	if err != nil {
		return err
	}
	self.call(self)
	r.Settle()
	return nil
}

// listener: the same two calls when b also listens on the port it calls from.
// First the SYNs cross; then, on other ports, a's SYN arrives before b calls.
func listener(r *scenario.Run) error {
	a, b, server, err := withListener(r, 0)
	if err != nil {
		return err
	}
	callEachOther(r, a, b)
	_, _ = server.Accept() // there is nothing to accept, if the client won

	a, b, server, err = withListener(r, 10)
	if err != nil {
		return err
	}
	a.call(b)
	r.Settle()
	_, _ = server.Accept()
	b.call(a)
	r.Settle()
	return nil
}

// backlog is the queue of a listener to which one client connects.
const backlog = 8

// withListener makes two clients, and a listener on b's port beside b's.
// SO_REUSEPORT lets both have it.
func withListener(r *scenario.Run, offset uint16) (a, b client, server *sock.Socket, err error) {
	if a, err = newClient(r.Host("a"), portA+offset); err != nil {
		return a, b, nil, err
	}
	h := r.Host("b")
	b = client{host: h, port: portB + offset}
	for _, s := range []**sock.Socket{&server, &b.Socket} {
		if *s, err = h.Socket(); err != nil {
			return a, b, nil, err
		}
		if err = (*s).SetOption(sock.ReusePort, 1); err != nil {
			return a, b, nil, err
		}
		if err = (*s).Bind(h.At(b.port)); err != nil {
			return a, b, nil, err
		}
	}
	return a, b, server, server.Listen(backlog)
}
