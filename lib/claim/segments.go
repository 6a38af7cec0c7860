package claim

import (
	"slices"

	"sockproof/lib/journal"
)

// Segment is a TCP segment that a host sent, and whether it was news.
type Segment struct {
	Event *journal.Event
	// Repeats is the number of the event of the earlier segment that this one
	// says again: a retransmission, a duplicate ACK. 0: it is news.
	Repeats int
}

// Packet is the segment's header.
func (s Segment) Packet() *journal.Packet { return s.Event.Packet }

// Segments lists the segments that the hosts sent, once each: on the wire as
// they left, on lo as they arrived. A stopped or slow process makes the kernel
// send again, so a judge counts news, never raw segments: a segment is told
// from its repetition by sequence number, not by time.
func Segments(j *journal.Journal) []Segment {
	if j.Network == journal.Wire {
		return segmentsAt(j, journal.AtSent)
	}
	return segmentsAt(j, journal.AtDelivered)
}

// Arrivals lists the segments that entered the hosts and said something that had
// not arrived before, each where it was delivered. On the wire these are not the
// deliveries of News: what was lost is news when it arrives for the first time.
func Arrivals(j *journal.Journal) []Segment {
	return slices.DeleteFunc(segmentsAt(j, journal.AtDelivered), func(s Segment) bool { return s.Repeats != 0 })
}

func segmentsAt(j *journal.Journal, at string) []Segment {
	known := map[direction]*sender{}
	var all []Segment
	for _, e := range Packets(j, at) {
		d := direction{e.Packet.Src, e.Packet.Dst}
		if known[d] == nil {
			known[d] = &sender{}
		}
		all = append(all, Segment{Event: e, Repeats: known[d].repeats(e)})
	}
	return all
}

// News lists the segments that were no repetition.
func News(j *journal.Journal) []Segment {
	return slices.DeleteFunc(Segments(j), func(s Segment) bool { return s.Repeats != 0 })
}

// direction is one way of a connection; a self-connection has only one.
type direction struct{ src, dst string }

// sender is what was sent so far in one direction.
type sender struct {
	sent  []*journal.Event
	next  uint32 // the sequence number after all that was sent
	any   bool
	isn   uint32 // of the SYN, with or without ACK
	begun bool   // a SYN was seen
}

// repeats returns the number of the segment that e says again, 0 for news, and
// remembers e.
//
// What occupies sequence space repeats if all of it was sent before; but a SYN
// that now acknowledges is news, as in a simultaneous open. What occupies none
// repeats an earlier segment with the same flags and numbers: the window and
// the timestamps may differ. A probe says nothing, and counts as a repetition of
// what was said last.
func (s *sender) repeats(e *journal.Event) int {
	p := e.Packet
	if slices.Contains(p.Flags, "SYN") {
		if s.any && (s.begun && p.Seq != s.isn || !s.begun && p.Seq+1 != s.next) {
			*s = sender{} // a new incarnation of the connection
		}
		s.isn, s.begun = p.Seq, true
	}
	end := p.Seq + occupied(p)
	of := 0
	for _, old := range s.sent {
		if sameNumbers(old.Packet, p) || occupied(p) > 0 && !slices.Contains(p.Flags, "SYN") && covers(old.Packet, p) {
			of = old.N
			break
		}
	}
	if of == 0 && s.any && (s.sentBefore(p, end) || s.isProbe(p)) {
		of = s.sent[len(s.sent)-1].N
	}
	if !s.any || after(end, s.next) {
		s.next, s.any = end, true
	}
	s.sent = append(s.sent, e)
	return of
}

// sentBefore says whether all of a segment was sent before, in other pieces.
func (s *sender) sentBefore(p *journal.Packet, end uint32) bool {
	return occupied(p) > 0 && !slices.Contains(p.Flags, "SYN") && !after(end, s.next)
}

// isProbe says whether a segment only asks for an answer: a keepalive or a
// zero-window probe carries nothing, with a number that was used before
// (RFC 9293 §3.8.4, §3.8.6.1), where an acknowledgement carries the next.
func (s *sender) isProbe(p *journal.Packet) bool {
	return occupied(p) == 0 && !slices.Contains(p.Flags, "RST") && after(s.next, p.Seq)
}

// occupied is how much sequence space a segment takes (RFC 9293 §3.4).
func occupied(p *journal.Packet) uint32 {
	n := uint32(p.Len)
	if slices.Contains(p.Flags, "SYN") {
		n++
	}
	if slices.Contains(p.Flags, "FIN") {
		n++
	}
	return n
}

// covers says whether old has sent all that p sends.
func covers(old, p *journal.Packet) bool {
	return !after(old.Seq, p.Seq) && !after(p.Seq+occupied(p), old.Seq+occupied(old))
}

// sameNumbers says whether two segments say the same. The flags of ECN may
// differ: a SYN that is not answered is sent again without them.
func sameNumbers(x, y *journal.Packet) bool {
	return x.Seq == y.Seq && x.Ack == y.Ack && x.Len == y.Len && slices.Equal(stateFlags(x), stateFlags(y))
}

// after compares sequence numbers, which wrap (RFC 9293 §3.4).
func after(x, y uint32) bool { return int32(x-y) > 0 }
