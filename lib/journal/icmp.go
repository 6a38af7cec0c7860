package journal

import "fmt"

// ICMP is a message of ICMP or ICMPv6.
type ICMP struct {
	Type  uint8  `json:"type"`
	Code  uint8  `json:"code"`
	MTU   uint32 `json:"mtu,omitempty"`
	About *Quote `json:"about,omitempty"` // the packet that an error message quotes
}

// Quote is what an ICMP error message says of the packet that it is about.
type Quote struct {
	Proto string  `json:"proto"`
	Src   Address `json:"src"` // with the port of TCP and UDP
	Dst   Address `json:"dst"`
	Seq   uint32  `json:"seq,omitempty"`
}

// The names of what is unreachable (IANA, "ICMP Parameters" and "ICMPv6 Parameters").
var (
	unreachable   = map[uint8]string{0: "net", 1: "host", 2: "protocol", 3: "port", 4: "fragmentation needed", 13: "prohibited"}
	unreachableV6 = map[uint8]string{0: "no route", 1: "prohibited", 3: "address", 4: "port"}
)

// fragNeeded is the code of ICMP, and not of ICMPv6, with which "destination unreachable" is about
// a packet's length.
const fragNeeded = 4

// isV6 says whether the packet is one of ICMPv6.
func (p *Packet) isV6() bool { return p.Proto == "icmpv6" }

// saysUnreachable says whether the message is "destination unreachable": RFC 792 and RFC 4443 have
// another type for it.
func (p *Packet) saysUnreachable() bool {
	if p.isV6() {
		return p.ICMP.Type == 1
	}
	return p.ICMP.Type == 3
}

// IsUnreachable says whether it is a message "destination unreachable" that is not about its length.
func (p *Packet) IsUnreachable() bool {
	return p.ICMP != nil && p.saysUnreachable() && (p.isV6() || p.ICMP.Code != fragNeeded)
}

// ICMPName names the message that a packet is: "host unreachable", else its type and code.
func (p *Packet) ICMPName() string {
	m := p.ICMP
	if m == nil {
		return p.Proto
	}
	of := unreachable
	if p.isV6() {
		of = unreachableV6
	}
	switch name := of[m.Code]; {
	case !p.saysUnreachable() || name == "":
		return fmt.Sprintf("type %d code %d", m.Type, m.Code)
	case m.MTU != 0:
		return fmt.Sprintf("%s, MTU %d", name, m.MTU)
	default:
		return name + " unreachable"
	}
}

func (m *ICMP) masked(k Mask) *ICMP {
	if m == nil || m.About == nil {
		return m
	}
	about := *m.About
	about.Src, about.Dst = k.Address(about.Src), k.Address(about.Dst)
	c := *m
	c.About = &about
	return &c
}
