package diag

import (
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"sockproof/lib/witness/internal/nstest"
	"sockproof/lib/witness/tcpstate"
)

var addr = netip.MustParseAddrPort

// open opens a Conn in the thread's namespace, closed when the test ends.
func open(t testing.TB) *Conn {
	t.Helper()
	c, err := Open()
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

// lookup is c.Lookup of a socket that is there.
func lookup(t testing.TB, c *Conn, local, remote netip.AddrPort) Socket {
	t.Helper()
	s, ok, err := c.Lookup(local, remote)
	if err != nil || !ok {
		t.Fatalf("Lookup(%v, %v) = %v, %v", local, remote, ok, err)
	}
	return s
}

// networks are the ways in which two sockets of one host reach each other.
var networks = []struct {
	name         string
	listen, dial string // addresses; the listener's port is the kernel's choice
	family       uint8  // of the accepted socket
	local        string // its local address
}{
	{"IPv4", "127.0.0.1:0", "127.0.0.1", FamilyIPv4, "127.0.0.1"},
	{"IPv6", "[::1]:0", "::1", FamilyIPv6, "::1"},
	{"IPv4 into an IPv6 socket", "[::]:0", "127.0.0.1", FamilyIPv6, "127.0.0.1"},
	{"IPv4-mapped at both ends", "[::]:0", "::ffff:127.0.0.1", FamilyIPv6, "127.0.0.1"},
}

func TestLookup(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			nstest.Enter(t)
			c := open(t)
			listener, at := nstest.Listen(t, addr(n.listen))
			to := netip.AddrPortFrom(netip.MustParseAddr(n.dial), at.Port())

			s := lookup(t, c, at, netip.AddrPort{})
			if s.StateName() != "LISTEN" || s.Inode == 0 || s.TxQueue != 4096 || s.RxQueue != 0 {
				t.Errorf("listener: %+v, want LISTEN with an inode, a backlog of 4096, none waiting", s)
			}

			conn := nstest.Connect(t, listener, to)
			if _, err := unix.Write(conn.Client.FD, []byte("hello")); err != nil {
				t.Fatal(err)
			}
			client := lookup(t, c, conn.ClientAddr, to)
			server := lookup(t, c, to, conn.ClientAddr)
			if client.StateName() != "ESTABLISHED" || server.StateName() != "ESTABLISHED" {
				t.Errorf("states %s and %s, want ESTABLISHED", client.StateName(), server.StateName())
			}
			if server.Family != n.family || server.Local.Addr() != netip.MustParseAddr(n.local) {
				t.Errorf("accepted socket of family %d at %v, want %d at %s", server.Family, server.Local, n.family, n.local)
			}
			if server.RxQueue != 5 {
				t.Errorf("%d bytes unread, want 5", server.RxQueue)
			}
			if client.Cookie == 0 || client.Cookie == server.Cookie || client.Inode == 0 || client.Inode == server.Inode {
				t.Errorf("cookies %d and %d, inodes %d and %d: not each its own", client.Cookie, server.Cookie, client.Inode, server.Inode)
			}
			if want := socketCookie(t, conn.Client.FD); client.Cookie != want {
				t.Errorf("cookie %d, SO_COOKIE says %d", client.Cookie, want)
			}
		})
	}
}

func socketCookie(t *testing.T, fd int) uint64 {
	t.Helper()
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}

// The one to close first waits in TIME_WAIT, which no descriptor shows.
func TestLookupTimeWait(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			nstest.Enter(t)
			c := open(t)
			listener, at := nstest.Listen(t, addr(n.listen))
			conn := nstest.Connect(t, listener, netip.AddrPortFrom(netip.MustParseAddr(n.dial), at.Port()))
			cookie := lookup(t, c, conn.ClientAddr, conn.ServerAddr).Cookie
			conn.Client.Close()
			conn.Server.Close()

			var s Socket
			nstest.Until(t, "TIME_WAIT", func() bool {
				s = lookup(t, c, conn.ClientAddr, conn.ServerAddr)
				return s.StateName() == "TIME_WAIT"
			})
			if s.Inode != 0 || s.TimerName() != "timewait" || s.TimerMS == 0 || s.TimerMS > 60_000 {
				t.Errorf("inode %d, timer %s, %d ms; want 0, timewait, up to 60,000", s.Inode, s.TimerName(), s.TimerMS)
			}
			if s.Cookie != cookie {
				t.Errorf("cookie %d, before it waited %d: not the same socket", s.Cookie, cookie)
			}
			nstest.Until(t, "the other end's disappearance", func() bool {
				_, ok, err := c.Lookup(conn.ServerAddr, conn.ClientAddr)
				return err == nil && !ok
			})
		})
	}
}

