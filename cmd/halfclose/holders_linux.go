package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// shared: two descriptors of one socket, made by dup and by fork; then a
// shutdown through one of two.
func shared(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, try := range []func(*scenario.Run, scenario.Conn) error{byDup, byFork, shutByFork} {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		if err := try(r, c); err != nil {
			return err
		}
	}
	return nil
}

// byDup closes the first descriptor, writes through the second, and closes that.
func byDup(r *scenario.Run, c scenario.Conn) error {
	second, err := c.Client.Dup()
	if err != nil {
		return err
	}
	_ = c.Client.Close()
	r.Settle()
	r.Receive(c.Server)
	_, _ = second.Write([]byte("by dup"))
	r.Settle()
	r.Receive(c.Server)
	_ = second.Close()
	r.Settle()
	r.Receive(c.Server)
	return nil
}

// byFork closes the parent's descriptor, writes through the child's, and closes that.
func byFork(r *scenario.Run, c scenario.Conn) error {
	child, err := r.Spawn(journal.DefaultSIGPIPE, c.Client)
	if err != nil {
		return err
	}
	_ = c.Client.Close()
	r.Settle()
	r.Receive(c.Server)
	if err := child.Write(c.Client, []byte("by fork")); err != nil {
		return err
	}
	r.Settle()
	r.Receive(c.Server)
	if err := child.Close(c.Client); err != nil {
		return err
	}
	r.Settle()
	r.Receive(c.Server)
	return nil
}

// shutByFork shuts down in the child; the parent writes.
func shutByFork(r *scenario.Run, c scenario.Conn) error {
	child, err := r.Spawn(journal.DefaultSIGPIPE, c.Client)
	if err != nil {
		return err
	}
	if err := child.Shutdown(c.Client, journal.ShutWrite); err != nil {
		return err
	}
	r.Settle()
	r.Receive(c.Server)
	_, _ = c.Client.Sendmsg([]byte("too late"), journal.MSGNoSignal)
	r.Settle()
	return nil
}

// ends gives the client's end of a connection to a child alone, and ends the
// child: first with nothing unread, then with data that nobody has read.
func ends(r *scenario.Run, s *scenario.Server, end func(*sock.Child) error) error {
	for _, unread := range []bool{false, true} {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		child, err := r.Spawn(journal.DefaultSIGPIPE, c.Client)
		if err != nil {
			return err
		}
		if err := c.Client.Close(); err != nil {
			return err
		}
		if unread {
			r.Send(c.Server, "not read yet")
		}
		if err := end(child); err != nil {
			return err
		}
		r.Settle()
		r.Receive(c.Server)
	}
	return nil
}
