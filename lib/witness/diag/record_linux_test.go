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

// With -record this test writes what the running kernel answers to
// testdata/replies.txt, for TestParseRecorded, whose table is then to be
// brought up to date by hand.
var record = flag.Bool("record", false, "record the kernel's replies in testdata")

func TestRecord(t *testing.T) {
	if !*record {
		t.Skip("skip: -record is not set")
	}
	nstest.Enter(t)
	c := open(t)
	var file bytes.Buffer
	note := func(name string, local, remote netip.AddrPort) {
		lookup(t, c, local, remote) // leaves the reply in the buffer
		m, _, err := nextMessage(c.buf)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&file, "%s: %x\n", name, m.payload)
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

	if err := os.WriteFile("testdata/replies.txt", file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
