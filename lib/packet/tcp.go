package packet

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// tcpHeaderLen is the length of a TCP header without options.
const tcpHeaderLen = 20

// decodeTCP reads the TCP header at HeaderLen (RFC 9293 section 3.1).
func (p *Packet) decodeTCP() error {
	b := p.Raw[p.HeaderLen:]
	if len(b) < tcpHeaderLen {
		return short("TCP header", len(b), tcpHeaderLen)
	}
	header := int(b[12]>>4) * 4
	switch {
	case header < tcpHeaderLen:
		return fmt.Errorf("packet: TCP header says it is %d bytes long, the least is %d", header, tcpHeaderLen)
	case len(b) < header:
		return short("TCP options", len(b)-tcpHeaderLen, header-tcpHeaderLen)
	}
	p.setPorts(b)
	p.Seq = binary.BigEndian.Uint32(b[4:])
	p.Ack = binary.BigEndian.Uint32(b[8:])
	p.Flags = Flags(b[13])
	p.Win = binary.BigEndian.Uint16(b[14:])
	p.Urgent = binary.BigEndian.Uint16(b[18:])
	p.Options = Options(b[tcpHeaderLen:header:header])
	p.Payload = b[header:]
	return nil
}

// setPorts reads the ports, with which headers of TCP and UDP begin.
func (p *Packet) setPorts(b []byte) {
	p.Src = netip.AddrPortFrom(p.Src.Addr(), binary.BigEndian.Uint16(b[0:]))
	p.Dst = netip.AddrPortFrom(p.Dst.Addr(), binary.BigEndian.Uint16(b[2:]))
}

// putPorts writes them.
func (p *Packet) putPorts(b []byte) {
	binary.BigEndian.PutUint16(b[0:], p.Src.Port())
	binary.BigEndian.PutUint16(b[2:], p.Dst.Port())
}
