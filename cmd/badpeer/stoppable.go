package main

import (
	"context"
	"errors"
	"io"
)

// errStopped is that reading was stopped.
var errStopped = errors.New("stopped")

// stoppable reads from what may block for ever, like stdin or a FIFO that nobody
// has opened for writing, until a context ends.
type stoppable struct {
	ctx   context.Context
	parts chan part
	rest  part
}

// part is what one read returned.
type part struct {
	data []byte
	err  error
}

// partSize is how much is read at a time.
const partSize = 1 << 16

func newStoppable(ctx context.Context, open func() (io.ReadCloser, error)) *stoppable {
	s := &stoppable{ctx: ctx, parts: make(chan part)}
	go s.fetch(open)
	return s
}

// fetch reads ahead, by one part.
func (s *stoppable) fetch(open func() (io.ReadCloser, error)) {
	r, err := open()
	if err != nil {
		r = io.NopCloser(failing{err})
	}
	defer r.Close()
	for {
		b := make([]byte, partSize)
		n, err := r.Read(b)
		select {
		case s.parts <- part{b[:n], err}:
		case <-s.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// Read returns what has been read; errStopped after the context has ended.
func (s *stoppable) Read(b []byte) (int, error) {
	if len(s.rest.data) == 0 && s.rest.err == nil {
		select {
		case s.rest = <-s.parts:
		case <-s.ctx.Done():
			return 0, errStopped
		}
	}
	n := copy(b, s.rest.data)
	if s.rest.data = s.rest.data[n:]; len(s.rest.data) > 0 {
		return n, nil
	}
	return n, s.rest.err
}

// failing is what could not be opened.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
