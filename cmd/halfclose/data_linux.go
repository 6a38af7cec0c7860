package main

import (
	"errors"
	"io/fs"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// unread: data that has arrived and that nobody has read, when the connection
// is closed, shut down for writing, shut down both ways.
func unread(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, end := range []ending{closing, shut(journal.ShutWrite), shut(journal.ShutBoth)} {
		c, err := s.Connect(r.Host("a"))
		if err != nil {
			return err
		}
		r.Send(c.Server, "not read yet")
		_ = end(c.Client)
		r.Settle()
		r.Receive(c.Client)
		r.Receive(c.Server)
	}
	return nil
}

// unsentFor is the scenario unsent, with a kernel that gives orphans up after so many
// retransmissions: data that the kernel has taken and not sent, for the peer's window
// is full, when the connection is closed or shut down for writing: to a peer that
// reads, one that reads late, one that never does.
func unsentFor(retries string) scenario.Play {
	return func(r *scenario.Run) error {
		s, err := r.Host("b").Listen(scenario.ServerPort, scenario.OldSmallReceiver)
		if err != nil {
			return err
		}
		for _, end := range []ending{closing, shut(journal.ShutWrite)} {
			for _, after := range []time.Duration{0, late} {
				if err := unsentTo(r, s, end, after); err != nil {
					return err
				}
			}
		}
		return neverRead(r, s, retries)
	}
}

// late is how late the peer reads that reads late: after the kernel has found
// its window closed and begun to probe it.
const late = 500 * time.Millisecond

// unsentTo ends a connection with unsent data, to a peer that begins to read
// after a while.
func unsentTo(r *scenario.Run, s *scenario.Server, end ending, after time.Duration) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_, _ = c.Client.WriteBulk(scenario.MoreThanFits)
	_ = end(c.Client)
	if after > 0 {
		r.Await(after, scenario.Never)
	}
	r.ReadToEnd(c.Server)
	return nil
}

// neverRead ends two connections with unsent data to a peer that never reads,
// and waits until the closed one has been given up, with the settings that make
// that a matter of seconds.
func neverRead(r *scenario.Run, s *scenario.Server, retries string) error {
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
	if err := r.Host("a").Set("net.ipv4.tcp_orphan_retries", retries); err != nil {
		return err
	}
	shutDown, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_, _ = shutDown.Client.WriteBulk(scenario.MoreThanFits)
	_ = shutDown.Client.Shutdown(journal.ShutWrite)
	closed, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_, _ = closed.Client.WriteBulk(scenario.MoreThanFits)
	_ = closed.Client.Close()
	r.Await(givenUp, func() bool { return closed.Client.Seen(journal.SockDiag) == journal.Gone })
	shutDown.Client.Look()
	r.ReadToEnd(closed.Server)
	r.ReadToEnd(shutDown.Server)
	return nil
}

// givenUp bounds the wait for an orphan to be given up.
const givenUp = 6 * time.Second
