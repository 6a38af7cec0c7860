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

// Encode builds a TCP packet from the fields of p, with its lengths and
// checksums. The IP version is the addresses': both IPv4, or both IPv6. A TTL
// of 0 becomes 64; options are padded to a multiple of 4 bytes; IPv4 packets
// say "don't fragment". IPv4 options and IPv6 extension headers that a decoded
// packet had are not built again, nor is its flow label.
//
// It is an error if p is not TCP (a Proto of 0 is taken for TCP), if its
// addresses are absent or of different versions, if Version contradicts them,
// or if options or payload are too long for their length fields.
func (p *Packet) Encode() ([]byte, error) {
	if err := p.encodable(); err != nil {
		return nil, err
	}
	ipLen := ipv6HeaderLen
	if p.Src.Addr().Is4() {
		ipLen = ipv4HeaderLen
	}
	tcpLen := tcpHeaderLen + (len(p.Options)+3)/4*4
	b := make([]byte, ipLen+tcpLen+len(p.Payload))
	p.putTCP(b[ipLen:], tcpLen)
	if ipLen == ipv4HeaderLen {
		p.putIPv4(b)
	} else {
		p.putIPv6(b)
	}
	return b, nil
}

// encodable reports what Encode cannot build a packet from.
func (p *Packet) encodable() error {
	src, dst := p.Src.Addr(), p.Dst.Addr()
	switch {
	case p.Proto != ProtoTCP && p.Proto != 0, p.Fragment, p.Malformed:
		return fmt.Errorf("packet: encode: only TCP can be built, not %s", p.ProtoName())
	case !src.IsValid() || !dst.IsValid():
		return fmt.Errorf("packet: encode: no address: %v > %v", src, dst)
	case src.Is4() != dst.Is4():
		return fmt.Errorf("packet: encode: addresses of different IP versions: %v > %v", src, dst)
	case p.Version != 0 && (p.Version == 4) != src.Is4():
		return fmt.Errorf("packet: encode: IP version %d, but the addresses are %v > %v", p.Version, src, dst)
	case len(p.Options) > maxOptionsLen:
		return fmt.Errorf("packet: encode: %d bytes of options, the most is %d", len(p.Options), maxOptionsLen)
	}
	total := tcpHeaderLen + (len(p.Options)+3)/4*4 + len(p.Payload)
	if src.Is4() {
		total += ipv4HeaderLen
	}
	if total > maxTotalLen {
		return fmt.Errorf("packet: encode: length %d does not fit its field, the most is %d", total, maxTotalLen)
	}
	return nil
}

// putTCP writes the segment, whose header takes the first headerLen bytes of b.
func (p *Packet) putTCP(b []byte, headerLen int) {
	binary.BigEndian.PutUint16(b[0:], p.Src.Port())
	binary.BigEndian.PutUint16(b[2:], p.Dst.Port())
	binary.BigEndian.PutUint32(b[4:], p.Seq)
	binary.BigEndian.PutUint32(b[8:], p.Ack)
	b[12] = byte(headerLen / 4 << 4)
	b[13] = byte(p.Flags)
	binary.BigEndian.PutUint16(b[14:], p.Win)
	binary.BigEndian.PutUint16(b[18:], p.Urgent)
	copy(b[tcpHeaderLen:headerLen], p.Options) // the rest is zero: KindEnd
	copy(b[headerLen:], p.Payload)
	checksum := ^fold(sum(pseudoHeader(p.Src.Addr(), p.Dst.Addr(), len(b)), b))
	binary.BigEndian.PutUint16(b[16:], checksum)
}

// putIPv4 writes the IPv4 header of the packet b.
func (p *Packet) putIPv4(b []byte) {
	const dontFragment = 0x4000
	b[0] = 4<<4 | ipv4HeaderLen/4
	b[1] = p.Class
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	binary.BigEndian.PutUint16(b[4:], p.ID)
	binary.BigEndian.PutUint16(b[6:], dontFragment)
	b[8] = p.ttl()
	b[9] = ProtoTCP
	src, dst := p.Src.Addr().As4(), p.Dst.Addr().As4()
	copy(b[12:], src[:])
	copy(b[16:], dst[:])
	binary.BigEndian.PutUint16(b[10:], ^fold(sum(0, b[:ipv4HeaderLen])))
}

// putIPv6 writes the IPv6 header of the packet b.
func (p *Packet) putIPv6(b []byte) {
	b[0] = 6<<4 | p.Class>>4
	b[1] = p.Class << 4
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)-ipv6HeaderLen))
	b[6] = ProtoTCP
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
