package main

import (
	"encoding/binary"
	"net/netip"
)

// mask replaces the addresses of what is shown, the same one always by the same: IPv4 by those of
// 198.18.0.0/15 (RFC 2544), IPv6 by those of 2001:db8::/32 (RFC 3849). Those that name no host stay: loopback and unspecified ones.
func (l *look) mask(found *findings) {
	m := masker{}
	for i := range found.all {
		f := &found.all[i]
		f.place.service, f.waitsFor = m.endpoint(f.place.service), m.endpoint(f.waitsFor)
		f.place.peer, f.source = m.ip(f.place.peer), m.ip(f.source)
		if f.ports != nil {
			f.ports.Source = endpoint{ip: f.source}.addr().String()
		}
	}
	for i := range l.sockets.n {
		s := l.socket(i)
		s.local, s.remote = m.endpoint(s.local), m.endpoint(s.remote)
	}
	for i := range l.spaces {
		for n := range l.spaces[i].listeners {
			v := &l.spaces[i].listeners[n]
			v.at = m.endpoint(v.at)
		}
		l.spaces[i].destinations.mask(m)
	}
}

// masker remembers what took an address's place.
type masker map[[16]byte][16]byte

func (m masker) endpoint(e endpoint) endpoint { return endpoint{m.ip(e.ip), e.port} }

func (m masker) ip(ip [16]byte) [16]byte {
	a := endpoint{ip: ip}.addr()
	if ip == ([16]byte{}) || a.IsLoopback() || a.IsUnspecified() {
		return ip
	}
	masked, known := m[ip]
	if !known {
		n := uint32(len(m) + 1)
		masked = netip.MustParseAddr("2001:db8::").As16()
		if a.Is4() {
			masked = netip.MustParseAddr("::ffff:198.18.0.0").As16()
			n = n%(1<<17) + 198<<24 + 18<<16
		}
		binary.BigEndian.PutUint32(masked[12:], n)
		m[ip] = masked
	}
	return masked
}

func (d *destinations) mask(m masker) {
	masked := map[destination]*portUse{}
	for to, u := range d.by {
		masked[destination{m.ip(to.from), m.endpoint(to.to)}] = u
	}
	d.by = masked
}
