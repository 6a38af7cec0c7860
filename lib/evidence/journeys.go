package evidence

import (
	"bytes"
	"net/netip"
	"slices"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// packet checks one packet's journey. Only the wire sees where a packet leaves, keeps
// it, loses it, copies it or makes one up; what is captured on lo has arrived.
func (c *checker) packet(e *journal.Event) {
	p := e.Packet
	decoded, err := packet.Decode(p.Bytes)
	whole := len(p.Bytes) > 0 && err == nil
	switch {
	case c.Network != journal.Wire:
		if p.At != journal.AtDelivered || p.Of != 0 || p.Copy {
			c.problem(e.N, "only on the wire is a packet %s, of another, or a copy", p.At)
		}
	case p.At == journal.AtSent:
		if p.Of != 0 || p.Copy {
			c.problem(e.N, "it left a host, and is of event %d, or a copy", p.Of)
		}
		if whole && !decoded.ChecksumOK() {
			c.problem(e.N, "its checksums are not those of its bytes") // the kernel's were right
		}
		c.sent[e.N] = e
	case p.At == journal.AtInjected:
		if p.Copy {
			c.problem(e.N, "it was injected, and copied")
		}
	case !slices.Contains([]string{journal.AtDelivered, journal.AtDropped, journal.AtHeld}, p.At):
		c.problem(e.N, "no packet is %q", p.At)
	case p.Of == 0:
		c.problem(e.N, "it was %s, and no event says that it was sent", p.At)
	}
	c.origin(e)
	c.ends(e)
	if p.Reason != "" && p.At != journal.AtDropped && p.Proto == "" {
		c.problem(e.N, "it was %s, and has a reason not to be: %q", p.At, p.Reason)
	}
}

// origin checks that a packet is of one that left earlier, and is that one.
func (c *checker) origin(e *journal.Event) {
	p := e.Packet
	if p.Of == 0 || c.Network != journal.Wire {
		return
	}
	from := c.sent[p.Of]
	switch {
	case from == nil:
		c.problem(e.N, "event %d is no packet that was sent before", p.Of)
	case len(p.Bytes) > 0 && !bytes.Equal(p.Bytes, from.Packet.Bytes):
		c.problem(e.N, "it has other bytes than the packet that it is, of event %d", p.Of)
	case p.Payload != nil && (from.Packet.Payload == nil || *p.Payload != *from.Packet.Payload):
		c.problem(e.N, "it has another payload than the packet that it is, of event %d", p.Of)
	}
}

// ends checks where a packet comes from and goes to. Others' are captured on the
// caller's own stack, of either family; and hosts speak of themselves in ICMPv6.
func (c *checker) ends(e *journal.Event) {
	if e.Packet.Proto != "" || c.Network == journal.HostNet {
		return
	}
	src, errSrc := netip.ParseAddrPort(e.Packet.Src)
	dst, errDst := netip.ParseAddrPort(e.Packet.Dst)
	if errSrc != nil || errDst != nil || !c.fits(src.Addr()) || !c.fits(dst.Addr()) {
		c.problem(e.N, "no packet goes from %q to %q in %s", e.Packet.Src, e.Packet.Dst, c.Family)
		return
	}
	if c.Network != journal.Wire {
		return // hosts share their addresses
	}
	at := src.Addr() // of the host where it was seen
	if e.Packet.At == journal.AtDelivered || e.Packet.At == journal.AtInjected {
		at = dst.Addr()
	}
	if host, known := c.hosts[at]; known && host != e.Host {
		c.problem(e.N, "%s is an address of host %s, not of %q", at, host, e.Host)
		return
	}
	c.hosts[at] = e.Host
}
