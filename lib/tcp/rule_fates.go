package tcp

import "sockproof/lib/journal"

// fates asks how a packet can have been dropped, or made up, where there is no wire that does
// so: what is captured on lo was delivered (R4).
func (c *confrontation) fates() {
	if c.wire {
		return
	}
	for _, s := range c.segments {
		if s != nil && s.Packet.At != journal.AtDelivered {
			c.found = append(c.found, newDiscrepancy(R4, c.about4(s.Packet), []int{s.N},
				"a segment of "+string(s.Packet.Src)+" was "+s.Packet.At, "it was captured on lo, where all are delivered"))
		}
	}
}
