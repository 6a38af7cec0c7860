package tcp

import (
	"fmt"
	"slices"
)

// leaves takes a segment that an end sent.
func (b *builder) leaves(s *Segment) {
	p := pair{s.Packet.Src, s.Packet.Dst}
	if b.bulk[p] {
		return
	}
	e := b.current(p)
	switch {
	case s.Has(rstFlag):
		b.resets(e, p, s)
		return
	case s.isOpening():
		e = b.opens(e, p, s)
	case s.Has(synFlag):
		e = b.answers(e, p, s)
	case e == nil || !e.hasISS:
		b.unopened(p, s)
		return
	default:
		e = b.reopens(e, s)
		b.says(e, s)
	}
	e.out = append(e.out, s)
}

// resets takes a RST: it may come from a socket, or answer what came where none was.
func (b *builder) resets(e *End, p pair, s *Segment) {
	for i := len(b.strays) - 1; i >= 0; i-- {
		x := &b.strays[i]
		if x.answered == 0 && x.seg.Packet.Dst == p.local && x.seg.Packet.Src == p.remote {
			x.answered = s.N
			break
		}
	}
	if e == nil {
		return
	}
	e.out = append(e.out, s)
	// What a socket in SYN_SENT or SYN_RECV cannot take it answers with a RST of the number
	// that was acknowledged, and goes on (RFC 9293 §3.10.7.3, §3.10.7.4).
	if stays := e.hasISS && (!e.hasIRS || e.isPending()) && s.Packet.Seq != e.nextOut; e.RstOut == 0 && !stays {
		e.RstOut = s.N
	}
	// What was reset before is no more: the kernel answers a segment that found no socket.
	if s.Has(ackFlag) && e.hasIRS && e.RstIn == 0 && e.blindWhy == sees && after(s.Packet.Ack, e.nextIn) {
		b.contradicts(e, R1, s.N, "its RST acknowledges bytes that had not been delivered")
	}
	b.numbered(e, s)
}

// numbered asks that a RST has a number of the end's. One with ACK is its own, or answers what has no ACK, with
// the number 0 (RFC 9293 §3.10.7.1); one without has the number that was acknowledged.
func (b *builder) numbered(e *End, s *Segment) {
	if s.Has(ackFlag) && s.Packet.Seq != 0 && e.hasISS && e.blindWhy == sees && s.Packet.Seq-e.iss > e.nextOut-e.iss {
		b.contradicts(e, R1, s.N, "its RST has none of the numbers that it had sent up to then")
	}
}

// opens takes a SYN. Another number than that of the last begins another incarnation.
func (b *builder) opens(e *End, p pair, s *Segment) *End {
	if e == nil || e.hasISS && e.iss != s.Packet.Seq || e.Passive {
		e = b.newEnd(p, s.N)
	}
	again := e.hasISS
	if !e.hasISS {
		e.iss, e.hasISS = s.Packet.Seq, true
		e.nextOut, e.unacked = s.end(), s.Packet.Seq
		e.SynOut = s.N
	}
	e.scale, e.stamped = s.Scale, s.Stamped
	e.sent = append(e.sent, sent{s, again, e.nextOut, e.unacked})
	return e
}

// answers takes a SYN-ACK, which needs the SYN that it acknowledges.
func (b *builder) answers(e *End, p pair, s *Segment) *End {
	irs := s.Packet.Ack - 1
	if e == nil || e.hasISS && e.iss != s.Packet.Seq || e.hasIRS && e.irs != irs && e.iss != s.Packet.Seq {
		e = b.newEnd(p, s.N)
		e.Passive = true
	}
	switch {
	case !e.hasIRS:
		e.irs, e.hasIRS, e.nextIn = irs, true, s.Packet.Ack
	case e.blindWhy == sees && after(s.Packet.Ack, e.nextIn):
		b.contradicts(e, R1, s.N, "its SYN-ACK acknowledges more than the SYN")
	}
	again := e.hasISS
	if !e.hasISS {
		e.iss, e.hasISS, e.unacked = s.Packet.Seq, true, s.Packet.Seq
	}
	syn := b.synOf(p, irs)
	if syn == nil {
		b.contradicts(e, R3, s.N, "a SYN-ACK, but no SYN with that number had been delivered")
	} else {
		if e.SynIn == 0 {
			e.SynIn, e.peerScale = syn.N, syn.Scale
			e.recent, e.hasRecent = syn.Timestamp, syn.Stamped
		}
		if !slices.Contains(e.in, syn) { // captured before what made this end known
			e.in = append(e.in, syn)
		}
	}
	e.nextOut, e.scale = s.end(), s.Scale
	if syn != nil {
		e.scales(syn.Scaled && s.Scaled)
	}
	e.stamped = e.stamped || s.Stamped
	e.acked, e.hasAcked = s.Packet.Ack, true
	e.edge, e.hasEdge = s.Packet.Ack+uint32(s.Packet.Win), true
	e.sent = append(e.sent, sent{s, again, e.nextOut, e.unacked})
	return e
}

func (b *builder) synOf(p pair, number uint32) *Segment {
	all := b.syns[p]
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Packet.Seq == number {
			return all[i]
		}
	}
	return nil
}

func (b *builder) newEnd(p pair, n int) *End {
	e := &End{Local: p.local, Remote: p.remote, Born: n, kept: true, wroteKept: true, Bulk: b.bulk[p]}
	b.byPair[p] = append(b.byPair[p], e)
	b.Ends = append(b.Ends, e)
	return e
}

