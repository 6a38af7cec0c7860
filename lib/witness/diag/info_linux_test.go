package diag

import (
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"sockproof/lib/witness/internal/nstest"
	"sockproof/lib/witness/tcpstate"
)

// infoOf dumps one socket, told by state and local port.
func infoOf(t testing.TB, c *Conn, f Filter) (found Socket) {
	t.Helper()
	n := 0
	f.Info = true
	if err := c.Dump(f, func(s Socket) error { found = s; n++; return nil }); err != nil {
		t.Fatal(err)
	}
	if n > 1 {
		t.Fatalf("%d sockets pass %+v", n, f)
	}
	return found
}

// TCP_INFO of the descriptor, read before and after, has the dump's between.
func TestInfoIsTCPInfo(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			nstest.Enter(t)
			c := open(t)
			listener, at := nstest.Listen(t, addr(n.listen))
			conn := nstest.Connect(t, listener, netip.AddrPortFrom(netip.MustParseAddr(n.dial), at.Port()))
			info := func() *unix.TCPInfo {
				i, err := unix.GetsockoptTCPInfo(conn.Server.FD, unix.IPPROTO_TCP, unix.TCP_INFO)
				if err != nil {
					t.Fatal(err)
				}
				return i
			}
			// Data, later an acknowledgement and later still the FIN, so that
			// no time is another's.
			later := func(since func(*unix.TCPInfo) uint32) {
				t.Helper()
				nstest.Until(t, "20 ms", func() bool { return since(info()) >= 20 })
			}
			later(func(i *unix.TCPInfo) uint32 { return i.Last_data_sent })
			if _, err := unix.Write(conn.Client.FD, []byte("hello")); err != nil {
				t.Fatal(err)
			}
			later(func(i *unix.TCPInfo) uint32 { return i.Last_data_recv })
			closeHalf(t, conn.Client)

			before := info()
			s := infoOf(t, c, Filter{LocalPort: at.Port(), States: 1 << tcpstate.CloseWait})
			after := info()
			for _, field := range []struct {
				name          string
				got           Since
				before, after uint32
			}{
				{"last_data_sent", s.Info.LastDataSent, before.Last_data_sent, after.Last_data_sent},
				{"last_data_recv", s.Info.LastDataRecv, before.Last_data_recv, after.Last_data_recv},
				{"last_ack_recv", s.Info.LastAckRecv, before.Last_ack_recv, after.Last_ack_recv},
			} {
				if !field.got.Told || field.got.MS < field.before || field.got.MS > field.after {
					t.Errorf("%s: %+v, TCP_INFO says %d, then %d", field.name, field.got, field.before, field.after)
				}
			}
			if i := s.Info; i.LastAckRecv.MS >= i.LastDataRecv.MS || i.LastDataRecv.MS >= i.LastDataSent.MS {
				t.Errorf("%+v: not in order", i)
			}
		})
	}
}

// What a full buffer keeps back was never sent.
func TestInfoNotSent(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	listener, at := nstest.Listen(t, addr("127.0.0.1:0"))
	conn := nstest.Connect(t, listener, at)
	if err := unix.SetNonblock(conn.Client.FD, true); err != nil {
		t.Fatal(err)
	}
	written := 0
	for {
		n, err := unix.Write(conn.Client.FD, make([]byte, 64<<10))
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		written += n
	}
	s := infoOf(t, c, Filter{RemotePort: at.Port()})
	if s.Info.NotSent == 0 || s.Info.NotSent > s.TxQueue || int(s.TxQueue) > written {
		t.Errorf("%d never sent of %d not acknowledged, of %d written", s.Info.NotSent, s.TxQueue, written)
	}
	if s := infoOf(t, c, Filter{LocalPort: at.Port(), States: 1 << tcpstate.Established}); s.Info.NotSent != 0 {
		t.Errorf("the other end: %+v", s)
	}
}

