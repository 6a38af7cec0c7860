package main

import (
	"sockproof/lib/repro"
	"sockproof/lib/sock"
)

// notices: what epoll says at each step of a connection's end, once after the
// peer's close, once after its shutdown for writing.
func notices(r *repro.Run) error {
	s, err := listen(r)
	if err != nil {
		return err
	}
	for _, end := range []ending{closing, shut(sock.ShutWrite)} {
		c, err := s.connect()
		if err != nil {
			return err
		}
		if err := noticed(r, c, end); err != nil {
			return err
		}
	}
	return nil
}

// noticed asks epoll for the server's end before and after the client's last
// data, its end, and what the server writes then.
func noticed(r *repro.Run, c conn, end ending) error {
	e, err := c.b.Epoll()
	if err != nil {
		return err
	}
	_ = e.Wait()
	write(r, c.a, "last words")
	_ = e.Wait()
	read(c.b)
	_ = e.Wait()
	_ = end(c.a)
	r.Settle()
	_ = e.Wait()
	read(c.b)
	_ = e.Wait()
	write(r, c.b, "an answer")
	_ = e.Wait()
	_, _ = c.b.Sendmsg([]byte("another"), sock.NoSignal)
	r.Settle()
	_ = e.Wait()
	_ = c.b.Shutdown(sock.ShutWrite)
	r.Settle()
	return e.Wait()
}

// shutRead: shutdown(SHUT_RD), on a connection into which the peer goes on
// writing, with and without something to be read already; and on a listener.
func shutRead(r *repro.Run) error {
	s, err := listen(r)
	if err != nil {
		return err
	}
	for _, before := range []string{"", "before"} {
		c, err := s.connect()
		if err != nil {
			return err
		}
		if before != "" {
			write(r, c.b, before)
		}
		_ = c.a.Shutdown(sock.ShutRead)
		r.Settle()
		read(c.a)
		write(r, c.b, "after")
		read(c.a)
		read(c.a)
		_, _ = c.a.Write([]byte("still"))
		r.Settle()
		read(c.b)
	}
	return deafListener(r, s)
}

// deafListener shuts a listener down for reading, with one client in its queue,
// and calls it again.
func deafListener(r *repro.Run, s *server) error {
	if _, err := s.call(); err != nil {
		return err
	}
	_ = s.Shutdown(sock.ShutRead)
	r.Settle()
	_, _ = s.Accept()
	late, err := s.call()
	if err != nil {
		return err
	}
	_, _ = late.Option(sock.SocketError)
	return nil
}
