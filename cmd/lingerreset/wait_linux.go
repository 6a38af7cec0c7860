package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// lingerTime is the n of SO_LINGER {1, n}, in seconds.
const lingerTime = 1

// The waits: for close to wait, for a reader that is late, before a signal is
// sent, and for a close that waits its whole time.
const (
	untilWaiting = 2 * time.Second

	late       = 300 * time.Millisecond
	beforeKill = 200 * time.Millisecond
	untilOver  = 3 * time.Second
)

// lingerN: close with SO_LINGER {1, n} while data is unsent, to a peer that
// reads, reads late, never reads; on a blocking and on a non-blocking socket;
// interrupted by a signal; and shutdown.
func lingerN(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort, scenario.OldSmallReceiver)
	if err != nil {
		return err
	}
	for _, t := range []waiting{
		{peer: reads},
		{peer: reads, blocking: true},
		{peer: readsLate},
		{peer: neverReads},
		{peer: neverReads, blocking: true},
		{peer: neverReads, signal: true},
	} {
		if err := t.play(r, s); err != nil {
			return err
		}
	}
	return shutdownWithLinger(r, s)
}

// What the peer does while close waits.
type reader int

const (
	reads reader = iota
	readsLate
	neverReads
)

// waiting is one close that may have to wait.
type waiting struct {
	peer     reader
	blocking bool // the socket
	signal   bool // interrupts it
}

func (t waiting) play(r *scenario.Run, s *scenario.Server) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_, _ = c.Client.WriteBulk(scenario.MoreThanFits)
	if t.blocking {
		if err := c.Client.SetBlocking(); err != nil {
			return err
		}
	}
	if err := c.Client.SetLinger(true, lingerTime); err != nil {
		return err
	}
	closing := c.Client.Background(func() { _ = c.Client.Close() })
	// The peer must not read before close has begun to wait: then it might not
	// have to. Whether it waits at all is evidence.
	r.Await(untilWaiting, func() bool { return closing.Done() || closing.Blocked("close("+c.Client.ID()+")") })
	if t.signal {
		r.Await(beforeKill, closing.Done)
		closing.Interrupt()
	}
	if t.peer == readsLate {
		r.Await(late, closing.Done)
	}
	if t.peer != neverReads {
		r.ReadToEnd(c.Server)
	}
	r.Await(untilOver, closing.Done)
	r.ReadToEnd(c.Server) // what the kernel goes on delivering after close has returned
	return nil
}

// shutdownWithLinger shuts down for writing, with data unsent and SO_LINGER set.
func shutdownWithLinger(r *scenario.Run, s *scenario.Server) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	_, _ = c.Client.WriteBulk(scenario.MoreThanFits)
	if err := c.Client.SetLinger(true, lingerTime); err != nil {
		return err
	}
	_ = c.Client.Shutdown(journal.ShutWrite)
	r.ReadToEnd(c.Server)
	return nil
}
