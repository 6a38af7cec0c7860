package capture

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockproof/lib/packet"
	"sockproof/lib/witness/internal/nstest"
)

// open captures on lo in a new namespace.
func open(t testing.TB) *Capture {
	t.Helper()
	nstest.Enter(t)
	c, err := Open("lo")
	if errors.Is(err, unix.EPERM) {
		t.Skipf("skip: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func watch(t testing.TB, c *Capture, ports ...uint16) {
	t.Helper()
	for _, p := range ports {
		if err := c.Watch(p); err != nil {
			t.Fatal(err)
		}
	}
}

// drain decodes all that waits, none of which may be lost.
func drain(t testing.TB, c *Capture) []packet.Packet {
	t.Helper()
	var list []packet.Packet
	lost, err := c.Drain(func(raw []byte) bool {
		p, err := packet.Decode(slices.Clone(raw))
		if err != nil {
			t.Errorf("%v: %x", err, raw)
		}
		list = append(list, p)
		return true
	})
	if err != nil || lost != 0 {
		t.Fatalf("lost %d, error %v", lost, err)
	}
	return list
}

// from renders packets as seen by the client at port p: "> SYN", "< SYN,ACK".
func from(p uint16, list []packet.Packet) string {
	var s []string
	for _, q := range list {
		arrow := "< "
		if q.Src.Port() == p {
			arrow = "> "
		}
		s = append(s, arrow+q.Flags.String())
	}
	return strings.Join(s, " ")
}

func TestCaptureOfAConnection(t *testing.T) {
	for _, tt := range []struct {
		name, listen, dial string
		setup              func(client *nstest.Sock) error
		header             int
	}{
		{"IPv4", "127.0.0.1:0", "127.0.0.1", nil, 20},
		{"IPv6", "[::1]:0", "::1", nil, 40},
		{"IPv4 into an IPv6 socket", "[::]:0", "127.0.0.1", nil, 20},
		{"IPv4 with options", "127.0.0.1:0", "127.0.0.1", func(client *nstest.Sock) error {
			const nops = "\x01\x01\x01\x01\x01\x01\x01\x00"
			return unix.SetsockoptString(client.FD, unix.IPPROTO_IP, unix.IP_OPTIONS, nops)
		}, 28},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t)
			listener, at := nstest.Listen(t, netip.MustParseAddrPort(tt.listen))
			watch(t, c, at.Port())
			to := netip.AddrPortFrom(netip.MustParseAddr(tt.dial), at.Port())
			client := nstest.Socket(t, to.Addr())
			if tt.setup != nil {
				if err := tt.setup(client); err != nil {
					t.Fatal(err)
				}
			}
			conn := nstest.ConnectSocket(t, client, listener, to)
			if _, err := unix.Write(conn.Client.FD, []byte("hello")); err != nil {
				t.Fatal(err)
			}
			if err := unix.SetsockoptLinger(conn.Server.FD, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
				t.Fatal(err)
			}
			conn.Server.Close()

			// What a call caused has been captured when it returns.
			list := drain(t, c)
			port := conn.ClientAddr.Port()
			got := from(port, list)
			// The acknowledgement of "hello" may or may not have come before the RST.
			if want := "> SYN < SYN,ACK > ACK > PSH,ACK < ACK < RST,ACK"; got != want && got != strings.Replace(want, " < ACK <", " <", 1) {
				t.Fatalf("captured %s, want %s", got, want)
			}
			syn, data := list[0], list[3]
			if syn.Src.Addr() != to.Addr() || syn.Dst != to || syn.HeaderLen != tt.header {
				t.Errorf("SYN %v > %v, IP header of %d bytes; want > %v, %d", syn.Src, syn.Dst, syn.HeaderLen, to, tt.header)
			}
			if string(data.Payload) != "hello" || data.Seq != syn.Seq+1 {
				t.Errorf("data %q at %d, want hello at %d", data.Payload, data.Seq, syn.Seq+1)
			}
			if rest := drain(t, c); len(rest) != 0 {
				t.Errorf("captured twice: %s", from(port, rest))
			}
		})
	}
}

