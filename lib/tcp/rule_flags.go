package tcp

import "sockproof/lib/journal"

// flags checks that every segment but a SYN or a RST has the ACK flag, as TCP always
// sets it once a connection is open (RFC 9293 §3.1); others are dropped on arrival.
func (c *confrontation) flags() {
	for _, s := range c.segments {
		if s != nil && !c.wire && s.Packet.At != journal.AtDelivered {
			c.found = append(c.found, newDiscrepancy(R3, c.at4(pair{s.Packet.Dst, s.Packet.Src}), []int{s.N}, "a segment was "+s.Packet.At, "there is no wire here on which it could be"))
		}
	}
	for _, e := range c.Ends {
		for _, s := range e.out {
			if !s.Packet.Flags.HasAny(ackFlag | synFlag | rstFlag) {
				c.aboutEnd(R3, e, []int{s.N}, "a segment left "+c.who(e)+" with the flags "+s.Packet.Flags.String(), "TCP sets ACK in each but SYN and RST")
			}
		}
	}
}
