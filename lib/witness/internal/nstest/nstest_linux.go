package nstest

import (
	"errors"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Enter moves the calling goroutine, and its thread with it, into a new network
// namespace whose lo is up. The goroutine stays locked to the thread, so that
// both end together and no other test ever runs on it: call it in each subtest
// that needs it. Where there are no namespaces to be had, the test is skipped.
func Enter(t testing.TB) {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread() // nothing changed: the thread is as good as before
		if errors.Is(err, unix.EPERM) {
			t.Skipf("skip: unshare(CLONE_NEWNET): %v", err)
		}
		t.Fatalf("unshare(CLONE_NEWNET): %v", err)
	}
	up(t, "lo")
}

// up brings an interface up.
func up(t testing.TB, name string) {
	t.Helper()
	s := must(unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0))(t, "socket")
	defer func() { check(t, "close", unix.Close(s)) }()
	ifr := must(unix.NewIfreq(name))(t, "interface name")
	check(t, "SIOCGIFFLAGS", unix.IoctlIfreq(s, unix.SIOCGIFFLAGS, ifr))
	ifr.SetUint16(ifr.Uint16() | unix.IFF_UP)
	check(t, "SIOCSIFFLAGS", unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, ifr))
}

// Sock is a TCP socket, closed when the test ends if not before.
type Sock struct{ FD int }

// Close closes the socket, once: its number may soon be another's.
func (s *Sock) Close() {
	if s.FD >= 0 {
		_ = unix.Close(s.FD) // a connection that was reset closes as well as any
	}
	s.FD = -1
}

// Conn is an established connection, both its ends.
type Conn struct {
	Client, Server         *Sock
	ClientAddr, ServerAddr netip.AddrPort
}

// Socket makes a TCP socket of the family of a.
func Socket(t testing.TB, a netip.Addr) *Sock {
	t.Helper()
	s := &Sock{must(newSocket(a, unix.IPPROTO_TCP))(t, "socket")}
	t.Cleanup(s.Close)
	return s
}

// MPTCPSocket makes an MPTCP socket. Where the kernel has none, the test is skipped.
func MPTCPSocket(t testing.TB, a netip.Addr) *Sock {
	t.Helper()
	fd, err := newSocket(a, unix.IPPROTO_MPTCP)
	if errors.Is(err, unix.EPROTONOSUPPORT) || errors.Is(err, unix.ENOPROTOOPT) {
		t.Skipf("skip: MPTCP cannot be had here: %v", err)
	}
	check(t, "socket(IPPROTO_MPTCP)", err)
	s := &Sock{fd}
	t.Cleanup(s.Close)
	return s
}

func newSocket(a netip.Addr, protocol int) (fd int, err error) {
	family := unix.AF_INET6
	if a.Is4() {
		family = unix.AF_INET
	}
	return unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, protocol)
}

// Listen makes a listener at a, at a port of the kernel's choice if a has none.
func Listen(t testing.TB, a netip.AddrPort) (*Sock, netip.AddrPort) {
	t.Helper()
	return ListenSocket(t, Socket(t, a.Addr()), a)
}

// ListenSocket is Listen for a socket that is there already.
func ListenSocket(t testing.TB, s *Sock, a netip.AddrPort) (*Sock, netip.AddrPort) {
	t.Helper()
	check(t, "bind", unix.Bind(s.FD, Sockaddr(a)))
	check(t, "listen", unix.Listen(s.FD, 4096))
	return s, local(t, s.FD)
}

// Connect connects a new socket to the listener and accepts it there. The
// client's family is that of to.
func Connect(t testing.TB, listener *Sock, to netip.AddrPort) Conn {
	t.Helper()
	return ConnectSocket(t, Socket(t, to.Addr()), listener, to)
}

// ConnectSocket is Connect for a client that is there already.
func ConnectSocket(t testing.TB, client, listener *Sock, to netip.AddrPort) Conn {
	t.Helper()
	check(t, "connect", unix.Connect(client.FD, Sockaddr(to)))
	fd, _, err := unix.Accept4(listener.FD, unix.SOCK_CLOEXEC)
	check(t, "accept", err)
	server := &Sock{fd}
	t.Cleanup(server.Close)
	return Conn{Client: client, Server: server, ClientAddr: local(t, client.FD), ServerAddr: to}
}

// Until waits, a few seconds at most, for a condition.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s", what)
		}
	}
}

// Sockaddr is a in the form that system calls take.
func Sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

func local(t testing.TB, fd int) netip.AddrPort {
	t.Helper()
	switch sa := must(unix.Getsockname(fd))(t, "getsockname").(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	default:
		t.Fatalf("getsockname: %T", sa)
		return netip.AddrPort{}
	}
}

func check(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// must is check for a call that returns a value: must(call())(t, "what").
func must[T any](v T, err error) func(testing.TB, string) T {
	return func(t testing.TB, what string) T {
		t.Helper()
		check(t, what, err)
		return v
	}
}
