package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// greeting is what the socket sends, and should receive, itself.
const greeting = "hello, me"

// direct: one socket binds a port and connects to that same port.
func direct(r *scenario.Run) error {
	a := r.Host("a")
	s, err := a.Socket()
	if err != nil {
		return err
	}
	port := givenPort(r)
	if port == 0 && r.Network() != journal.HostNet {
		port = directPort // else 0: the kernel chooses one that is free
	}
	if err := s.Bind(a.At(port)); err != nil {
		return err
	}
	local, err := s.Local()
	if err != nil {
		return err
	}
	_ = s.Connect(local) // its errno is evidence, already in the journal
	r.Settle()
	_, _ = s.Remote()
	_, _ = s.Write([]byte(greeting))
	r.Settle()
	_, _ = s.Read(64)
	if r.Network() == journal.HostNet && givenPort(r) != 0 {
		r.Note("reset instead of closed in order: TIME_WAIT would keep a server from port %d for a minute", port)
		return s.Reset()
	}
	// Closed in order even on the host network: TIME_WAIT is the subject here,
	// and the port one that the kernel chose.
	if err := s.Close(); err != nil {
		return err
	}
	r.Settle()
	return nil
}