// Who does not ask is not told.
func TestInfoUnasked(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	listener, at := nstest.Listen(t, addr("127.0.0.1:0"))
	nstest.Connect(t, listener, at)
	err := c.Dump(Filter{}, func(s Socket) error {
		if s.Info != (Info{}) {
			t.Errorf("%+v", s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// MPTCP closes without a TCP FIN: only its own table shows that it has, while
// TCP's shows the subflows established.
func TestDumpMPTCP(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			nstest.Enter(t)
			c := open(t)
			a := addr(n.listen)
			listener, at := nstest.ListenSocket(t, nstest.MPTCPSocket(t, a.Addr()), a)
			to := netip.AddrPortFrom(netip.MustParseAddr(n.dial), at.Port())
			conn := nstest.ConnectSocket(t, nstest.MPTCPSocket(t, to.Addr()), listener, to)
			if _, err := unix.Write(conn.Client.FD, []byte("hello")); err != nil {
				t.Fatal(err)
			}
			wait := Filter{MPTCP: true, LocalPort: at.Port(), States: 1 << tcpstate.CloseWait}
			if s := infoOf(t, c, wait); s.State != 0 {
				t.Errorf("before the end: %+v", s)
			}
			closeHalf(t, conn.Client)
			var s Socket
			nstest.Until(t, "CLOSE_WAIT", func() bool {
				s = infoOf(t, c, wait)
				return s.State == tcpstate.CloseWait
			})
			if s.Family != n.family || s.Local.Addr() != netip.MustParseAddr(n.local) || s.Remote.Port() != conn.ClientAddr.Port() {
				t.Errorf("%+v, want family %d at %s from port %d", s, n.family, n.local, conn.ClientAddr.Port())
			}
			if s.Inode == 0 || s.RxQueue == 0 || s.Info.Fallback {
				t.Errorf("%+v, want an inode, and something unread, and no fallback", s)
			}
			twin := infoOf(t, c, Filter{LocalPort: at.Port(), RemotePort: conn.ClientAddr.Port()})
			if twin.State != tcpstate.Established || twin.Inode != s.Inode || twin.Local != s.Local || twin.Remote != s.Remote {
				t.Errorf("its subflow: %+v, want ESTABLISHED with the addresses and the inode of %+v", twin, s)
			}
			if s.Token == 0 || twin.Token != s.Token && twin.Token != 0 { // some kernels tell a subflow's to root alone
				t.Errorf("token %#x, its subflow's %#x", s.Token, twin.Token)
			}
			// The control: no TCP socket is in MPTCP's table.
			plain, plainAt := nstest.Listen(t, addr("127.0.0.1:0"))
			nstest.Connect(t, plain, plainAt)
			if s := infoOf(t, c, Filter{MPTCP: true, LocalPort: plainAt.Port()}); s.State != 0 {
				t.Errorf("a TCP socket in MPTCP's table: %+v", s)
			}
		})
	}
}

// A client whose peer knows no MPTCP is TCP on the wire: both tables show it.
func TestDumpMPTCPFallback(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	listener, at := nstest.Listen(t, addr("[::1]:0"))
	conn := nstest.ConnectSocket(t, nstest.MPTCPSocket(t, at.Addr()), listener, at)
	closeHalf(t, conn.Server)
	f := Filter{RemotePort: at.Port(), States: 1 << tcpstate.CloseWait}
	var own, twin Socket
	nstest.Until(t, "CLOSE_WAIT in both tables", func() bool { // MPTCP's comes a little later
		twin = infoOf(t, c, f)
		f.MPTCP = true
		own = infoOf(t, c, f)
		f.MPTCP = false
		return own.State != 0 && twin.State != 0
	})
	if !own.Info.Fallback || own.State != tcpstate.CloseWait || twin.State != tcpstate.CloseWait {
		t.Errorf("%+v and %+v, want CLOSE_WAIT and a fallback", own, twin)
	}
	if own.Inode != twin.Inode || own.Local != twin.Local || own.Remote != twin.Remote || own.Cookie == twin.Cookie {
		t.Errorf("%+v and %+v are not the same socket's", own, twin)
	}
}

// A kernel without MPTCP says that it knows no such thing, as one without IPv6
// does, and never lists another protocol's sockets.
func TestDumpWithoutMPTCP(t *testing.T) {
	c := fakeKernel(t, func(seq uint32) [][]byte { return [][]byte{reply(typeError, 0, seq, status(unix.ENOENT))} })
	err := c.Dump(Filter{Family: FamilyIPv4, MPTCP: true}, func(Socket) error { t.Error("a socket"); return nil })
	if !errors.Is(err, unix.ENOENT) {
		t.Errorf("error %v, want ENOENT", err)
	}
	// The protocol that is asked for where the attribute is passed over.
	nstest.Enter(t)
	c = open(t)
	c.seq++
	c.req.set(flagDump, c.seq, FamilyIPv4, allStates)
	c.req[reqProtocol] = 0
	if err := c.send(); err != nil {
		t.Fatal(err)
	}
	b, err := c.receive()
	if err != nil {
		t.Fatal(err)
	}
	if m, _, err := nextMessage(b); err != nil || !errors.Is(errno(m.payload), unix.ENOENT) {
		t.Errorf("message %+v, %v; want ENOENT", m, err)
	}
}
