package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
	"sockproof/lib/wire"
)

// timeWait: how long TIME_WAIT lasts, what may change that, and what it keeps
// from being bound. The server closes first, so that it is its port.
func timeWait(r *scenario.Run) error {
	steps := []func(*scenario.Run) error{lastsLong, again, binds}
	for _, step := range steps {
		if err := step(r); err != nil {
			return err
		}
	}
	return nil
}

// watched is how long the timer of a TIME_WAIT is watched.
const watched = 2 * time.Second

// lastsLong reads the timer of a TIME_WAIT at its start and later, of one made
// as the settings are and of one made with a tcp_fin_timeout that is short.
func lastsLong(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	first, err := closedByServer(r, s)
	if err != nil {
		return err
	}
	second := first
	if r.Network() == journal.HostNet {
		r.Note("a short tcp_fin_timeout: left out, the host's settings are never changed")
	} else {
		if err := setFinTimeout(r, "b"); err != nil {
			return err
		}
		if second, err = closedByServer(r, s); err != nil {
			return err
		}
	}
	r.Await(watched, scenario.Never)
	first.Server.Look()
	if second != first {
		second.Server.Look()
	}
	return s.Close()
}

// closedByServer makes a connection and closes it, the server's end first.
func closedByServer(r *scenario.Run, s *scenario.Server) (scenario.Conn, error) {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return c, err
	}
	_ = c.Server.Close()
	r.Settle()
	r.Receive(c.Client)
	_ = c.Client.Close()
	r.Settle()
	c.Server.Look()
	return c, nil
}

// again loses the acknowledgement of the peer's FIN, so that the peer sends it
// again, to a socket in TIME_WAIT. Only on the wire can that be arranged.
func again(r *scenario.Run) error {
	w := r.Wire()
	if w == nil {
		return nil
	}
	s, err := r.Host("b").Listen(scenario.ServerPort + 1)
	if err != nil {
		return err
	}
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_ = c.Server.Close()
	r.Settle()
	lost := false
	w.SetRule(func(p *wire.Packet) wire.Fate {
		if lost || p.From != "b" {
			return wire.Wait
		}
		lost = true
		return wire.Drop
	})
	_ = c.Client.Close()
	r.Settle()
	w.SetRule(nil)
	r.Await(retransmission, func() bool { return c.Client.Seen(journal.SockDiag) == journal.Gone })
	return nil
}

// retransmission bounds the wait for a FIN to be sent again: after a fifth of a
// second, and twice that the next time.
const retransmission = 3 * time.Second

// binds tries to bind a port that a TIME_WAIT has, with and without
// SO_REUSEADDR on the listener from which that came, and on the new one.
func binds(r *scenario.Run) error {
	port := uint16(scenario.ServerPort + 10)
	for _, old := range []bool{false, true} {
		s, err := r.Host("b").Listen(port, reuse(old))
		if err != nil {
			return err
		}
		port++
		c, err := closedByServer(r, s)
		if err != nil {
			return err
		}
		if err := s.Close(); err != nil {
			return err
		}
		for _, fresh := range []bool{false, true} {
			if err := bindAgain(r, s, fresh); err != nil {
				return err
			}
			c.Server.Look() // that the TIME_WAIT was there all the while
		}
	}
	return nil
}

// reuse sets SO_REUSEADDR, or leaves it off.
func reuse(on bool) func(*sock.Socket) error {
	return func(s *sock.Socket) error {
		if !on {
			return nil
		}
		return s.SetOption(journal.SOReuseAddr, 1)
	}
}

// bindAgain binds a server's port once more, and lets go of it.
func bindAgain(r *scenario.Run, s *scenario.Server, on bool) error {
	n, err := r.Host("b").Socket()
	if err != nil {
		return err
	}
	if err := reuse(on)(n); err != nil {
		return err
	}
	_ = n.Bind(s.At) // its errno is evidence
	return n.Close()
}
