package sock

import (
	"net/netip"

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

// addrPort is the address that the kernel returned; zero for other families.
func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port))
	}
	return netip.AddrPort{}
}