// Others' packets, and those of before Watch, are not taken.
func TestCaptureOfWatchedPortsOnly(t *testing.T) {
	c := open(t)
	listen := func() (*nstest.Sock, netip.AddrPort) {
		return nstest.Listen(t, netip.MustParseAddrPort("127.0.0.1:0"))
	}
	watched, at := listen()
	late, lateAt := listen()
	other, otherAt := listen()

	nstest.Connect(t, watched, at)
	if list := drain(t, c); len(list) != 0 {
		t.Errorf("before any Watch: %v", list)
	}
	nstest.Connect(t, watched, at) // not drained before Watch: gone all the same
	watch(t, c, at.Port())
	nstest.Connect(t, other, otherAt)
	nstest.Connect(t, late, lateAt)
	seen := nstest.Connect(t, watched, at)
	watch(t, c, lateAt.Port(), at.Port()) // again: no harm, and nothing waiting is lost
	seenLate := nstest.Connect(t, late, lateAt)

	list := drain(t, c)
	const handshake = "> SYN < SYN,ACK > ACK"
	if len(list) != 6 || from(seen.ClientAddr.Port(), list[:3]) != handshake || from(seenLate.ClientAddr.Port(), list[3:]) != handshake {
		t.Errorf("captured %d packets: %s; want the handshakes of the two connections watched", len(list), from(seen.ClientAddr.Port(), list))
	}

	// A client's port is as good as a server's.
	client := nstest.Socket(t, netip.MustParseAddr("127.0.0.1"))
	if err := unix.Bind(client.FD, nstest.Sockaddr(netip.MustParseAddrPort("127.0.0.1:40000"))); err != nil {
		t.Fatal(err)
	}
	watch(t, c, 40000)
	nstest.ConnectSocket(t, client, other, otherAt)
	if got := from(40000, drain(t, c)); got != handshake {
		t.Errorf("by the client's port: %s, want %s", got, handshake)
	}
}

func TestCaptureIsTCPOnly(t *testing.T) {
	c := open(t)
	watch(t, c, 8080)
	for _, a := range []string{"127.0.0.1:8080", "[::1]:8080"} {
		to := netip.MustParseAddrPort(a)
		family := unix.AF_INET6
		if to.Addr().Is4() {
			family = unix.AF_INET
		}
		udp, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(unix.Sendto(udp, []byte("x"), 0, nstest.Sockaddr(to)), unix.Close(udp)); err != nil {
			t.Fatal(err)
		}
	}
	if list := drain(t, c); len(list) != 0 {
		t.Errorf("captured %v", list)
	}
}

// Segments of up to 64 KiB pass lo in one piece, and none is missing. Some come
// twice: what the receiver had no room for is sent again.
func TestCaptureOfBulk(t *testing.T) {
	c := open(t)
	listener, at := nstest.Listen(t, netip.MustParseAddrPort("127.0.0.1:0"))
	watch(t, c, at.Port())
	conn := nstest.Connect(t, listener, at)
	next := drain(t, c)[0].Seq + 1 // the first sequence number not captured yet
	first := next

	const total = 1 << 20
	read := 0
	buf := make([]byte, 128<<10)
	for sent := 0; sent < total; {
		n, err := unix.Write(conn.Client.FD, buf[:min(len(buf), total-sent)])
		if err != nil {
			t.Fatal(err)
		}
		sent += n
		for read < sent {
			n, err := unix.Read(conn.Server.FD, buf)
			if err != nil {
				t.Fatal(err)
			}
			read += n
		}
		for _, p := range drain(t, c) {
			if p.Src != conn.ClientAddr {
				continue
			}
			if int32(p.Seq-next) > 0 {
				t.Fatalf("captured %d after %d: something is missing", p.Seq-first, next-first)
			}
			if end := p.Seq + uint32(len(p.Payload)); int32(end-next) > 0 {
				next = end
			}
		}
	}
	if next-first != total {
		t.Errorf("%d bytes captured of %d", next-first, total)
	}
}

