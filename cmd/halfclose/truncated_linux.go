package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// The client's receive buffer, and an answer that is larger: what the kernel
// has not sent when the server closes is at stake.
const (
	clientBuffer = 8 << 10
	answerSize   = 32 << 10
)

// truncated: a server answers before it has read the whole request, and closes;
// then the same server shuts down instead, reads to the end, and closes.
func truncated(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, end := range []func(*scenario.Run, scenario.Conn){closeAtOnce, lingeringClose} {
		c, err := s.Connect(r.Host("a"), func(c *sock.Socket) error { return c.SetOption(journal.SOReceiveBuffer, clientBuffer) })
		if err != nil {
			return err
		}
		r.Send(c.Client, "POST /upload")
		_, _ = c.Server.Read(len("POST"))
		_, _ = c.Server.WriteBulk(answerSize)
		end(r, c)
	}
	return nil
}

// closeAtOnce is the bug: the rest of the request is still unread.
func closeAtOnce(r *scenario.Run, c scenario.Conn) {
	_ = c.Server.Close()
	r.Deliver()
	r.ReadToEnd(c.Client)
}

// lingeringClose is what servers do instead (RFC 9112 §9.6): no more is sent,
// and the client's last bytes are read, until it closes too.
func lingeringClose(r *scenario.Run, c scenario.Conn) {
	_ = c.Server.Shutdown(journal.ShutWrite)
	r.Deliver()
	r.Receive(c.Server) // the rest of the request
	r.ReadToEnd(c.Client)
	_ = c.Client.Close()
	r.Settle()
	r.ReadToEnd(c.Server)
	_ = c.Server.Close()
	r.Settle()
}
