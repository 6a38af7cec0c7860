package scenario

import (
	"errors"

	"sockproof/lib/journal"
	"sockproof/lib/sock"
)

// Library lets a library make its own sockets on a thread of its own.
func (r *run) Library(host, op string, args []string, f func() (out string, err error)) (done func() bool) {
	finished := make(chan struct{})
	entered := r.host(host).Go(func() {
		began := r.rec.Now()
		out, err := f()
		c := journal.Call{Op: op, Args: args, Out: out, TookNS: r.rec.Now() - began}
		if err != nil {
			c.Result, c.Errno = -1, sock.ErrnoName(err)
		}
		r.rec.Add(journal.Event{T: began, Host: host, Kind: journal.KindCall, Call: &c})
	})
	go func() {
		defer close(finished)
		if err := <-entered; err != nil {
			r.rec.Note("%s: %v", op, err)
		}
	}()
	r.library = append(r.library, finished)
	return func() bool {
		select {
		case <-finished:
			return true
		default:
			return false
		}
	}
}

// awaitLibraries waits for the libraries to return; the context has ended.
func (r *run) awaitLibraries() error {
	for _, f := range r.library {
		select {
		case <-f:
		case <-r.late.Done():
			return errors.New("tear down: a library has not returned")
		}
	}
	return nil
}
