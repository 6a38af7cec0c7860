package network

import (
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// bindableWait bounds the wait for IPv6's loopback address.
const bindableWait = 10 * time.Second

// awaitBindable waits until a socket can be bound to the address: an IPv6
// address appears after its interface is up, not with it.
func awaitBindable(a netip.Addr, wait time.Duration) error {
	deadline := time.Now().Add(wait)
	for {
		err := tryBind(a)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// tryBind binds a datagram socket, which leaves no trace in TCP.
func tryBind(a netip.Addr) error {
	var (
		family = unix.AF_INET6
		sa     = unix.Sockaddr(&unix.SockaddrInet6{Addr: a.As16()})
	)
	if a.Is4() {
		family, sa = unix.AF_INET, &unix.SockaddrInet4{Addr: a.As4()}
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket for %s: %w", a, err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, sa); err != nil {
		return fmt.Errorf("bind to %s: %w", a, err)
	}
	return nil
}
