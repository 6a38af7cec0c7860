package packet

import (
	"encoding/binary"
	"net/netip"
)

// ChecksumOK says whether the IPv4 header's checksum and the checksum of a TCP
// segment, a UDP datagram or an ICMP message are right. A UDP datagram over IPv4
// may have none (RFC 768). It reads Raw, which Decode must have set.
//
// Packets captured on lo fail it: there the kernel leaves the TCP checksum
// partial (TP_STATUS_CSUMNOTREADY, packet(7)), since nothing can corrupt it.
func (p *Packet) ChecksumOK() bool {
	if p.HeaderLen == 0 || p.HeaderLen > len(p.Raw) {
		return false
	}
	if p.Version == 4 && fold(sum(0, p.Raw[:p.HeaderLen])) != 0xffff {
		return false
	}
	b := p.Raw[p.HeaderLen:]
	switch {
	case p.Fragment || p.Malformed:
		return true
	case p.Proto == ProtoICMP:
		return fold(sum(0, b)) == 0xffff
	case p.IsUDP() && p.Version == 4 && binary.BigEndian.Uint16(b[6:]) == 0:
		return true
	case p.IsTCP(), p.IsUDP(), p.Proto == ProtoICMPv6:
		return checksumOf(p.Proto, p.Src.Addr(), p.Dst.Addr(), b) == 0
	}
	return true
}

// checksumOf is the checksum of what a protocol carries under a pseudo-header: 0 where b has a
// right one.
func checksumOf(proto uint8, src, dst netip.Addr, b []byte) uint16 {
	return ^fold(sum(pseudoHeader(proto, src, dst, len(b)), b))
}

// pseudoHeader sums the pseudo-header of so many bytes that a protocol carries (RFC
// 9293 section 3.1, RFC 8200 section 8.1; the two differ only in their layout,
// which the sum does not see).
func pseudoHeader(proto uint8, src, dst netip.Addr, length int) uint64 {
	s := uint64(proto) + uint64(length)
	if src.Is4() {
		a, b := src.As4(), dst.As4()
		return sum(sum(s, a[:]), b[:])
	}
	a, b := src.As16(), dst.As16()
	return sum(sum(s, a[:]), b[:])
}

// sum adds b, as big-endian words of 16 bits and zero-padded, to s (RFC 1071).
// It takes 32 bits at a time: carries are folded in at the end, and 64 bits
// have room for the carries of any packet.
func sum(s uint64, b []byte) uint64 {
	for ; len(b) >= 4; b = b[4:] {
		s += uint64(binary.BigEndian.Uint32(b))
	}
	if len(b) >= 2 {
		s += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		s += uint64(b[0]) << 8
	}
	return s
}

// fold brings a sum to 16 bits by adding its carries back in.
func fold(s uint64) uint16 {
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}