func TestDrainReportsLoss(t *testing.T) {
	c := open(t)
	listener, at := nstest.Listen(t, netip.MustParseAddrPort("127.0.0.1:0"))
	other, otherAt := nstest.Listen(t, netip.MustParseAddrPort("127.0.0.1:0"))
	watch(t, c, at.Port())
	if err := unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 0); err != nil { // the least there is
		t.Fatal(err)
	}
	const connections = 20
	for range connections {
		nstest.Connect(t, listener, at)
		nstest.Connect(t, other, otherAt) // whose loss is none
	}
	taken := 0
	lost, err := c.Drain(func([]byte) bool { taken++; return true })
	if err != nil || lost == 0 || taken+lost != 3*connections {
		t.Errorf("taken %d, lost %d, error %v; want some lost, %d in all", taken, lost, err, 3*connections)
	}
	if lost, err := c.Drain(func([]byte) bool { return true }); lost != 0 || err != nil {
		t.Errorf("lost %d again, error %v", lost, err)
	}
}

// A packet that does not fit is not handed out cut: it is lost, and said to be.
func TestDrainReportsTruncation(t *testing.T) {
	c := open(t)
	listener, at := nstest.Listen(t, netip.MustParseAddrPort("127.0.0.1:0"))
	watch(t, c, at.Port())
	c.buf = make([]byte, 52) // an ACK fits, a SYN does not
	nstest.Connect(t, listener, at)
	taken := 0
	lost, err := c.Drain(func([]byte) bool { taken++; return true })
	if err != nil || lost != 2 || taken != 1 {
		t.Errorf("taken %d, lost %d, error %v; want the ACK, and SYN and SYN,ACK lost", taken, lost, err)
	}
}

func TestWatchBounds(t *testing.T) {
	c := open(t)
	if err := c.Watch(0); err == nil {
		t.Error("port 0: no error")
	}
	listener, at := nstest.Listen(t, netip.MustParseAddrPort("[::1]:60000"))
	for p := uint16(60000 - maxPorts + 1); p <= 60000; p++ {
		watch(t, c, p)
	}
	if err := c.Watch(60001); err == nil || !strings.Contains(err.Error(), "32 ports are watched already") {
		t.Errorf("one port too many: %v", err)
	}
	conn := nstest.Connect(t, listener, at)
	if got := from(conn.ClientAddr.Port(), drain(t, c)); got != "> SYN < SYN,ACK > ACK" {
		t.Errorf("the last of %d ports: captured %q", maxPorts, got)
	}
}

func TestOpenErrors(t *testing.T) {
	nstest.Enter(t)
	if _, err := Open("none0"); !errors.Is(err, unix.ENODEV) || !strings.Contains(err.Error(), `"none0"`) {
		t.Errorf("error %v, want ENODEV, naming the interface", err)
	}
	if _, err := Open("a name that is too long for one"); !errors.Is(err, unix.EINVAL) {
		t.Errorf("error %v, want EINVAL", err)
	}
}

// Without the capability the reason is said. A thread's own set can be emptied.
func TestOpenWithoutCapability(t *testing.T) {
	nstest.Enter(t)
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("lo"); !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), "CAP_NET_RAW is missing") {
		t.Errorf("error %v, want EPERM, naming the capability", err)
	}
}

func BenchmarkDrain(b *testing.B) {
	c := open(b)
	listener, at := nstest.Listen(b, netip.MustParseAddrPort("127.0.0.1:0"))
	watch(b, c, at.Port())
	conn := nstest.Connect(b, listener, at)
	one := []byte("x")
	for b.Loop() {
		b.StopTimer()
		if _, err := unix.Write(conn.Client.FD, one); err != nil {
			b.Fatal(err)
		}
		if _, err := unix.Read(conn.Server.FD, one); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if lost, err := c.Drain(func([]byte) bool { return true }); lost != 0 || err != nil {
			b.Fatal(lost, err)
		}
	}
}
