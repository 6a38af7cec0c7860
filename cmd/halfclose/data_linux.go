package main

import (
	"errors"
	"io/fs"
	"syscall"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/repro"
	"sockproof/lib/sock"
)

// unread: data that has arrived and that nobody has read, when the connection
// is closed, shut down for writing, shut down both ways.
func unread(r *repro.Run) error {
	s, err := listen(r)
	if err != nil {
		return err
	}
	for _, end := range []ending{closing, shut(sock.ShutWrite), shut(sock.ShutBoth)} {
		c, err := s.connect()
		if err != nil {
			return err
		}
		write(r, c.b, "not read yet")
		_ = end(c.a)
		r.Settle()
		read(c.a)
		read(c.b)
	}
	return nil
}

// Buffers small enough to be filled by little: the peer's receive buffer in
// bytes, and what is given to the kernel to be sent.
const (
	smallBuffer = 4096
	muchData    = 8 << 10
)

// small gives a socket a small receive buffer, and those it accepts.
func small(s *sock.Socket) error { return s.SetOption(sock.ReceiveBuffer, smallBuffer) }

// unsent: data that the kernel has taken and not sent, for the peer's window is
// full, when the connection is closed or shut down for writing: to a peer that
// reads, one that reads late, one that never does.
func unsent(r *repro.Run) error {
	s, err := listenOn(r, serverPort, small)
	if err != nil {
		return err
	}
	for _, end := range []ending{closing, shut(sock.ShutWrite)} {
		for _, after := range []time.Duration{0, late} {
			if err := unsentTo(r, s, end, after); err != nil {
				return err
			}
		}
	}
	return neverRead(r, s)
}

// late is how late the peer reads that reads late: after the kernel has found
// its window closed and begun to probe it.
const late = 500 * time.Millisecond

// unsentTo ends a connection with unsent data, to a peer that begins to read
// after a while.
func unsentTo(r *repro.Run, s *server, end ending, after time.Duration) error {
	c, err := s.connect()
	if err != nil {
		return err
	}
	_, _ = c.a.WriteBulk(muchData)
	_ = end(c.a)
	if after > 0 {
		r.Await(after, never)
	}
	readToEnd(r, c.b)
	return nil
}

// never is a condition to wait a whole span of time.
func never() bool { return false }

// readBound bounds how long a reader waits for more.
const readBound = 3 * time.Second

// readToEnd reads until the end or an error, waiting for what is under way.
func readToEnd(r *repro.Run, s *sock.Socket) {
	r.Await(readBound, func() bool {
		if !s.Readable() {
			return false
		}
		n, err := s.ReadBulk(muchData)
		return n == 0 || err != nil && !errors.Is(err, syscall.EAGAIN)
	})
}

// neverRead ends two connections with unsent data to a peer that never reads,
// and waits until the closed one has been given up, with the settings that make
// that a matter of seconds.
func neverRead(r *repro.Run, s *server) error {
	if r.Network() == journal.HostNet {
		r.Note("a peer that never reads: left out here, it takes minutes without settings that the host network never changes")
		return nil
	}
	err := r.Host("a").Set("net.ipv4.tcp_rto_max_ms", "1000")
	if errors.Is(err, fs.ErrNotExist) { // before Linux 6.15
		r.Note("a peer that never reads: left out, for without net.ipv4.tcp_rto_max_ms it takes minutes")
		return nil
	}
	if err != nil {
		return err
	}
	shutDown, err := s.connect()
	if err != nil {
		return err
	}
	_, _ = shutDown.a.WriteBulk(muchData)
	_ = shutDown.a.Shutdown(sock.ShutWrite)
	closed, err := s.connect()
	if err != nil {
		return err
	}
	_, _ = closed.a.WriteBulk(muchData)
	_ = closed.a.Close()
	r.Await(givenUp, func() bool { return closed.a.Seen(journal.SockDiag) == journal.Gone })
	shutDown.a.Look()
	readToEnd(r, closed.b)
	readToEnd(r, shutDown.b)
	return nil
}

// givenUp bounds the wait for an orphan to be given up.
const givenUp = 6 * time.Second
