package main

import (
	"errors"
	"time"

	"sockproof/lib/repro"
	"sockproof/lib/sock"
)

// threads: one thread waits in read, another closes the descriptor, or shuts
// the connection down.
func threads(r *repro.Run) error {
	s, err := listen(r)
	if err != nil {
		return err
	}
	for _, end := range []ending{closing, shut(sock.ShutBoth)} {
		if err := whileReading(r, s, end); err != nil {
			return err
		}
	}
	return nil
}

// The waits of a thread that reads: for it to wait in the call, and for the
// call to return.
const (
	untilWaiting = 2 * time.Second
	untilWoken   = 500 * time.Millisecond
)

// errNotWaiting is that the reading thread did not come to wait in time.
var errNotWaiting = errors.New("the thread that should read was not seen to wait in read(2) (/proc/self/task/TID/syscall)")

// whileReading ends the connection under a thread that waits in read; if that
// does not wake it, the peer's data will.
func whileReading(r *repro.Run, s *server, end ending) error {
	c, err := s.connect()
	if err != nil {
		return err
	}
	if err := c.a.SetBlocking(); err != nil {
		return err
	}
	reading := c.a.Background(func() { _, _ = c.a.Read(readSize) })
	if !r.Await(untilWaiting, func() bool { return reading.Blocked("read(" + c.a.ID() + ")") }) && r.OK() {
		return errNotWaiting
	}
	_ = end(c.a)
	if !r.Await(untilWoken, reading.Done) {
		write(r, c.b, "wake up")
		r.Await(untilWoken, reading.Done)
	}
	r.Settle()
	read(c.b)
	return nil
}
