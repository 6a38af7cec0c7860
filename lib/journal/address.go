package journal

import (
	"net/netip"
)

// Address is an IP address and a port as v1 has them: "192.0.2.1:8080",
// "[2001:db8::1]:8080"; of what has no port the IP address alone; "": not known.
type Address string

// AddressOf is the one of a.
func AddressOf(a netip.AddrPort) Address {
	if !a.IsValid() {
		return ""
	}
	return Address(a.String())
}

// AddrPort is the address; the zero one where there is none, or no port.
func (a Address) AddrPort() netip.AddrPort {
	at, _ := netip.ParseAddrPort(string(a))
	return at
}

// Port is the port; 0: none.
func (a Address) Port() uint16 { return a.AddrPort().Port() }

// IP is the IP address; the zero one where there is none.
func (a Address) IP() netip.Addr {
	if at := a.AddrPort(); at.IsValid() {
		return at.Addr()
	}
	ip, _ := netip.ParseAddr(string(a))
	return ip
}
