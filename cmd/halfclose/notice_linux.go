package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// notices: what epoll says at each step of a connection's end, once after the
// peer's close, once after its shutdown for writing.
func notices(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, end := range []ending{closing, shut(journal.ShutWrite)} {
		c, err := s.Connect(r.Host("a"))
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
func noticed(r *scenario.Run, c scenario.Conn, end ending) error {
	e, err := c.Server.Epoll()
	if err != nil {
		return err
	}
	_ = e.Wait()
	r.Send(c.Client, "last words")
	_ = e.Wait()
	r.Receive(c.Server)
	_ = e.Wait()
	_ = end(c.Client)
	r.Settle()
	_ = e.Wait()
	r.Receive(c.Server)
	_ = e.Wait()
	r.Send(c.Server, "an answer")
	_ = e.Wait()
	_, _ = c.Server.Sendmsg([]byte("another"), journal.MSGNoSignal)
	r.Settle()
	_ = e.Wait()
	_ = c.Server.Shutdown(journal.ShutWrite)
	r.Settle()
	return e.Wait()
}

// shutRead: shutdown(SHUT_RD), on a connection into which the peer goes on
// writing, with and without something to be read already; and on a listener.
func shutRead(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, before := range []string{"", "before"} {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		if before != "" {
			r.Send(c.Server, before)
		}
		_ = c.Client.Shutdown(journal.ShutRead)
		r.Settle()
		r.Receive(c.Client)
		r.Send(c.Server, "after")
		r.Receive(c.Client)
		r.Receive(c.Client)
		_, _ = c.Client.Write([]byte("still"))
		r.Settle()
		r.Receive(c.Server)
	}
	return deafListener(r, s)
}

// deafListener shuts a listener down for reading, with one client in its queue,
// and calls it again.
func deafListener(r *scenario.Run, s *scenario.Server) error {
	if _, err := s.Call(r.Host("a")); err != nil {
		return err
	}
	_ = s.Shutdown(journal.ShutRead)
	r.Settle()
	_, _ = s.Accept()
	late, err := s.Call(r.Host("a"))
	if err != nil {
		return err
	}
	_, _ = late.Option(journal.SOError)
	return nil
}
