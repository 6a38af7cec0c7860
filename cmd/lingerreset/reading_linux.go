package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// readAfterReset: what the next calls return after a RST that came in
// CLOSE_WAIT, and after one that came in ESTABLISHED.
func readAfterReset(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, then := range []func(*scenario.Run, scenario.Conn) error{inCloseWait, inEstablished, dataBefore} {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		if err := then(r, c); err != nil {
			return err
		}
	}
	if err := writeFirst(r, s); err != nil {
		return err
	}
	return acceptAfter(r, s)
}

// inCloseWait: the peer closes in an orderly way, with nothing unread, and the
// first write draws the RST.
func inCloseWait(r *scenario.Run, c scenario.Conn) error {
	_ = c.Server.Close()
	r.Settle()
	r.Send(c.Client, "first")
	r.Receive(c.Client)
	_, _ = c.Client.Sendmsg([]byte("second"), journal.MSGNoSignal)
	return nil
}

// inEstablished: the peer resets.
func inEstablished(r *scenario.Run, c scenario.Conn) error {
	if err := c.Server.Reset(); err != nil {
		return err
	}
	r.Settle()
	r.Receive(c.Client)
	r.Receive(c.Client)
	_, _ = c.Client.Sendmsg([]byte("first"), journal.MSGNoSignal)
	return nil
}

// dataBefore: something had arrived before the RST, and is read after it.
func dataBefore(r *scenario.Run, c scenario.Conn) error {
	r.Send(c.Server, "before")
	if err := c.Server.Reset(); err != nil {
		return err
	}
	r.Settle()
	r.Receive(c.Client)
	r.Receive(c.Client)
	return nil
}

// writeFirst: the first call after the RST is a write, of a process that
// SIGPIPE kills.
func writeFirst(r *scenario.Run, s *scenario.Server) error {
	w, err := newWriter(r, s, journal.DefaultSIGPIPE, nil)
	if err != nil {
		return err
	}
	if err := w.peer.Reset(); err != nil {
		return err
	}
	r.Settle()
	if err := byWrite(w, "first"); err != nil {
		return err
	}
	return byWrite(w, "second")
}

// acceptAfter: the client resets while it is still in the listener's queue.
func acceptAfter(r *scenario.Run, s *scenario.Server) error {
	client, err := s.Call(r.Host("a"))
	if err != nil {
		return err
	}
	if err := client.Reset(); err != nil {
		return err
	}
	r.Settle()
	accepted, err := s.Accept()
	if err == nil {
		r.Receive(accepted)
	}
	return nil // whether it was accepted is evidence
}

// shutWrContrast: the peer only shuts down its write side, and one's writes go
// on arriving.
func shutWrContrast(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, end := range []func(*sock.Socket) error{
		func(s *sock.Socket) error { return s.Shutdown(journal.ShutWrite) },
		func(s *sock.Socket) error { return s.Close() },
	} {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		_ = end(c.Server)
		r.Settle()
		for _, line := range []string{"first", "second", "third"} {
			_, _ = c.Client.Sendmsg([]byte(line), journal.MSGNoSignal)
			r.Settle()
			r.Receive(c.Server)
		}
	}
	return nil
}
