package sock

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// Abort ends what the run left open: children are killed, calls in the
// background woken, and every connection is reset, so that nothing stays behind.
func (t *Table) Abort() error {
	var first error
	note := func(err error) {
		if err != nil && first == nil {
			first = fmt.Errorf("tear down: %w", err)
		}
	}
	t.ending = true
	for _, c := range t.children {
		note(c.abort())
	}
	for _, c := range t.commands {
		note(c.kill())
	}
	for _, s := range t.sockets() {
		note(s.abort())
	}
	note(t.release())
	for _, e := range t.epolls {
		_ = unix.Close(e.fd) // it owns nothing
	}
	t.epolls = nil
	return first
}

// abort resets the connection, through whichever descriptor is left of it.
func (s *Socket) abort() error {
	var busy error
	if s.descriptor() >= 0 && s.isBusy() {
		_ = s.Shutdown(journal.ShutBoth) // ENOTCONN where there is nobody to wake
		busy = s.wait()
	}
	for _, d := range s.copies {
		if d.fd < 0 {
			continue
		}
		if err := d.reset(); err != nil {
			return err
		}
	}
	if s.descriptor() < 0 {
		return busy // a background call was close itself, or the steps closed it
	}
	return errors.Join(busy, s.Reset())
}

// release waits for the calls that a close did not wake: only the peer can, and
// its RST has to be carried to them.
func (t *Table) release() error {
	for _, s := range t.sockets() {
		if !s.isBusy() {
			continue
		}
		t.carry()
		if err := s.wait(); err != nil {
			return err
		}
	}
	return nil
}
