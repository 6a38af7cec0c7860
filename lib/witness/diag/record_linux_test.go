package diag

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"sockproof/lib/witness/internal/nstest"
	"sockproof/lib/witness/tcpstate"
)

var record = flag.Bool("record", false, "record the kernel's replies in testdata")

// What the running kernel answers reads like what was recorded, but for the
// numbers that are new each time. With -record it is written to
// testdata/replies.txt; TestParseRecorded's table is then to be brought up to
// date by hand.
func TestRecordedStillHolds(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	replies := recorded(t)
	var file bytes.Buffer
	note := func(name string, local, remote netip.AddrPort) {
		t.Helper()
		got := lasting(lookup(t, c, local, remote)) // leaves the reply in the buffer
		m, _, err := nextMessage(c.buf)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&file, "%s: %x\n", name, m.payload)
		if *record {
			return
		}
		want, err := parseMessage(replies[name])
		if err != nil || got != lasting(want) {
			t.Errorf("%s: %+v, recorded %+v, %v", name, got, lasting(want), err)
		}
	}
	bound := func(a string) *nstest.Sock {
		s := nstest.Socket(t, addr(a).Addr())
		if err := unix.Bind(s.FD, nstest.Sockaddr(addr(a))); err != nil {
			t.Fatal(err)
		}
		return s
	}

	listener, at := nstest.Listen(t, addr("127.0.0.1:8080"))
	note("listener", at, netip.AddrPort{})
	conn := nstest.ConnectSocket(t, bound("127.0.0.1:40000"), listener, at)
	if _, err := unix.Write(conn.Client.FD, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	note("established, 5 bytes unread", at, conn.ClientAddr)

	listener6, at6 := nstest.Listen(t, addr("[::]:8081"))
	to6 := addr("[::1]:8081")
	gone := nstest.ConnectSocket(t, bound("[::1]:40001"), listener6, to6)
	gone.Client.Close()
	gone.Server.Close()
	nstest.Until(t, "TIME_WAIT", func() bool {
		return lookup(t, c, gone.ClientAddr, to6).State == tcpstate.TimeWait
	})
	note("time-wait over IPv6", gone.ClientAddr, to6)
	note("listener on any address", at6, netip.AddrPort{})
	mapped := nstest.ConnectSocket(t, bound("127.0.0.1:40002"), listener6, addr("127.0.0.1:8081"))
	note("IPv4 in an IPv6 socket", addr("127.0.0.1:8081"), mapped.ClientAddr)

	if *record {
		if err := os.WriteFile("testdata/replies.txt", file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// lasting is s without what is another socket's next time.
func lasting(s Socket) Socket {
	s.Inode, s.Cookie, s.UID, s.TimerMS = 0, 0, 0, 0
	return s
}
