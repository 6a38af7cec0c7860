package sock

import (
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// Addresses go to the kernel and come back the same, from a real socket.
func TestAddressesAreTheKernels(t *testing.T) {
	for family, address := range map[journal.Family]string{journal.IPv4: "127.0.0.1", journal.IPv6: "::1"} {
		number, _ := domain(family)
		fd, err := unix.Socket(number, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		want := netip.AddrPortFrom(netip.MustParseAddr(address), 0)
		if err := unix.Bind(fd, sockaddr(family, want)); err != nil {
			t.Fatalf("bind(%s): %v", want, err)
		}
		_, got, err := askAddress(unix.SYS_GETSOCKNAME, fd, 0)
		if err != nil || got.Addr() != want.Addr() || got.Port() == 0 {
			t.Errorf("getsockname: %s, %v; want %s and a port", got, err, want.Addr())
		}
		if _, _, err := askAddress(unix.SYS_GETPEERNAME, fd, 0); !errors.Is(err, unix.ENOTCONN) {
			t.Errorf("getpeername: %v, want ENOTCONN", err)
		}
	}
}

func TestAddressesCutShort(t *testing.T) {
	var r rawAddress
	r.buf[0] = unix.AF_INET
	for r.size = range uint32(unix.SizeofSockaddrInet4) {
		if a := r.addrPort(); a.IsValid() {
			t.Errorf("%d bytes gave %s", r.size, a)
		}
	}
}

func TestErrnoNames(t *testing.T) {
	for err, want := range map[error]journal.Errno{
		nil: "", unix.ECONNREFUSED: "ECONNREFUSED", unix.EAGAIN: "EAGAIN",
		&CallError{Op: "connect", Err: unix.ETIMEDOUT}: "ETIMEDOUT",
	} {
		if got := ErrnoName(err); got != want {
			t.Errorf("%v: got %q, want %q", err, got, want)
		}
	}
}
