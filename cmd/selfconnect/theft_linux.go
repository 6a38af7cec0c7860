package main

import (
	"net/netip"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// backlog is the queue of a server that nobody connects to.
const backlog = 1

// portTheft: while a socket is connected to itself, the real server cannot
// bind its port. It can as soon as the connection is reset; after an orderly
// close TIME_WAIT keeps the port for a minute more.
func portTheft(r *scenario.Run) error {
	ports, err := localRange(r)
	if err != nil {
		return err
	}
	target, err := unreservedPort(r, ports)
	if err != nil {
		return err
	}
	steal := func(s *sock.Socket) error { return chooseSource(r, s, target) }
	thief, err := try(r, target, steal)
	if err != nil {
		return err
	}
	if err := serve(r, target); err != nil { // in vain
		return err
	}
	if err := thief.Reset(); err != nil {
		return err
	}
	r.Settle()
	if err := serve(r, target); err != nil { // comes up
		return err
	}
	if r.Network() == journal.HostNet {
		r.Note("on the host network the second theft, closed in order, is left out: its TIME_WAIT would block the port for a minute")
		return nil
	}
	thief, err = try(r, target, steal)
	if err != nil {
		return err
	}
	if err := thief.Close(); err != nil {
		return err
	}
	r.Settle()
	return serve(r, target) // in vain again
}

// serve starts a server as servers do: SO_REUSEADDR, every address, listen;
// and ends it again.
func serve(r *scenario.Run, port uint16) error {
	s, err := r.Host("a").Socket()
	if err != nil {
		return err
	}
	if err := s.SetOption(journal.SOReuseAddr, 1); err != nil {
		return err
	}
	every := netip.IPv4Unspecified()
	if r.Family() == journal.IPv6 {
		every = netip.IPv6Unspecified()
	}
	if s.Bind(netip.AddrPortFrom(every, port)) == nil { // its errno is evidence
		_ = s.Listen(backlog)
	}
	return s.Close()
}
