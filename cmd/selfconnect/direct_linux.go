package main

import "sockproof/lib/repro"

// greeting is what the socket sends, and should receive, itself.
const greeting = "hello, me"

// direct: one socket binds a port and connects to that same port.
func direct(r *repro.Run) error {
	a := r.Host("a")
	s, err := a.Socket()
	if err != nil {
		return err
	}
	if err := s.Bind(a.At(targetPort(r, directPort))); err != nil {
		return err
	}
	local, err := s.Local()
	if err != nil {
		return err
	}
	_ = s.Connect(local) // its errno is evidence, already in the journal
	r.Settle()
	_, _ = s.Write([]byte(greeting))
	r.Settle()
	_, _ = s.Read(64)
	if err := s.Close(); err != nil {
		return err
	}
	r.Settle()
	return nil
}
