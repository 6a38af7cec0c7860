package sock

import (
	"strconv"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// Duplicate is a second descriptor of a socket: what one does to the connection
// goes for both, and only the last close ends it.
type Duplicate struct {
	s  *Socket
	fd int // -1 once closed
}

// Dup makes one (dup(2)). It must be used on the run's thread.
func (s *Socket) Dup() (*Duplicate, error) {
	d := &Duplicate{s: s, fd: -1}
	err := s.call("dup", nil, func(fd int) returned {
		// As dup(2), but not passed on to children.
		n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err == nil {
			d.fd = n
			s.mu.Lock()
			s.copies = append(s.copies, d)
			s.mu.Unlock()
		}
		return returned{n: n, out: d.name(), err: err}
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// name is what the journal calls the descriptor, in its calls' arguments.
func (d *Duplicate) name() string {
	return journal.Descriptor{Socket: d.s.id, Via: journal.ByDuplicate}.String()
}

// Write sends (write(2)).
func (d *Duplicate) Write(b []byte) (n int, err error) {
	err = d.s.callOn(d.fd, d.name(), "write", []string{strconv.Itoa(len(b))}, writing(b, &n))
	return n, err
}

// Shutdown closes one half, or both, of the connection (shutdown(2)).
func (d *Duplicate) Shutdown(h journal.How) error {
	return d.s.callOn(d.fd, d.name(), "shutdown", []string{string(h)}, func(fd int) returned {
		return returned{err: unix.Shutdown(fd, halves[h])}
	})
}

// Close closes the descriptor (close(2)).
func (d *Duplicate) Close() error {
	d.s.count()
	d.s.mu.Lock()
	fd := d.fd
	d.fd = -1
	d.s.mu.Unlock()
	closed := alone(fd, d.s.lingers.Load())
	return d.s.callOn(fd, d.name(), "close", nil, func(fd int) returned {
		defer closed()
		return returned{err: unix.Close(fd)}
	})
}

// reset closes it so that the connection, if it was the last, ends with RST.
func (d *Duplicate) reset() error {
	if err := unix.SetsockoptLinger(d.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return &CallError{Op: "setsockopt", Args: []string{d.name(), "SO_LINGER"}, Err: err}
	}
	return d.Close()
}

// anyDescriptor is one by which the socket can be looked at; -1: all are
// closed. The caller holds s.mu.
func (s *Socket) anyDescriptor() int {
	if s.fd >= 0 {
		return s.fd
	}
	for _, d := range s.copies {
		if d.fd >= 0 {
			return d.fd
		}
	}
	return -1
}

// observable is anyDescriptor for callers that do not hold s.mu.
func (s *Socket) observable() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.anyDescriptor()
}
