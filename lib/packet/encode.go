package packet

import (
	"encoding/binary"
	"fmt"
)

const (
	maxOptionsLen = 40     // a TCP header's length field ends at 60
	maxTotalLen   = 0xffff // of an IPv4 packet, and of what follows an IPv6 header
	defaultTTL    = 64     // Linux's, net.ipv4.ip_default_ttl
)

// Encode builds a TCP packet, or a UDP packet if Proto says so, from the fields of p, with
// its lengths and checksums. The IP version is the addresses': both IPv4, or both IPv6. A
// TTL of 0 becomes 64; options are padded to a multiple of 4 bytes; IPv4 packets say "don't
// fragment". IPv4 options and IPv6 extension headers that a decoded packet had are not built
// again, nor is its flow label.
//
// It is an error if p is neither (a Proto of 0 is taken for TCP), if its addresses are absent
// or of different versions, if Version contradicts them, or if options or payload are too
// long for their length fields.
func (p *Packet) Encode() ([]byte, error) {
	proto := p.Proto
	if proto == 0 {
		proto = ProtoTCP
	}
	switch {
	case p.Fragment, p.Malformed, proto != ProtoTCP && proto != ProtoUDP:
		return nil, fmt.Errorf("packet: encode: only TCP and UDP can be built, not %s", p.ProtoName())
	case len(p.Options) > maxOptionsLen:
		return nil, fmt.Errorf("packet: encode: %d bytes of options, the most is %d", len(p.Options), maxOptionsLen)
	}
	header := udpHeaderLen
	if proto == ProtoTCP {
		header = tcpHeaderLen + (len(p.Options)+3)/4*4
	}
	b, ipLen, err := p.encodeIP(proto, header+len(p.Payload))
	switch {
	case err != nil:
		return nil, err
	case proto == ProtoTCP:
		p.putTCP(b[ipLen:], header)
	default:
		p.putUDP(b[ipLen:])
	}
	return b, nil
}

// encodeIP builds an IP packet with room for so many bytes of a protocol behind its header, which
// has ipLen.
func (p *Packet) encodeIP(proto uint8, length int) (b []byte, ipLen int, err error) {
	src, dst := p.Src.Addr(), p.Dst.Addr()
	switch {
	case !src.IsValid() || !dst.IsValid():
		return nil, 0, fmt.Errorf("packet: encode: no address: %v > %v", src, dst)
	case src.Is4() != dst.Is4():
		return nil, 0, fmt.Errorf("packet: encode: addresses of different IP versions: %v > %v", src, dst)
	case p.Version != 0 && (p.Version == 4) != src.Is4():
		return nil, 0, fmt.Errorf("packet: encode: IP version %d, but the addresses are %v > %v", p.Version, src, dst)
	}
	total, ipLen := length, ipv6HeaderLen
	if src.Is4() {
		ipLen = ipv4HeaderLen
		total += ipv4HeaderLen
	}
	if total > maxTotalLen {
		return nil, 0, fmt.Errorf("packet: encode: length %d does not fit its field, the most is %d", total, maxTotalLen)
	}
	b = make([]byte, ipLen+length)
	if src.Is4() {
		p.putIPv4(b, proto)
	} else {
		p.putIPv6(b, proto)
	}
	return b, ipLen, nil
}

// putTCP writes the segment, whose header takes the first headerLen bytes of b.
func (p *Packet) putTCP(b []byte, headerLen int) {
	p.putPorts(b)
	binary.BigEndian.PutUint32(b[4:], p.Seq)
	binary.BigEndian.PutUint32(b[8:], p.Ack)
	b[12] = byte(headerLen / 4 << 4)
	b[13] = byte(p.Flags)
	binary.BigEndian.PutUint16(b[14:], p.Win)
	binary.BigEndian.PutUint16(b[18:], p.Urgent)
	copy(b[tcpHeaderLen:headerLen], p.Options) // the rest is zero: KindEnd
	copy(b[headerLen:], p.Payload)
	setTCPChecksum(b, p.Src.Addr(), p.Dst.Addr())
}

// putIPv4 writes the IPv4 header of the packet b.
func (p *Packet) putIPv4(b []byte, proto uint8) {
	const dontFragment = 0x4000
	b[0] = 4<<4 | ipv4HeaderLen/4
	b[1] = p.Class
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	binary.BigEndian.PutUint16(b[4:], p.ID)
	binary.BigEndian.PutUint16(b[6:], dontFragment)
	b[8] = p.ttl()
	b[9] = proto
	src, dst := p.Src.Addr().As4(), p.Dst.Addr().As4()
	copy(b[12:], src[:])
	copy(b[16:], dst[:])
	binary.BigEndian.PutUint16(b[10:], ^fold(sum(0, b[:ipv4HeaderLen])))
}

// putIPv6 writes the IPv6 header of the packet b.
func (p *Packet) putIPv6(b []byte, proto uint8) {
	b[0] = 6<<4 | p.Class>>4
	b[1] = p.Class << 4
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)-ipv6HeaderLen))
	b[6] = proto
	b[7] = p.ttl()
	src, dst := p.Src.Addr().As16(), p.Dst.Addr().As16()
	copy(b[8:], src[:])
	copy(b[24:], dst[:])
}

func (p *Packet) ttl() uint8 {
	if p.TTL == 0 {
		return defaultTTL
	}
	return p.TTL
}
