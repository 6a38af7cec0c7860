package packet

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// ICMP is a message of ICMP (RFC 792) or ICMPv6 (RFC 4443).
type ICMP struct {
	Type, Code uint8
	MTU        uint32 // of "fragmentation needed" and "packet too big"; else 0
	Quote      *Quote // what an error message quotes; nil: it is none, or the quote is too short
}

// Quote is what an ICMP error message says of the packet that it is about: as much as the eight
// bytes behind the IP header have.
type Quote struct {
	Proto    uint8
	Src, Dst netip.AddrPort // ports of TCP and UDP, else 0
	Seq      uint32         // of TCP
}

// Unreachable is what a message "destination unreachable" says cannot be reached.
type Unreachable int

// What cannot be reached.
const (
	HostUnreachable Unreachable = iota
	PortUnreachable
)

// codes are those of ICMP and of ICMPv6 (RFC 792; RFC 4443 section 3.1).
var codes = map[Unreachable][2]uint8{HostUnreachable: {1, 3}, PortUnreachable: {3, 4}}

// Types and codes of messages.
const (
	unreachableType   = 3
	fragNeededCode    = 4
	unreachableTypeV6 = 1
	tooBigTypeV6      = 2
)

// icmpHeaderLen is what stands before the quote of an error message.
const icmpHeaderLen = 8

// ICMP reads the packet as a message of ICMP or ICMPv6; false: it is none, or not whole.
func (p *Packet) ICMP() (m ICMP, ok bool) {
	v6 := p.is(ProtoICMPv6)
	if !v6 && !p.is(ProtoICMP) || len(p.Raw) < p.HeaderLen+icmpHeaderLen {
		return m, false
	}
	b := p.Raw[p.HeaderLen:]
	m.Type, m.Code = b[0], b[1]
	switch {
	case v6 && m.Type == tooBigTypeV6:
		m.MTU = binary.BigEndian.Uint32(b[4:])
	case !v6 && m.Type == unreachableType && m.Code == fragNeededCode:
		m.MTU = uint32(binary.BigEndian.Uint16(b[6:]))
	}
	if isError(v6, m.Type) {
		m.Quote = quoteOf(b[icmpHeaderLen:])
	}
	return m, true
}

// isError says whether messages of a type quote a packet (RFC 1122 section 3.2.2; RFC 4443
// section 2.1: those below 128).
func isError(v6 bool, kind uint8) bool {
	if v6 {
		return kind < 128
	}
	const quench, redirect, timeExceeded, parameterProblem = 4, 5, 11, 12
	switch kind {
	case unreachableType, quench, redirect, timeExceeded, parameterProblem:
		return true
	}
	return false
}

// quoteOf reads the beginning of a packet, which may end behind eight bytes of what its IP header
// is followed by; nil: there is less. IPv6 extension headers are not looked behind.
func quoteOf(b []byte) *Quote {
	p := Packet{Raw: b}
	header := ipv6HeaderLen
	_ = p.decodeIP() // says that the packet is cut short, as a quote may be
	if p.Version == 4 && len(b) > 0 {
		header = int(b[0]&0xf) * 4
	}
	if !p.Src.IsValid() || header < ipv4HeaderLen || len(b) < header+icmpHeaderLen {
		return nil
	}
	q := &Quote{Proto: p.Proto, Src: p.Src, Dst: p.Dst}
	if p.Proto == ProtoTCP || p.Proto == ProtoUDP {
		p.setPorts(b[header:])
		q.Src, q.Dst = p.Src, p.Dst
	}
	if p.Proto == ProtoTCP {
		q.Seq = binary.BigEndian.Uint32(b[header+4:])
	}
	return q
}

// quoted is how much of a packet a message built here quotes: RFC 1812 section 4.3.2.3 and RFC
// 4443 section 2.4 allow more.
const quoted = 128

// EncodeUnreachable builds a message that says what of a packet's destination cannot be reached,
// from an address to the one that the packet came from.
//
// It is an error if the packet was not decoded, or has another IP version than the address.
func EncodeUnreachable(from netip.Addr, what Unreachable, about *Packet) ([]byte, error) {
	if about.Malformed || len(about.Raw) == 0 {
		return nil, fmt.Errorf("packet: encode: no message can be about %s", about.ProtoName())
	}
	quote := about.Raw[:min(len(about.Raw), quoted)]
	p := Packet{Src: netip.AddrPortFrom(from, 0), Dst: netip.AddrPortFrom(about.Src.Addr(), 0)}
	proto, kind, code := uint8(ProtoICMP), uint8(unreachableType), codes[what][0]
	if about.Version == 6 {
		proto, kind, code = ProtoICMPv6, unreachableTypeV6, codes[what][1]
	}
	b, ipLen, err := p.encodeIP(proto, icmpHeaderLen+len(quote))
	if err != nil {
		return nil, err
	}
	m := b[ipLen:]
	m[0], m[1] = kind, code
	copy(m[icmpHeaderLen:], quote)
	checksum := ^fold(sum(0, m))
	if proto == ProtoICMPv6 {
		checksum = checksumOf(proto, p.Src.Addr(), p.Dst.Addr(), m)
	}
	binary.BigEndian.PutUint16(m[2:], checksum)
	return b, nil
}
