package trace

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockproof/lib/witness/internal/nstest"
)

// here enters a namespace of the test's own, and returns its number.
func here(t *testing.T) uint32 {
	nstest.Enter(t)
	link, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	var n uint32
	if _, err := fmt.Sscanf(link, "net:[%d]", &n); err != nil {
		t.Fatal(link, err)
	}
	return n
}

// allowed skips the test where the kernel may not be watched.
func allowed(t *testing.T, err error) {
	t.Helper()
	switch {
	case errors.Is(err, ErrPrivilege):
		t.Skipf("skip: needs root: %v", err)
	case err != nil:
		t.Fatal(err)
	}
}

// told reads all that comes within a second, or until enough has.
func told[T any](t *testing.T, read func(time.Time) (T, error), enough int) (all []T) {
	t.Helper()
	for deadline := time.Now().Add(time.Second); len(all) < enough; {
		x, err := read(deadline)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	return all
}

// loops are where the tests listen.
var loops = []string{"127.0.0.1:8080", "[::1]:8081"}

// inode is that of a socket's descriptors.
func inode(t *testing.T, s *nstest.Sock) uint64 {
	t.Helper()
	var stat unix.Stat_t
	if err := unix.Fstat(s.FD, &stat); err != nil {
		t.Fatal(err)
	}
	return stat.Ino
}

// TestResets: both ends of a connection that SO_LINGER {1, 0} aborts, and both of a call to a port
// that nobody listens on.
func TestResets(t *testing.T) {
	r, err := OpenResets(here(t))
	allowed(t, err)
	defer r.Close()
	for _, at := range loops {
		at := netip.MustParseAddrPort(at)
		listener, _ := nstest.Listen(t, at)
		c := nstest.Connect(t, listener, at)
		client, server := inode(t, c.Client), inode(t, c.Server)
		if err := unix.SetsockoptLinger(c.Server.FD, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
			t.Fatal(err)
		}
		c.Server.Close()
		nobody := netip.AddrPortFrom(at.Addr(), 9)
		refused := call(t, nobody)

		all := told(t, r.Read, 4)
		want := map[Reset]bool{
			{Local: c.ServerAddr, Remote: c.ClientAddr, State: "ESTABLISHED", Inode: server, PID: os.Getpid()}: true,
			{Received: true, Local: c.ClientAddr, Remote: c.ServerAddr, State: "ESTABLISHED", Inode: client}:   true,
			{Local: nobody, Remote: refused, Answers: "SYN"}:                                                   true,
			{Received: true, Local: refused, Remote: nobody, State: "SYN_SENT"}:                                true,
		}
		for _, x := range all {
			if age := time.Since(x.At); age < -time.Second || age > time.Minute { // two clocks, which differ by microseconds
				t.Errorf("%+v: %v ago", x, age)
			}
			if r.layout.resetHasReason && !x.Received && (x.Answers == "SYN") != (x.Reason == "no_socket") {
				t.Errorf("%+v: reason %q", x, x.Reason)
			}
			x.At, x.Reason, x.Program = time.Time{}, "", ""
			if x.Received {
				x.PID = 0 // the loop back: in whose system call does not matter
			}
			if x.Remote == nobody {
				x.Inode = 0 // closed by now
			}
			if !want[x] {
				t.Errorf("not expected: %+v", x)
			}
			delete(want, x)
		}
		for x := range want {
			t.Errorf("not told: %+v", x)
		}
	}
	if n, err := r.Lost(); n != 0 || err != nil {
		t.Errorf("%d were lost, %v", n, err)
	}
}

// call calls a port that nobody listens on, and returns the caller's address.
func call(t *testing.T, to netip.AddrPort) netip.AddrPort {
	t.Helper()
	family, from, sa := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 5000}), unix.Sockaddr(&unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: int(to.Port())})
	if to.Addr().Is6() {
		family, from, sa = unix.AF_INET6, &unix.SockaddrInet6{Addr: to.Addr().As16(), Port: 5000}, &unix.SockaddrInet6{Addr: to.Addr().As16(), Port: int(to.Port())}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, from); err != nil {
		t.Fatal(err)
	}
	if err := unix.Connect(fd, sa); !errors.Is(err, unix.ECONNREFUSED) {
		t.Fatalf("connect to %v: %v; want ECONNREFUSED", to, err)
	}
	return netip.AddrPortFrom(to.Addr(), 5000)
}

// TestStays: CLOSE_WAIT is inside until the program closes, with the socket's inode; what another
// namespace does is not told.
func TestStays(t *testing.T) {
	s, err := OpenStays(here(t), true)
	allowed(t, err)
	defer s.Close()
	elsewhere, err := OpenStays(1, true) // no namespace has that number
	allowed(t, err)
	defer elsewhere.Close()
	for _, at := range loops {
		at := netip.MustParseAddrPort(at)
		listener, _ := nstest.Listen(t, at)
		c := nstest.Connect(t, listener, at)
		server := inode(t, c.Server)
		c.Client.Close()
		// The acknowledgement of the FIN may be delayed: the client is in FIN_WAIT1 so long.
		want := Change{From: "ESTABLISHED", To: "CLOSE_WAIT", Local: c.ServerAddr, Remote: c.ClientAddr, Inode: server}
		if in := inside(t, s); !slices.Contains(in, want) || len(in) > 2 {
			t.Errorf("inside: %+v; want %+v", in, want)
		}
		c.Server.Close()
		if in := inside(t, s); len(in) != 0 {
			t.Errorf("inside after the close: %+v", in)
		}
	}
	entered, err := s.Entered()
	if err != nil || entered["CLOSE_WAIT"] != 2 || entered["LAST_ACK"] != 2 || entered["SYN_SENT"] != 2 {
		t.Errorf("entered: %v, %v", entered, err)
	}
	var total uint64
	for _, n := range entered {
		total += n
	}
	if all := told(t, s.Read, int(total)); len(all) != int(total) {
		t.Errorf("%d changes were told, %d were counted", len(all), total)
	}
	if n, err := elsewhere.Entered(); len(n) != 0 || err != nil {
		t.Errorf("of another namespace: %v, %v", n, err)
	}
}

func inside(t *testing.T, s *Stays) (all []Change) {
	t.Helper()
	err := s.Inside(func(_ uint64, c Change) {
		c.At = time.Time{}
		all = append(all, c)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
