package packet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

const (
	ipv4HeaderLen = 20 // without options
	ipv6HeaderLen = 40 // without extension headers
)

// decodeIP reads the IP header of Raw, cuts Raw to the packet's own length, and
// finds the transport header.
func (p *Packet) decodeIP() error {
	if len(p.Raw) == 0 {
		return errors.New("packet: empty")
	}
	switch p.Version = p.Raw[0] >> 4; p.Version {
	case 4:
		return p.decodeIPv4()
	case 6:
		return p.decodeIPv6()
	default:
		return fmt.Errorf("packet: IP version %d, neither 4 nor 6", p.Version)
	}
}

// decodeIPv4 reads an IPv4 header (RFC 791 section 3.1).
func (p *Packet) decodeIPv4() error {
	b := p.Raw
	if len(b) < ipv4HeaderLen {
		return short("IPv4 header", len(b), ipv4HeaderLen)
	}
	p.Class = b[1]
	p.ID = binary.BigEndian.Uint16(b[4:])
	p.TTL = b[8]
	p.Proto = b[9]
	p.Src = netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[12:16])), 0)
	p.Dst = netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[16:20])), 0)
	const moreFragments, offsetMask = 0x2000, 0x1fff
	p.Fragment = binary.BigEndian.Uint16(b[6:])&(moreFragments|offsetMask) != 0

	header := int(b[0]&0xf) * 4
	total := int(binary.BigEndian.Uint16(b[2:]))
	switch {
	case header < ipv4HeaderLen:
		return fmt.Errorf("packet: IPv4 header says it is %d bytes long, the least is %d", header, ipv4HeaderLen)
	case total < header:
		return fmt.Errorf("packet: IPv4 total length %d is less than its header's %d", total, header)
	case len(b) < total:
		return short("IPv4 packet", len(b), total)
	}
	p.Raw = b[:total:total]
	p.HeaderLen = header
	return nil
}

// decodeIPv6 reads an IPv6 header and its extension headers (RFC 8200 sections
// 3 and 4). Addresses are the header's: a routing header's are not looked into.
func (p *Packet) decodeIPv6() error {
	b := p.Raw
	if len(b) < ipv6HeaderLen {
		return short("IPv6 header", len(b), ipv6HeaderLen)
	}
	p.Class = b[0]<<4 | b[1]>>4
	p.TTL = b[7]
	p.Src = netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])), 0)
	p.Dst = netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[24:40])), 0)
	p.Proto = b[6]

	total := ipv6HeaderLen + int(binary.BigEndian.Uint16(b[4:]))
	if len(b) < total {
		return short("IPv6 packet", len(b), total)
	}
	p.HeaderLen = ipv6HeaderLen
	p.Raw = b[:total:total]
	return p.skipExtensions()
}

// IPv6 extension headers (IANA, "IPv6 Extension Header Types") that may stand
// before TCP. Others, such as ESP, end the walk and are what Proto then says.
const (
	extHopByHop    = 0
	extRouting     = 43
	extFragment    = 44
	extDestination = 60
)

// skipExtensions moves Proto and HeaderLen past the extension headers.
func (p *Packet) skipExtensions() error {
	for {
		var name string
		switch p.Proto {
		case extHopByHop:
			name = "IPv6 hop-by-hop options"
		case extRouting:
			name = "IPv6 routing header"
		case extDestination:
			name = "IPv6 destination options"
		case extFragment:
			name = "IPv6 fragment header"
		default:
			return nil
		}
		rest := p.Raw[p.HeaderLen:]
		if len(rest) < 8 {
			return short(name, len(rest), 8)
		}
		length := 8 // a fragment header's, always: its second byte is reserved
		if p.Proto != extFragment {
			length += int(rest[1]) * 8
		}
		if len(rest) < length {
			return short(name, len(rest), length)
		}
		if p.Proto == extFragment {
			// Offset and M both zero is an atomic fragment: whole (RFC 6946).
			const offsetAndMore = 0xfff9
			p.Fragment = binary.BigEndian.Uint16(rest[2:])&offsetAndMore != 0
		}
		p.Proto = rest[0]
		p.HeaderLen += length
		if p.Fragment {
			return nil // what follows is a piece, not a header
		}
	}
}

// short is the error for a part that ends before it is complete.
func short(what string, have, want int) error {
	return fmt.Errorf("packet: %s cut short: %d of %d bytes", what, have, want)
}
