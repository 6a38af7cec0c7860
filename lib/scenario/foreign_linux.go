package scenario

import (
	"errors"
	"syscall"

	"sockproof/lib/journal"
	"sockproof/lib/sock"
)

// Foreign lets a library make its own sockets in the host's namespace, on a
// thread of its own, and journals what it returned as a call named op. The
// packets it causes have to be carried meanwhile: Await done. f must return
// soon after the run's context ends.
func (h *RunHost) Foreign(op string, args []string, f func() (out string, err error)) (done func() bool) {
	r := h.r
	finished := make(chan struct{})
	entered := h.Go(func() {
		began := r.rec.Now()
		out, err := f()
		c := journal.Call{Op: op, Args: args, Out: out, TookNS: r.rec.Now() - began}
		if err != nil {
			c.Result, c.Errno = -1, errnoIn(err)
		}
		r.rec.Add(journal.Event{T: began, Host: h.Name, Kind: journal.KindCall, Call: &c})
	})
	go func() {
		defer close(finished)
		if err := <-entered; err != nil {
			r.Note("%s: %v", op, err)
		}
	}()
	r.foreign = append(r.foreign, finished)
	return func() bool {
		select {
		case <-finished:
			return true
		default:
			return false
		}
	}
}

// awaitForeign waits for the libraries to return; the context has ended.
func (r *Run) awaitForeign() error {
	for _, f := range r.foreign {
		select {
		case <-f:
		case <-r.late.Done():
			return errors.New("tear down: a library has not returned")
		}
	}
	return nil
}

// errnoIn names the errno inside a library's error; its text if there is none.
func errnoIn(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return sock.ErrnoName(errno)
	}
	return err.Error()
}

// WatchPort lets the packets of a port be captured though no socket of the
// run's own uses it.
func (r *Run) WatchPort(port uint16) error { return r.watchPort(port) }

// Announce records a remark, and shows it at once to whoever is watching.
func (r *Run) Announce(format string, args ...any) {
	r.Note(format, args...)
	if r.cond.Announce != nil {
		r.cond.Announce(format, args...)
	}
}
