package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// abortive makes close end with RST.
func abortive(s *sock.Socket) error { return s.SetLinger(true, 0) }

// linger0: close with SO_LINGER {1, 0}, on a connection at rest and on one with
// data unsent; the same connection closed plainly; and linger 0 on a connection
// that is in TIME_WAIT already. After each the same addresses are tried again.
func linger0(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, set := range []scenario.SetUp{abortive, nil} {
		if err := closeAndReturn(r, s, set); err != nil {
			return err
		}
	}
	if err := unsentDropped(r); err != nil {
		return err
	}
	return afterTimeWait(r, s)
}

// closeAndReturn closes a connection, lets the peer make its next calls one by
// one, and tries the same pair of addresses again.
func closeAndReturn(r *scenario.Run, s *scenario.Server, set scenario.SetUp) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	at, err := c.Client.Local()
	if err != nil {
		return err
	}
	if set != nil {
		if err := set(c.Client); err != nil {
			return err
		}
	}
	// The peer is a process of its own, for one of its calls may end it.
	peer, err := r.Spawn(journal.DefaultSIGPIPE, c.Server)
	if err != nil {
		return err
	}
	if err := c.Server.Close(); err != nil {
		return err
	}
	_ = c.Client.Close()
	r.Settle()
	if err := peerGoesOn(r, peer, c.Server); err != nil {
		return err
	}
	if set == nil {
		return plainlyAgain(r, s)
	}
	tryPair(r, s, at.Port())
	return nil
}

// peerGoesOn is what a peer does that does not know: it reads, reads again,
// writes, and writes again if it lives.
func peerGoesOn(r *scenario.Run, peer *sock.Child, s *sock.Socket) error {
	for range 2 {
		if err := peer.Read(s, 16); err != nil {
			return err
		}
	}
	for range 2 {
		if peer.Ended() {
			return nil
		}
		if err := peer.Write(s, []byte("anybody?")); err != nil {
			return err
		}
		r.Settle()
	}
	return nil
}

// tryPair connects once more from a port that a connection to the server had.
// Whether that succeeds is evidence.
func tryPair(r *scenario.Run, s *scenario.Server, port uint16) {
	if _, err := r.Host("a").CallAt(s.At, port); err == nil {
		_, _ = s.Accept()
	}
}

// plainlyAgain closes another connection plainly at both ends, so that it comes
// to TIME_WAIT, and tries its pair of addresses again.
func plainlyAgain(r *scenario.Run, s *scenario.Server) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	at, err := c.Client.Local()
	if err != nil {
		return err
	}
	_ = c.Client.Close()
	r.Settle()
	_ = c.Server.Close()
	r.Settle()
	tryPair(r, s, at.Port())
	return nil
}

// unsentDropped closes with linger 0 while the kernel has data that it has not
// sent, for the peer's window is full.
func unsentDropped(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort+1, scenario.OldSmallReceiver)
	if err != nil {
		return err
	}
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_, _ = c.Client.WriteBulk(scenario.MoreThanFits)
	if err := abortive(c.Client); err != nil {
		return err
	}
	_ = c.Client.Close()
	r.Deliver()
	r.ReadToEnd(c.Server)
	return nil
}

// afterTimeWait sets linger 0 on a socket of which only a TIME_WAIT is left, and
// closes it.
func afterTimeWait(r *scenario.Run, s *scenario.Server) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_ = c.Client.Shutdown(journal.ShutWrite)
	r.Settle()
	_ = c.Server.Close()
	r.Settle()
	if err := abortive(c.Client); err != nil {
		return err
	}
	_ = c.Client.Close()
	r.Settle()
	c.Client.Look()
	return nil
}

// lingerOff: close as SO_LINGER is by default, with it set to {0, 0}, and to {1, 0}.
func lingerOff(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	sets := []func(*sock.Socket) error{
		func(s *sock.Socket) error { _, err := s.Linger(); return err },
		func(s *sock.Socket) error { return s.SetLinger(false, 0) },
		abortive,
	}
	for _, set := range sets {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		if err := set(c.Client); err != nil {
			return err
		}
		_ = c.Client.Close()
		r.Settle()
		r.Receive(c.Server)
	}
	return nil
}
