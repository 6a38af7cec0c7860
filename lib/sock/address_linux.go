package sock

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// domain is the address family for socket(2).
func domain(f journal.Family) (number int, name string) {
	if f == journal.IPv6 {
		return unix.AF_INET6, "AF_INET6"
	}
	return unix.AF_INET, "AF_INET"
}

// sockaddr is the address for a socket of the family; an IPv4 address for an
// IPv6 socket is mapped (RFC 4291 §2.5.5.2).
func sockaddr(f journal.Family, a netip.AddrPort) unix.Sockaddr {
	if f == journal.IPv6 {
		return &unix.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port())}
	}
	return &unix.SockaddrInet4{Addr: a.Addr().Unmap().As4(), Port: int(a.Port())}
}

// rawAddress is room for any address the kernel returns.
type rawAddress struct {
	buf  [unix.SizeofSockaddrAny]byte
	size uint32
}

// addrPort decodes it; zero for families other than IPv4 and IPv6.
func (r *rawAddress) addrPort() netip.AddrPort {
	b := r.buf[:min(int(r.size), len(r.buf))]
	switch {
	case len(b) >= unix.SizeofSockaddrInet4 && binary.NativeEndian.Uint16(b) == unix.AF_INET:
		// struct sockaddr_in: family, port, address (ip(7)).
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[2:]))
	case len(b) >= unix.SizeofSockaddrInet6 && binary.NativeEndian.Uint16(b) == unix.AF_INET6:
		// struct sockaddr_in6: family, port, flow label, address, scope (ipv6(7)).
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])).Unmap(), binary.BigEndian.Uint16(b[2:]))
	}
	return netip.AddrPort{}
}

// askAddress makes a system call of the form call(fd, address, size, flags).
// The functions of x/sys ask for SO_PROTOCOL after it, a system call on the
// socket that the journal would not show.
func askAddress(number uintptr, fd, flags int) (n int, a netip.AddrPort, err error) {
	var raw rawAddress
	raw.size = uint32(len(raw.buf))
	r, _, errno := unix.Syscall6(number, uintptr(fd), uintptr(unsafe.Pointer(&raw.buf)),
		uintptr(unsafe.Pointer(&raw.size)), uintptr(flags), 0, 0)
	if errno != 0 {
		return -1, netip.AddrPort{}, errno
	}
	return int(r), raw.addrPort(), nil
}