// unopened is a segment of an end of which no opening was seen.
func (b *builder) unopened(p pair, s *Segment) {
	if !b.sees() {
		return
	}
	var about []*Socket
	for _, k := range b.Sockets {
		if k.Local == p.local && (k.Remote == p.remote || !b.host) {
			about = append(about, k)
		}
	}
	if len(about) == 0 && b.host {
		return // another program's, or of a connection before the run
	}
	b.seen = append(b.seen, discrepancyAt{nil, newDiscrepancy(R3, about, []int{s.N},
		"a segment left "+string(p.local)+" for "+string(p.remote), "no SYN or SYN-ACK had left it")})
}

// says takes a segment of an end that is open, or nearly: its numbers, its data, what it
// acknowledges.
func (b *builder) says(e *End, s *Segment) {
	if skipped := ahead(s.Packet.Seq, e.nextOut); skipped > 0 && e.blindWhy == sees {
		b.contradicts(e, R1, s.N, fmt.Sprintf("it skips %d numbers: what had them was not seen leaving", skipped))
		e.blind(s.N, blindGap)
	}
	again := !after(s.end(), e.nextOut) && (s.occupied() > 0 || after(e.nextOut, s.Packet.Seq))
	if after(s.end(), e.nextOut) {
		e.nextOut = s.end()
	}
	if s.Has(finFlag) && e.FinOut == 0 {
		e.FinOut, e.finSeq = s.N, s.end()-1
	}
	if s.Has(ackFlag) && e.hasIRS {
		b.acknowledges(e, s)
	}
	if s.Packet.Win == 0 && e.isEmpty() && !b.isConcurrent(s.N) && b.isLongRead(e, s.N) {
		b.contradicts(e, R1, s.N, "it offers no window, though nothing that was delivered to it was unread")
	}
	e.sent = append(e.sent, sent{s, again, e.nextOut, e.unacked})
}

// reopens is the end that a segment leaves, where what came when its socket was gone has opened another
// connection: a listener with tcp_syncookies takes what acknowledges a number that it has offered lately
// (cookie_v4_check in net/ipv4/syncookies.c). That connection is not followed.
func (b *builder) reopens(e *End, s *Segment) *End {
	i := slices.IndexFunc(b.strays, func(x stray) bool { return x.end == e && x.cookie && x.answered == 0 })
	if i < 0 {
		return e
	}
	x := &b.strays[i]
	x.answered = s.N
	e.outcomes = slices.DeleteFunc(e.outcomes, func(o owed) bool { return o.n == x.seg.N }) // data after close(): no RST is due
	opened := b.newEnd(pair{e.Local, e.Remote}, s.N)
	opened.Passive, opened.Opened, opened.Bulk, opened.hasISS = true, s.N, true, true
	opened.blind(s.N, blindGap)
	b.queued(opened, s.N)
	return opened
}

// isEmpty says whether an end has nothing that takes up its receive buffer.
func (e *End) isEmpty() bool {
	return e.Opened != 0 && e.blindWhy == sees && e.Filtered == 0 && e.FinIn == 0 && len(e.stream) <= e.readTo && len(e.early) == 0
}

// isLongRead says whether a segment left after what the end had been delivered was read. On
// lo one that left before may be captured after it.
func (b *builder) isLongRead(e *End, n int) bool {
	return b.wire || len(e.reads) == 0 || b.callsBetween(e.reads[len(e.reads)-1].call.N, n) > 2
}

// soonAcked is how long after its delivery a segment on lo may leave without
// acknowledging it, in nanoseconds: it may have been under way.
const soonAcked = 5_000_000

// acknowledges holds what a segment acknowledges against what was delivered.
func (b *builder) acknowledges(e *End, s *Segment) {
	switch more := ahead(s.Packet.Ack, e.nextIn); {
	case more > 0 && e.blindWhy == sees:
		b.contradicts(e, R1, s.N, fmt.Sprintf("it acknowledges %d more than was delivered to it", more))
		e.blind(s.N, blindAck)
	case more < 0 && e.blindWhy == sees && e.Filtered == 0 && e.Aborted() == 0:
		if a := e.unacknowledged(s.Packet.Ack); a != nil && a.n < s.N && (b.wire || s.T-a.t > soonAcked) &&
			(s.occupied() == 0 || !after(e.unacked, s.Packet.Seq)) && !b.isConcurrent(s.N) {
			b.contradicts(e, R3, s.N, fmt.Sprintf("%d bytes or a FIN were delivered to it in order (event %d), and it does not acknowledge them", -more, a.n), a.n)
			e.blind(s.N, blindAck)
		}
	}
	if !e.hasAcked || after(s.Packet.Ack, e.acked) {
		e.acked, e.hasAcked = s.Packet.Ack, true
	}
	if edge := s.Packet.Ack + uint32(s.Packet.Win)<<e.scale; !e.hasEdge || after(edge, e.edge) {
		e.edge, e.hasEdge = edge, true
	}
}

// unacknowledged is the first arrival beyond an acknowledgement.
func (e *End) unacknowledged(ack uint32) *arrival {
	for i := range e.arrivals {
		if after(e.arrivals[i].next, ack) {
			return &e.arrivals[i]
		}
	}
	return nil
}
