package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// ending is a way to end a connection.
type ending func(*sock.Socket) error

func shut(h journal.How) ending { return func(s *sock.Socket) error { return s.Shutdown(h) } }

func closing(s *sock.Socket) error { return s.Close() }

// endings: every way to end a connection from within the program, each on a
// connection of its own, with the same peer that sends the same late data.
func endings(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, end := range []ending{shut(journal.ShutWrite), shut(journal.ShutRead), shut(journal.ShutBoth), closing} {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		_ = end(c.Client) // its errno is evidence
		r.Settle()
		peerGoesOn(r, c)
	}
	return nil
}

// peerGoesOn is what a peer does that does not know: it reads, sends, sends
// again, and reads. The caller reads what came, if it still can.
func peerGoesOn(r *scenario.Run, c scenario.Conn) {
	r.Receive(c.Server)
	r.Send(c.Server, "late data")
	r.Receive(c.Client)
	r.Send(c.Server, "and more")
	r.Receive(c.Server)
}

// lateData: the peer's data, after one's own SHUT_WR and after close; and data
// that was already under way when close was called.
func lateData(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, end := range []ending{shut(journal.ShutWrite), closing} {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		_ = end(c.Client)
		r.Settle()
		r.Send(c.Server, "late data")
		r.Receive(c.Client)
		r.Receive(c.Server)
	}
	return underWay(r, s)
}

// underWay closes while the peer's data is on the wire.
func underWay(r *scenario.Run, s *scenario.Server) error {
	if r.Wire() == nil {
		return nil // elsewhere data arrives before the call that sent it returns
	}
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_, _ = c.Server.Write([]byte("crossing"))
	if err := c.Client.Close(); err != nil {
		return err
	}
	r.Settle()
	r.Receive(c.Server)
	return nil
}
