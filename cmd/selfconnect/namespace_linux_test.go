package main

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"sockproof/lib/journaltest"
)

// selfConnect connects a socket to itself.
func selfConnect(a netip.AddrPort) (fd int, err error) {
	if fd, err = journaltest.TCPSocket(a.Addr()); err != nil {
		return -1, err
	}
	if err = syscall.Bind(fd, journaltest.Sockaddr(a)); err == nil {
		err = syscall.Connect(fd, journaltest.Sockaddr(a))
	}
	if err != nil {
		return -1, errors.Join(fmt.Errorf("connect %v to itself: %w", a, err), syscall.Close(fd))
	}
	return fd, nil
}

// connection makes an ordinary connection to a; what it opened is appended to fds.
func connection(a netip.AddrPort, fds []int) ([]int, error) {
	listener, err := journaltest.TCPSocket(a.Addr())
	if err != nil {
		return fds, err
	}
	fds = append(fds, listener)
	if err := errors.Join(syscall.Bind(listener, journaltest.Sockaddr(a)), syscall.Listen(listener, 1)); err != nil {
		return fds, err
	}
	client, err := journaltest.TCPSocket(a.Addr())
	if err != nil {
		return fds, err
	}
	return append(fds, client), syscall.Connect(client, journaltest.Sockaddr(a))
}
