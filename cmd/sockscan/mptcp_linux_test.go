package main

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"

	"sockproof/lib/journaltest"
)

// protocolMPTCP is IPPROTO_MPTCP, which package syscall does not know.
const protocolMPTCP = 262

// needMPTCP skips the test where the kernel makes no MPTCP sockets.
func needMPTCP(t *testing.T) {
	t.Helper()
	fd, err := journaltest.StreamSocket(netip.IPv6Loopback(), protocolMPTCP)
	if errors.Is(err, syscall.EPROTONOSUPPORT) || errors.Is(err, syscall.ENOPROTOOPT) {
		t.Skipf("skip: MPTCP cannot be had here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	journaltest.CloseAll([]int{fd})
}

// TestMPTCPSeen: a connection is counted once, whatever TCP's table has of it.
func TestMPTCPSeen(t *testing.T) {
	needMPTCP(t)
	const tcp, mptcp = syscall.IPPROTO_TCP, protocolMPTCP
	for name, tt := range map[string]struct {
		listen, connect int
		want            string
	}{
		"MPTCP":                         {mptcp, mptcp, "close-wait/leaked 1 mine MPTCP"},
		"MPTCP client that fell back":   {tcp, mptcp, "close-wait/fin-unread 1 mine"},
		"TCP client of an MPTCP server": {mptcp, tcp, "close-wait/fin-unread 1 mine"},
	} {
		for _, a := range []string{"127.0.0.1:8080", "[::1]:8080"} {
			t.Run(name+"/"+a, func(t *testing.T) {
				journaltest.InNamespace(t, func() error {
					return mptcpSeen(netip.MustParseAddrPort(a), tt.listen, tt.connect, tt.want)
				})
			})
		}
	}
}

func mptcpSeen(at netip.AddrPort, listen, connect int, want string) error {
	listener, err := listenAt(at, listen, 8)
	if err != nil {
		return err
	}
	defer listener.close()
	client, err := connectTo(at, connect)
	if err != nil {
		return err
	}
	server, err := listener.accept()
	if err != nil {
		return err
	}
	if err := client.shut(); err != nil {
		return err
	}
	if _, err := settlesOn(want); err != nil {
		return err
	}
	if err := errors.Join(server.close(), client.close()); err != nil {
		return err
	}
	_, err = settlesOn("")
	return err
}
