package main

import (
	"net/netip"
	"os"
	"syscall"
	"testing"

	"sockproof/lib/journaltest"
	"sockproof/lib/live"
)

// TestHeldElsewhere: a process's socket that no table has is in another network namespace, or not connected, or
// closed by now.
func TestHeldElsewhere(t *testing.T) {
	var there int // a socket stays in its namespace
	journaltest.InNamespace(t, func() (err error) {
		there, err = journaltest.StreamSocket(netip.IPv4Unspecified(), syscall.IPPROTO_TCP)
		return err
	})
	journaltest.InNamespace(t, func() error { return countsElsewhere(t, there) })
}

func countsElsewhere(t *testing.T, there int) error {
	here, err := journaltest.StreamSocket(netip.IPv4Unspecified(), syscall.IPPROTO_TCP)
	if err != nil {
		return err
	}
	defer syscall.Close(here)
	o := &options{filter: filter{pid: os.Getpid()}, portsAt: 80, descriptorsAt: 80}
	s, err := openScanner(o)
	if err != nil {
		return err
	}
	defer s.close()
	all, err := live.TCPSockets(os.Getpid())
	if err != nil {
		return err
	}
	counted := func(fd int) int {
		h := held{unmet: map[uint64]int{}}
		for inode, of := range all {
			if of == fd {
				h.unmet[inode] = fd
			}
		}
		if len(h.unmet) != 1 {
			t.Errorf("%d sockets of descriptor %d", len(h.unmet), fd)
		}
		n, err := s.elsewhere(h)
		if err != nil {
			t.Error(err)
		}
		return n
	}
	if n := counted(here); n != 0 {
		t.Errorf("a socket of this namespace without a connection: %d elsewhere", n)
	}
	if n := counted(there); n != 1 {
		t.Errorf("a socket of another namespace: %d elsewhere", n)
	}
	if err := syscall.Close(there); err != nil {
		return err
	}
	if n := counted(there); n != 0 {
		t.Errorf("a socket that was closed: %d elsewhere", n)
	}
	return nil
}
