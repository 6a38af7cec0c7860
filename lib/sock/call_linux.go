package sock

import (
	"context"
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// CallError is a system call on a socket that failed.
type CallError struct {
	Op   string
	Args []string
	Err  error // a syscall.Errno, or why the call was not made
}

// Error reads like strace: "connect(a1, 192.0.2.1:8080): connection refused".
func (e *CallError) Error() string {
	return journal.CallText(e.Op, e.Args...) + ": " + e.Err.Error()
}

// Unwrap keeps the errno: errors.Is(err, syscall.ECONNREFUSED).
func (e *CallError) Unwrap() error { return e.Err }

// Errno is the errno by name; the text of what it was, where it was none.
func (e *CallError) Errno() journal.Errno { return ErrnoName(e.Err) }

// returned is what a system call returned.
type returned struct {
	n    int
	out  string // through a pointer
	data []byte // read or written
	kept string // what the socket has afterwards
	err  error
}

// record runs a system call, journals it, and lets the run look at what it
// caused. The event's time is when the call began.
func (t *Table) record(host, socket, op string, args []string, call func() returned) error {
	began := t.rec.Now()
	onThread := t.OnThread()
	if !onThread {
		t.begins(host, socket, op, args)
	}
	r := call()
	took := t.rec.Now() - began
	t.add(host, socket, began, journal.Call{
		Op: op, Args: args, Result: int64(r.n), Errno: ErrnoName(r.err), TookNS: took, Out: r.out, Kept: r.kept, Data: r.data,
	})
	if onThread {
		t.after()
	}
	if r.err != nil {
		return &CallError{Op: op, Args: args, Err: r.err}
	}
	return nil
}

// begins journals that another thread than the run's begins a call: the run goes on
// meanwhile, and what it records may be the call's doing.
func (t *Table) begins(host, socket, op string, args []string) {
	t.rec.Add(journal.Event{
		Host: host, Socket: socket, Kind: journal.KindProcess,
		Process: &journal.Process{PID: unix.Gettid(), Event: journal.Began, How: journal.CallText(op, args...)},
	})
}

func (t *Table) add(host, socket string, began int64, c journal.Call) {
	n := t.rec.Add(journal.Event{T: began, Host: host, Socket: socket, Kind: journal.KindCall, Call: &c})
	t.mu.Lock()
	t.latest[socket] = n
	t.mu.Unlock()
}

// Latest is the number in the journal of the call that was made on the socket
// last; 0: none was.
func (s *Socket) Latest() int {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	return s.t.latest[s.id]
}

// ErrnoName is an errno's symbol, "" for success.
func ErrnoName(err error) journal.Errno {
	if err == nil {
		return ""
	}
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return journal.Errno(err.Error())
	}
	if name := unix.ErrnoName(errno); name != "" {
		return journal.Errno(name)
	}
	return journal.Errno(errno.Error())
}

// call is record for a call on the socket's own descriptor.
func (s *Socket) call(op string, args []string, f func(fd int) returned) error {
	return s.callOn(s.descriptor(), s.id, op, args, f)
}

// callOn is record for a call on one of the socket's descriptors, which the
// journal calls name.
func (s *Socket) callOn(fd int, name, op string, args []string, f func(fd int) returned) error {
	args = append([]string{name}, args...)
	if err := s.t.over(op); err != nil {
		return &CallError{Op: op, Args: args, Err: err}
	}
	return s.t.record(s.host.Name, s.id, op, args, func() returned {
		r := f(fd)
		if r.err != nil {
			r.n = -1
		}
		return r
	})
}

// over is why a call is not made: the run's time is over. A loop of calls ends so,
// whatever they return. What tears the run down is made, and so is every close: what
// it was to close would stay open.
func (t *Table) over(op string) error {
	if t.bounds.Run.Err() == nil || op == "close" || t.OnThread() && t.ending {
		return nil
	}
	return context.Cause(t.bounds.Run)
}

// moved is what a call that returned n has moved of some bytes: no more than there are,
// whatever it says.
func moved(b []byte, n int) []byte { return b[:min(max(n, 0), len(b))] }
