package packet

import (
	"encoding/binary"
	"fmt"
)

// udpHeaderLen is the length of a UDP header.
const udpHeaderLen = 8

// decodeUDP reads the UDP header at HeaderLen (RFC 768).
func (p *Packet) decodeUDP() error {
	b := p.Raw[p.HeaderLen:]
	if len(b) < udpHeaderLen {
		return short("UDP header", len(b), udpHeaderLen)
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	switch {
	case length < udpHeaderLen:
		return fmt.Errorf("packet: UDP length %d, the least is %d", length, udpHeaderLen)
	case len(b) < length:
		return short("UDP datagram", len(b), length)
	}
	p.setPorts(b)
	p.Payload = b[udpHeaderLen:length:length]
	return nil
}

// putUDP writes the datagram that b has room for.
func (p *Packet) putUDP(b []byte) {
	p.putPorts(b)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)))
	copy(b[udpHeaderLen:], p.Payload)
	checksum := checksumOf(ProtoUDP, p.Src.Addr(), p.Dst.Addr(), b)
	if checksum == 0 {
		checksum = 0xffff // 0 says that there is none
	}
	binary.BigEndian.PutUint16(b[6:], checksum)
}
