package main

import (
	"cmp"
	"net/netip"

	"sockproof/lib/live"
)

// endpoint is an address and a port. IPv4 mapped into IPv6 is IPv4. Of many sockets it is
// kept, so it is small.
type endpoint struct {
	ip   [16]byte
	port uint16
}

func endpointOf(a netip.AddrPort) endpoint { return endpoint{a.Addr().As16(), a.Port()} }

func (e endpoint) addr() netip.Addr { return netip.AddrFrom16(e.ip).Unmap() }

func (e endpoint) addrPort() netip.AddrPort { return netip.AddrPortFrom(e.addr(), e.port) }

func (e endpoint) compare(o endpoint) int {
	return cmp.Or(e.addr().Compare(o.addr()), cmp.Compare(e.port, o.port))
}

// place is what connections have in common that lead to the same place: the end that is the
// service, and on a server whom they come from. The other port was the kernel's choice.
type place struct {
	in      bool     // the service is here
	service endpoint // here or there
	peer    [16]byte // of a connection that came in; the unspecified address: various
	iface   uint32   // a link-local address means nothing without; 0: none
}

func (p place) serviceText() string { return scoped(p.service, p.iface).String() }

// peerText is whom connections came from; "": various.
func (p place) peerText() string {
	if p.peer == ([16]byte{}) {
		return ""
	}
	return scoped(endpoint{ip: p.peer}, p.iface).Addr().String()
}

func scoped(e endpoint, iface uint32) netip.AddrPort { return live.Scoped(e.addrPort(), iface) }

// String is how a person reads it, from this end.
func (p place) String() string {
	switch {
	case !p.in:
		return "peer " + p.serviceText()
	case p.peerText() == "":
		return "various clients of " + p.serviceText()
	}
	return "client " + p.peerText() + " of " + p.serviceText()
}
