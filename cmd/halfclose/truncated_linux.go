package main

import (
	"sockproof/lib/repro"
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
func truncated(r *repro.Run) error {
	s, err := listen(r)
	if err != nil {
		return err
	}
	for _, end := range []func(*repro.Run, conn){closeAtOnce, lingeringClose} {
		c, err := s.connect(func(c *sock.Socket) error { return c.SetOption(sock.ReceiveBuffer, clientBuffer) })
		if err != nil {
			return err
		}
		write(r, c.a, "POST /upload")
		_, _ = c.b.Read(len("POST"))
		_, _ = c.b.WriteBulk(answerSize)
		end(r, c)
	}
	return nil
}

// closeAtOnce is the bug: the rest of the request is still unread.
func closeAtOnce(r *repro.Run, c conn) {
	_ = c.b.Close()
	deliver(r)
	readToEnd(r, c.a)
}

// lingeringClose is what servers do instead (RFC 9112 §9.6): no more is sent,
// and the client's last bytes are read, until it closes too.
func lingeringClose(r *repro.Run, c conn) {
	_ = c.b.Shutdown(sock.ShutWrite)
	deliver(r)
	read(c.b) // the rest of the request
	readToEnd(r, c.a)
	_ = c.a.Close()
	r.Settle()
	readToEnd(r, c.b)
	_ = c.b.Close()
	r.Settle()
}