// Where there is no connection the kernel answers with the listener.
func TestLookupIsExact(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			nstest.Enter(t)
			c := open(t)
			_, at := nstest.Listen(t, addr(n.listen))
			to := netip.AddrPortFrom(netip.MustParseAddr(n.dial), at.Port())
			stranger := netip.AddrPortFrom(to.Addr(), 1)
			if s, ok, err := c.Lookup(to, stranger); ok || err != nil {
				t.Errorf("Lookup(%v, %v) = %+v, %v, %v; want none", to, stranger, s, ok, err)
			}
			nobody := netip.AddrPortFrom(to.Addr(), 2)
			if s, ok, err := c.Lookup(nobody, netip.AddrPort{}); ok || err != nil {
				t.Errorf("Lookup(%v) = %+v, %v, %v; want no listener", nobody, s, ok, err)
			}
		})
	}
}

func TestLookupRefuses(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	for _, tt := range [][2]netip.AddrPort{
		{{}, {}},
		{addr("127.0.0.1:1"), addr("[::1]:1")},
		{addr("[fe80::1%1]:1"), addr("[fe80::2%1]:1")},
	} {
		if _, _, err := c.Lookup(tt[0], tt[1]); err == nil {
			t.Errorf("Lookup(%v, %v): no error", tt[0], tt[1])
		}
	}
}

// A client that hears nothing stays in SYN_SENT, and the listener's side of it
// a request in SYN_RECV, which no descriptor shows.
func TestLookupOpening(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	s := nstest.Socket(t, netip.MustParseAddr("127.0.0.1"))
	if err := unix.SetNonblock(s.FD, true); err != nil {
		t.Fatal(err)
	}
	if err := dropAll(s.FD); err != nil {
		t.Fatal(err)
	}
	_, at := nstest.Listen(t, addr("127.0.0.1:0"))
	if err := unix.Connect(s.FD, nstest.Sockaddr(at)); !errors.Is(err, unix.EINPROGRESS) {
		t.Fatalf("connect: %v", err)
	}
	var found []Socket
	err := c.Dump(Filter{States: 1<<tcpstate.SynSent | 1<<tcpstate.SynRecv}, func(s Socket) error {
		found = append(found, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 {
		t.Fatalf("found %+v, want one in SYN_SENT and one in SYN_RECV", found)
	}
	for _, s := range found {
		again := lookup(t, c, s.Local, s.Remote)
		if again.Cookie != s.Cookie || again.TimerName() != "on" || again.TimerMS == 0 {
			t.Errorf("%+v, want cookie %d and a timer that is on", again, s.Cookie)
		}
		if request := s.StateName() == "SYN_RECV"; request != (s.Inode == 0) {
			t.Errorf("%s has inode %d; a request has none, a socket has one", s.StateName(), s.Inode)
		}
	}
}

// dropAll makes a socket deaf: a filter that accepts no packet.
func dropAll(fd int) error {
	reject := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K}}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &reject[0]})
}

// A Conn belongs to the namespace where it was opened, whoever uses it.
func TestConnWorksFromAnyThread(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	_, at := nstest.Listen(t, addr("127.0.0.1:0"))
	done := make(chan bool)
	go func() { // on a thread of the process's own namespace
		_, ok, err := c.Lookup(at, netip.AddrPort{})
		done <- ok && err == nil
	}()
	if !<-done {
		t.Error("not found from another thread")
	}
}

func BenchmarkLookup(b *testing.B) {
	nstest.Enter(b)
	c := open(b)
	listener, at := nstest.Listen(b, addr("127.0.0.1:0"))
	conn := nstest.Connect(b, listener, at)
	for name, remote := range map[string]netip.AddrPort{"found": conn.ClientAddr, "listener instead": addr("127.0.0.1:1")} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := c.Lookup(at, remote); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
