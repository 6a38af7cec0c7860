package live

import (
	"net/netip"
	"strconv"
)

// Scoped adds an interface's index to a link-local address, which means
// nothing without; 0: none.
func Scoped(a netip.AddrPort, index uint32) netip.AddrPort {
	if index == 0 || !a.Addr().Is6() || !a.Addr().IsLinkLocalUnicast() {
		return a
	}
	return netip.AddrPortFrom(a.Addr().WithZone(strconv.FormatUint(uint64(index), 10)), a.Port())
}
