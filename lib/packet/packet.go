// Package packet decodes and encodes IPv4 and IPv6 packets that carry TCP, UDP or
// ICMP. It works on bytes alone, on every platform, and stays out of the way of
// whoever decodes each packet of a connection: Decode does not allocate.
package packet

import (
	"net/netip"
	"strconv"
)

// Packet is one IP packet, from its IP header to its end, and, if it is TCP or UDP
// and whole, what that header says. Raw, Options and Payload share the memory
// that was decoded: whoever reuses that memory must copy them first.
type Packet struct {
	// Raw is the packet as it was decoded, without what may follow it in the
	// buffer. Encode does not read it.
	Raw []byte
	// HeaderLen is how many bytes of Raw the IP header has, with its options or
	// extension headers; the transport header follows. Encode does not read it.
	HeaderLen int

	Version   uint8          // of IP: 4 or 6
	Proto     uint8          // IP protocol number of what follows the IP headers: ProtoTCP, …
	Fragment  bool           // one of several pieces, and so not decoded beyond IP
	Malformed bool           // Decode failed: what it did not get to is zero
	TTL       uint8          // IPv4 time to live, IPv6 hop limit
	Class     uint8          // IPv4 type of service, IPv6 traffic class: DSCP and ECN (RFC 3168)
	ID        uint16         // IPv4 identification; 0 in IPv6
	Src       netip.AddrPort // port 0 unless TCP or UDP
	Dst       netip.AddrPort
	Payload   []byte // of TCP or UDP

	// The rest is zero unless IsTCP.

	Flags   Flags
	Seq     uint32
	Ack     uint32
	Win     uint16 // as sent, unscaled
	Urgent  uint16 // the urgent pointer
	Options Options
}

// IP protocol numbers that this package names (IANA, "Protocol Numbers").
const (
	ProtoICMP   = 1
	ProtoTCP    = 6
	ProtoUDP    = 17
	ProtoICMPv6 = 58
)

// IsTCP says whether the packet is a whole TCP segment, so that its TCP fields
// are set.
func (p *Packet) IsTCP() bool { return p.is(ProtoTCP) }

// IsUDP says whether the packet is a whole UDP datagram, so that its ports and its
// payload are set.
func (p *Packet) IsUDP() bool { return p.is(ProtoUDP) }

// is says whether the packet is a whole one of a protocol.
func (p *Packet) is(proto uint8) bool { return p.Proto == proto && !p.Fragment && !p.Malformed }

// ProtoName names the packet's protocol: "tcp", "udp", "icmp", "icmpv6", else
// its number. What is not whole says so: "tcp fragment", "tcp malformed", and,
// where not even the IP header could be read, "ip malformed".
func (p *Packet) ProtoName() string {
	var name string
	switch {
	case p.Malformed && p.HeaderLen == 0:
		name = "ip"
	case p.Proto == ProtoTCP:
		name = "tcp"
	case p.Proto == ProtoUDP:
		name = "udp"
	case p.Proto == ProtoICMP:
		name = "icmp"
	case p.Proto == ProtoICMPv6:
		name = "icmpv6"
	default:
		name = strconv.Itoa(int(p.Proto))
	}
	switch {
	case p.Malformed:
		name += " malformed"
	case p.Fragment:
		name += " fragment"
	}
	return name
}

// Decode reads the IP packet that b begins with. Bytes beyond the length its IP
// header gives are padding and left out. It checks no checksum: see ChecksumOK.
//
// An error says which part was too short or contradicts itself. The packet
// returned with it is marked Malformed and has what was read up to there, so
// that it can still be shown.
func Decode(b []byte) (Packet, error) {
	p := Packet{Raw: b}
	err := p.decodeIP()
	switch {
	case err != nil:
	case p.IsTCP():
		err = p.decodeTCP()
	case p.IsUDP():
		err = p.decodeUDP()
	}
	p.Malformed = err != nil
	return p, err
}
