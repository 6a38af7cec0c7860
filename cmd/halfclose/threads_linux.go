package main

import (
	"errors"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// threads: one thread waits in read, another closes the descriptor, or shuts
// the connection down.
func threads(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, end := range []ending{closing, shut(journal.ShutBoth)} {
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
var errNotWaiting = errors.New("the thread that should read was not seen to wait in read(2): is /proc/self/task/TID/syscall to be read?")

// whileReading ends the connection under a thread that waits in read; if that
// does not wake it, the peer's data will.
func whileReading(r *scenario.Run, s *scenario.Server, end ending) error {
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	if err := c.Client.SetBlocking(); err != nil {
		return err
	}
	reading := c.Client.Background(func() { _, _ = c.Client.Read(64) })
	if !r.Await(untilWaiting, func() bool { return reading.Blocked("read(" + c.Client.ID() + ")") }) && r.OK() {
		return errNotWaiting
	}
	_ = end(c.Client)
	if !r.Await(untilWoken, reading.Done) {
		r.Send(c.Server, "wake up")
		r.Await(untilWoken, reading.Done)
	}
	r.Settle()
	r.Receive(c.Server)
	return nil
}
