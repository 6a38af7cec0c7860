package diag

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockproof/lib/witness/internal/nstest"
	"sockproof/lib/witness/tcpstate"
)

// What TCP_INFO says of a descriptor, a lookup says too.
func TestLookupInfo(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	listener, at := nstest.Listen(t, addr("127.0.0.1:0"))
	conn := nstest.Connect(t, listener, at)
	if _, err := unix.Write(conn.Client.FD, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	want, err := unix.GetsockoptTCPInfo(conn.Client.FD, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		t.Fatal(err)
	}
	s, found, err := c.LookupInfo(conn.ClientAddr, at, 0)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if s.Flow.RTO != want.Rto || s.Flow.DataSegments != 1 || s.Flow.Backoff != want.Backoff {
		t.Errorf("%+v, TCP_INFO says RTO %d, backoff %d", s.Flow, want.Rto, want.Backoff)
	}
	if s.Flow.PeerTold && (s.Flow.PeerWindow != want.Snd_wnd || s.Flow.MSS != want.Snd_mss) {
		t.Errorf("peer's window %d, MSS %d, TCP_INFO says %d, %d", s.Flow.PeerWindow, s.Flow.MSS, want.Snd_wnd, want.Snd_mss)
	}
	if s.Flow.WindowTold && s.Flow.Window != want.Rcv_wnd {
		t.Errorf("window %d, TCP_INFO says %d", s.Flow.Window, want.Rcv_wnd)
	}
	if plain, _, err := c.Lookup(conn.ClientAddr, at); err != nil || plain.Flow != (Flow{}) || plain.Info != (Info{}) {
		t.Errorf("not asked for: %+v, %v", plain, err)
	}
}

// A listener with one place more than its backlog says how many SYNs it dropped.
func TestListenerDrops(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	at := &unix.SockaddrInet4{Port: 8080, Addr: [4]byte{127, 0, 0, 1}}
	if err := unix.Bind(fd, at); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(client)
		_ = unix.Connect(client, at) // two of them wait
	}
	var s Socket
	err = c.Dump(Filter{States: 1 << tcpstate.Listen, Memory: true}, func(found Socket) error { s = found; return nil })
	if err != nil || s.Local != netip.MustParseAddrPort("127.0.0.1:8080") || s.RxQueue != 2 || s.TxQueue != 1 || s.Drops < 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

// A socket that is bound and does not listen is in a dump that asks for it, where the kernel knows to.
func TestBound(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: 8080, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := c.Dump(Filter{States: 1 << tcpstate.Bound}, func(Socket) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(string(release), "6.18.") && n != 1 {
		t.Errorf("%d found", n)
	}
}
