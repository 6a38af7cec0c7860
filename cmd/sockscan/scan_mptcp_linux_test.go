package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"sockproof/lib/journaltest"
	"sockproof/lib/live"
	"sockproof/lib/witness/diag"
)

// scanHere is the caller's own namespace.
var scanHere live.Place

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

// scanKinds renders what is found but for TIME_WAIT: kinds, how many, and how
// many of them are MPTCP's.
func scanKinds() (string, *scanReport, error) {
	s, err := openStuckScanner(scanHere)
	if err != nil {
		return "", nil, err
	}
	defer s.close()
	tally, _, err := s.scan()
	if err != nil {
		return "", nil, err
	}
	r := tally.report()
	var kinds []string
	for _, k := range r.Kinds {
		if k.State != "TIME_WAIT" {
			kinds = append(kinds, fmt.Sprintf("%s %d/%d", k.Kind, k.Sockets, k.MPTCP))
		}
	}
	return strings.Join(kinds, ", "), r, nil
}

// scanSettles waits until exactly these kinds are found: the kernel ends MPTCP
// connections a little later, in a thread of its own.
func scanSettles(want string) (r *scanReport, err error) {
	got := ""
	err = journaltest.Eventually(want, func() (bool, error) {
		got, r, err = scanKinds()
		return got == want, err
	})
	if err != nil {
		err = fmt.Errorf("%w; found %q", err, got)
	}
	return r, err
}

// mptcpLife is a connection between two kinds of socket, from its beginning to its end.
type mptcpLife struct {
	name             string
	listen, connect  int
	leaked, orphaned string // what is found when the client has shut down, and closed
}

// What a program does not close is leaked, whatever the connection is made of;
// and each socket is counted once, though the kernel lists it twice.
func TestScanMPTCP(t *testing.T) {
	needMPTCP(t)
	for _, a := range []string{"127.0.0.1:8080", "[::1]:8080"} {
		const tcp, mptcp = syscall.IPPROTO_TCP, protocolMPTCP
		for _, tt := range []mptcpLife{
			{"TCP", tcp, tcp, "leaked 1/0, peer-open 1/0", "leaked 1/0, peer-open-orphan 1/0"},
			{"MPTCP", mptcp, mptcp, "leaked 1/1, peer-open 1/1", "leaked 1/1, peer-open-orphan 1/1"},
			{"MPTCP client that fell back", tcp, mptcp, "leaked 1/0, peer-open 1/1", "leaked 1/0, peer-open-orphan 1/1"},
			{"TCP client of an MPTCP server", mptcp, tcp, "leaked 1/0, peer-open 1/0", "leaked 1/0, peer-open-orphan 1/0"},
		} {
			t.Run(tt.name+"/"+a, func(t *testing.T) {
				journaltest.InNamespace(t, func() error { return tt.lived(t, netip.MustParseAddrPort(a)) })
			})
		}
	}
}

// lived makes the connection, scans at each step, and ends it.
func (tt *mptcpLife) lived(t *testing.T, at netip.AddrPort) error {
	listener, err := scanListen(at, tt.listen)
	if err != nil {
		return err
	}
	client, err := scanConnect(at, tt.connect)
	if err != nil {
		return err
	}
	server, err := listener.accept()
	if err != nil {
		return err
	}
	if _, err := syscall.Write(int(client), []byte("hello")); err != nil {
		return err
	}
	if _, err := scanSettles(""); err != nil {
		return err
	}
	if err := client.shut(); err != nil {
		return err
	}
	r, err := scanSettles(tt.leaked)
	if err != nil {
		return err
	}
	if err := allMine(t, r); err != nil {
		return err
	}
	if err := client.close(); err != nil {
		return err
	}
	if _, err := scanSettles(tt.orphaned); err != nil {
		return err
	}
	if err := server.close(); err != nil {
		return err
	}
	if _, err := scanSettles(""); err != nil {
		return err
	}
	return listener.close()
}

// allMine checks that what was found is this process's alone.
func allMine(t *testing.T, r *scanReport) error {
	me, err := thisProcess()
	if err != nil {
		return err
	}
	for _, k := range r.Kinds {
		if len(k.Programs) != 1 || k.Programs[0].Owner != me || r.OwnersNotVisible != 0 {
			t.Errorf("%s is owned by %+v", k.Kind, k.Programs)
		}
	}
	return nil
}

// A connection that waits to be accepted belongs to nobody yet, but to be
// accepted by whoever listens.
func TestScanMPTCPNeverAccepted(t *testing.T) {
	needMPTCP(t)
	journaltest.InNamespace(t, func() error {
		at := netip.MustParseAddrPort("[::1]:8080")
		listener, err := scanListen(at, protocolMPTCP)
		if err != nil {
			return err
		}
		// Two, whose cookies may be the same, their listener's: it has one from
		// when it was first listed.
		conn, err := diag.Open()
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if err := conn.Dump(diag.Filter{MPTCP: true}, func(diag.Socket) error { return nil }); err != nil {
			return err
		}
		for range 2 {
			client, err := scanConnect(at, protocolMPTCP)
			if err != nil {
				return err
			}
			if err := client.shut(); err != nil {
				return err
			}
			defer journaltest.CloseAll([]int{int(client)})
		}
		r, err := scanSettles("never-accepted 2/2, peer-open 2/2")
		if err != nil {
			return err
		}
		me, err := thisProcess()
		if err != nil {
			return err
		}
		if p := r.Kinds[0].Programs; len(p) != 1 || p[0].Owner != me || p[0].Sockets != 2 {
			t.Errorf("whose: %+v", p)
		}
		return listener.close()
	})
}
