package tcp

import "sockproof/lib/journal"

// Opening lists the segments by which a connection was opened: those with a SYN, and the
// acknowledgements of nothing but it, before either end said anything else. Retransmissions are
// left out.
func (c *Conn) Opening() []*Segment {
	var some []*Segment
	next := map[journal.Address]uint32{} // the sequence number after each end's SYN
	spoke := false
	for _, s := range c.FirstSent() {
		p := s.Packet
		if s.Has(synFlag) {
			next[p.Src] = p.Seq + 1
			some = append(some, s)
			continue
		}
		spoke = spoke || p.Len > 0 || s.Has(finFlag)
		own, sent := next[p.Src]
		other, both := next[p.Dst]
		if !spoke && sent && both && s.Is(ackFlag) && p.Seq == own && p.Ack == other {
			some = append(some, s)
		}
	}
	return some
}

// Closing lists the segments by which a connection was closed: those with a FIN, the
// acknowledgements of one, and a RST after one. Retransmissions are left out.
func (c *Conn) Closing() []*Segment {
	var some []*Segment
	end := map[journal.Address]uint32{} // the sequence number after each end's FIN
	for _, s := range c.FirstSent() {
		p := s.Packet
		if s.Has(finFlag) {
			end[p.Src] = s.end()
		}
		acked, closed := end[p.Dst]
		if s.Has(finFlag) || closed && (p.Ack == acked || s.Has(rstFlag)) {
			some = append(some, s)
		}
	}
	return some
}

// FirstSent lists the first transmissions of both ends, as they left.
func (c *Conn) FirstSent() []*Segment {
	if c == nil {
		return nil
	}
	return Where(c.Segments, func(s *Segment) bool { return s.Repeats == 0 && s.Packet.At == c.leaves() })
}
