package main

import (
	"sockproof/lib/repro"
	"sockproof/lib/sock"
)

// shared: two descriptors of one socket, made by dup and by fork; then a
// shutdown through one of two.
func shared(r *repro.Run) error {
	s, err := listen(r)
	if err != nil {
		return err
	}
	for _, try := range []func(*repro.Run, conn) error{byDup, byFork, shutByFork} {
		c, err := s.connect()
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
func byDup(r *repro.Run, c conn) error {
	second, err := c.a.Dup()
	if err != nil {
		return err
	}
	_ = c.a.Close()
	r.Settle()
	read(c.b)
	_, _ = second.Write([]byte("by dup"))
	r.Settle()
	read(c.b)
	_ = second.Close()
	r.Settle()
	read(c.b)
	return nil
}

// byFork closes the parent's descriptor, writes through the child's, and closes that.
func byFork(r *repro.Run, c conn) error {
	child, err := r.Spawn(sock.DefaultSIGPIPE, c.a)
	if err != nil {
		return err
	}
	_ = c.a.Close()
	r.Settle()
	read(c.b)
	if err := child.Write(c.a, []byte("by fork")); err != nil {
		return err
	}
	r.Settle()
	read(c.b)
	if err := child.Close(c.a); err != nil {
		return err
	}
	r.Settle()
	read(c.b)
	return nil
}

// shutByFork shuts down in the child; the parent writes.
func shutByFork(r *repro.Run, c conn) error {
	child, err := r.Spawn(sock.DefaultSIGPIPE, c.a)
	if err != nil {
		return err
	}
	if err := child.Shutdown(c.a, sock.ShutWrite); err != nil {
		return err
	}
	r.Settle()
	read(c.b)
	_, _ = c.a.Sendmsg([]byte("too late"), sock.NoSignal)
	r.Settle()
	return nil
}

// ends gives the client's end of a connection to a child alone, and ends the
// child: first with nothing unread, then with data that nobody has read.
func ends(r *repro.Run, s *server, end func(*sock.Child) error) error {
	for _, unread := range []bool{false, true} {
		c, err := s.connect()
		if err != nil {
			return err
		}
		child, err := r.Spawn(sock.DefaultSIGPIPE, c.a)
		if err != nil {
			return err
		}
		if err := c.a.Close(); err != nil {
			return err
		}
		if unread {
			write(r, c.b, "not read yet")
		}
		if err := end(child); err != nil {
			return err
		}
		r.Settle()
		read(c.b)
	}
	return nil
}
