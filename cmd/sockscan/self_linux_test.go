package main

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"testing"

	"sockproof/lib/journaltest"
)

// selfConnect connects a socket to itself.
func selfConnect(a netip.AddrPort) (end, error) {
	fd, err := journaltest.TCPSocket(a.Addr())
	if err != nil {
		return -1, err
	}
	if err = syscall.Bind(fd, journaltest.Sockaddr(a)); err == nil {
		err = syscall.Connect(fd, journaltest.Sockaddr(a))
	}
	if err != nil {
		return -1, errors.Join(fmt.Errorf("connect %v to itself: %w", a, err), syscall.Close(fd))
	}
	return end(fd), nil
}

// TestSelfConnectionSeen follows a self-connected socket from ESTABLISHED to TIME_WAIT.
func TestSelfConnectionSeen(t *testing.T) {
	for _, a := range []string{"127.0.0.1:8080", "[::1]:8080", "[::ffff:127.0.0.1]:8080"} {
		t.Run(a, func(t *testing.T) {
			journaltest.InNamespace(t, func() error {
				self, err := selfConnect(netip.MustParseAddrPort(a))
				if err != nil {
					return err
				}
				if _, err := settlesOn("self-connected/self-connected 1 mine"); err != nil {
					return err
				}
				if err := self.close(); err != nil {
					return err
				}
				r, err := settlesOn("self-connected/time-wait 1")
				if err == nil && (r.Findings[0].LeftMS == 0 || r.Findings[0].LeftMS > 60_000) {
					t.Errorf("%+v", r.Findings[0])
				}
				return err
			})
		})
	}
}
