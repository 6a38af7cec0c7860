package journaltest

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/network"
)

// InNamespace runs f on a thread of its own, in a private network namespace
// with both families on lo. Where that is not to be had, the test is skipped.
func InNamespace(t *testing.T, f func() error) {
	t.Helper()
	var opening, err error
	network.OnThread(func() {
		var n *network.Network
		n, opening = network.Open(network.Options{
			Kind: journal.Loopback, Family: journal.IPv6, Hosts: []string{"a"},
			Recorder: journal.NewRecorder(journal.Journal{}, 1),
		})
		if opening == nil {
			defer n.Close()
			err = f()
		}
	})
	var u *network.Unavailable
	if errors.As(opening, &u) {
		t.Skipf("skip: %v", opening)
	}
	if opening != nil || err != nil {
		t.Fatal(errors.Join(opening, err))
	}
}

// TCPSocket makes a TCP socket for addresses in a's form: an IPv4 address
// mapped into IPv6 wants an IPv6 socket.
func TCPSocket(a netip.Addr) (fd int, err error) { return StreamSocket(a, syscall.IPPROTO_TCP) }

// StreamSocket makes a socket of a protocol for addresses in a's form.
func StreamSocket(a netip.Addr, protocol int) (fd int, err error) {
	family := syscall.AF_INET6
	if a.Is4() {
		family = syscall.AF_INET
	}
	return syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, protocol)
}

// Sockaddr is an address as system calls take it.
func Sockaddr(a netip.AddrPort) syscall.Sockaddr {
	if a.Addr().Is4() {
		return &syscall.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &syscall.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// CloseAll closes descriptors.
func CloseAll(fds []int) {
	for _, fd := range fds {
		_ = syscall.Close(fd) // the namespace goes with the test anyway
	}
}

// Eventually waits, some seconds at most, for a condition.
func Eventually(what string, holds func() (bool, error)) error {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		ok, err := holds()
		if ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("never came: %s", what)
		}
	}
}
