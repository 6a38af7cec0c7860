package main

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

// inNamespace runs f on a thread of its own, in a private network namespace
// with both families on lo. Where that is not to be had, the test is skipped.
func inNamespace(t *testing.T, f func() error) {
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

// tcpSocket makes a TCP socket for addresses in a's form: an IPv4 address
// mapped into IPv6 wants an IPv6 socket.
func tcpSocket(a netip.Addr) (fd int, err error) {
	family := syscall.AF_INET6
	if a.Is4() {
		family = syscall.AF_INET
	}
	return syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, syscall.IPPROTO_TCP)
}

func sockaddr(a netip.AddrPort) syscall.Sockaddr {
	if a.Addr().Is4() {
		return &syscall.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &syscall.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// selfConnect connects a socket to itself.
func selfConnect(a netip.AddrPort) (fd int, err error) {
	if fd, err = tcpSocket(a.Addr()); err != nil {
		return -1, err
	}
	if err = syscall.Bind(fd, sockaddr(a)); err == nil {
		err = syscall.Connect(fd, sockaddr(a))
	}
	if err != nil {
		return -1, errors.Join(fmt.Errorf("connect %v to itself: %w", a, err), syscall.Close(fd))
	}
	return fd, nil
}

// connection makes an ordinary connection to a; what it opened is appended to fds.
func connection(a netip.AddrPort, fds []int) ([]int, error) {
	listener, err := tcpSocket(a.Addr())
	if err != nil {
		return fds, err
	}
	fds = append(fds, listener)
	if err := errors.Join(syscall.Bind(listener, sockaddr(a)), syscall.Listen(listener, 1)); err != nil {
		return fds, err
	}
	client, err := tcpSocket(a.Addr())
	if err != nil {
		return fds, err
	}
	return append(fds, client), syscall.Connect(client, sockaddr(a))
}

// closeAll closes descriptors.
func closeAll(fds []int) {
	for _, fd := range fds {
		_ = syscall.Close(fd) // the namespace goes with the test anyway
	}
}

// eventually waits, some seconds at most, for a condition.
func eventually(what string, holds func() (bool, error)) error {
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
