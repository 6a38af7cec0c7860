package tcp

import (
	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// repeats notes of each segment which earlier one it says again: those that left and those
// that arrived on their own, for what was lost is new when it arrives for the first time. A
// stopped or slow process makes the kernel send again, so a rule counts first
// transmissions, never raw segments.
func (v *View) repeats() {
	left, arrived := map[pair]*sender{}, map[pair]*sender{}
	for _, s := range v.segments {
		if s == nil {
			continue
		}
		known := arrived
		switch s.Packet.At {
		case journal.AtSent:
			known = left
		case journal.AtDelivered:
		default:
			continue
		}
		p := pair{s.Packet.Src, s.Packet.Dst}
		if known[p] == nil {
			known[p] = &sender{}
		}
		s.Repeats = known[p].repeats(s)
	}
}

// sender is what was seen so far in one direction.
type sender struct {
	sent  []*Segment
	next  uint32 // the sequence number after all of it
	any   bool
	isn   uint32 // of the SYN, with or without ACK
	begun bool   // a SYN was seen
}

// repeats is the number of the segment that s says again, 0 for a first transmission;
// it remembers s.
//
// What occupies sequence space repeats if all of it was sent before; but a SYN that now
// acknowledges is new, as in a simultaneous open. What occupies none repeats an earlier
// segment with the same flags and numbers: the window and the timestamps may differ. A
// probe says nothing, and counts as a repetition of what was said last.
func (x *sender) repeats(s *Segment) int {
	p := s.Packet
	if s.Has(synFlag) {
		if x.any && (x.begun && p.Seq != x.isn || !x.begun && p.Seq+1 != x.next) {
			*x = sender{} // a new incarnation of the connection
		}
		x.isn, x.begun = p.Seq, true
	}
	of := 0
	for _, old := range x.sent {
		if old.saysSame(s) || s.occupied() > 0 && !s.Has(synFlag) && old.covers(s) {
			of = old.N
			break
		}
	}
	if of == 0 && x.any && (x.sentBefore(s) || x.isProbe(s)) {
		of = x.sent[len(x.sent)-1].N
	}
	if !x.any || after(s.end(), x.next) {
		x.next, x.any = s.end(), true
	}
	x.sent = append(x.sent, s)
	return of
}

// sentBefore says whether all of a segment was sent before, in other pieces.
func (x *sender) sentBefore(s *Segment) bool {
	return s.occupied() > 0 && !s.Has(synFlag) && !after(s.end(), x.next)
}

// isProbe says whether a segment only asks for an answer: a keepalive or a zero-window
// probe carries nothing, with a number that was used before (RFC 9293 §3.8.4, §3.8.6.1),
// where an acknowledgement carries the next.
func (x *sender) isProbe(s *Segment) bool {
	return s.occupied() == 0 && !s.Has(rstFlag) && after(x.next, s.Packet.Seq)
}

// covers says whether s has all that other sends.
func (s *Segment) covers(other *Segment) bool {
	return !after(s.Packet.Seq, other.Packet.Seq) && !after(other.end(), s.end())
}

// saysSame says whether two segments say the same. The flags of ECN may differ: a SYN that
// is not answered is sent again without them.
func (s *Segment) saysSame(other *Segment) bool {
	x, y := s.Packet, other.Packet
	return x.Seq == y.Seq && x.Ack == y.Ack && x.Len == y.Len && s.Control() == other.Control()
}

// Control is the segment's flags without those that say nothing about the connection's
// state: PSH, ECE and CWR.
func (s *Segment) Control() packet.Flags {
	return s.Packet.Flags &^ (packet.PSH | packet.ECE | packet.CWR)
}
