package tcp

import (
	"slices"

	"sockproof/lib/journal"
)

// combinations are the flags that Linux sets together, those of ECN aside: ACK in all but
// a SYN and a RST (RFC 9293 §3.1), PSH where there is data (net/ipv4/tcp_output.c).
var combinations = []journal.Flags{
	synFlag, synFlag | ackFlag, ackFlag, journal.PSH | ackFlag, finFlag | ackFlag, finFlag | journal.PSH | ackFlag, rstFlag, rstFlag | ackFlag,
}

// flags checks that every segment has flags that TCP sets together, and is where it can be.
func (c *confrontation) flags() {
	for _, s := range c.segments {
		if s != nil && !c.wire && s.Packet.At != journal.AtDelivered {
			c.found = append(c.found, newDiscrepancy(R3, c.at4(pair{s.Packet.Dst, s.Packet.Src}), []int{s.N}, "a segment was "+s.Packet.At, "there is no wire here on which it could be"))
		}
	}
	for _, e := range c.Ends {
		for _, s := range e.out {
			f := s.Packet.Flags &^ (journal.ECE | journal.CWR | journal.URG)
			pushes := f.Has(journal.PSH) && s.Packet.Len == 0 && !f.Has(finFlag) // a FIN keeps the PSH of data that was acknowledged before it is sent again
			if !slices.Contains(combinations, f) || pushes {
				c.aboutEnd(R3, e, []int{s.N}, "a segment left "+c.who(e)+" with the flags "+s.Packet.Flags.String(), "TCP never sets those in such a segment")
			}
		}
	}
}
