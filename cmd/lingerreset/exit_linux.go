package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// exit: a process that returns from main, and one that is killed, with
// SO_LINGER {1, 0}, with {1, n}, and without; then a listener with {1, 0}, whose
// accepted socket is closed.
func exit(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, end := range []func(*sock.Child) error{
		func(c *sock.Child) error { return c.Exit(0) },
		func(c *sock.Child) error { return c.Kill(journal.SIGKILL) },
	} {
		for _, set := range []scenario.SetUp{abortive, patient, nil} {
			if err := endsWith(r, s, set, end); err != nil {
				return err
			}
		}
	}
	return inherited(r)
}

// patient makes close wait.
func patient(s *sock.Socket) error { return s.SetLinger(true, lingerTime) }

// endsWith ends a process that alone holds a connection's end.
func endsWith(r *scenario.Run, s *scenario.Server, set scenario.SetUp, end func(*sock.Child) error) error {
	w, err := newWriter(r, s, journal.DefaultSIGPIPE, set)
	if err != nil {
		return err
	}
	if err := end(w.Child); err != nil {
		return err
	}
	r.Settle()
	r.Receive(w.peer)
	return nil
}

// inherited sets SO_LINGER on a listener alone.
func inherited(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort+1, abortive)
	if err != nil {
		return err
	}
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	if _, err := c.Server.Linger(); err != nil {
		return err
	}
	_ = c.Server.Close()
	r.Settle()
	r.Receive(c.Client)
	return nil
}
