package tcp

import (
	"slices"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// enters takes a segment that came to an end.
func (b *builder) enters(s *Segment) {
	p := pair{s.Packet.Dst, s.Packet.Src}
	if b.bulk[p] || s.Damaged {
		return
	}
	e := b.current(p)
	if s.isOpening() {
		b.syns[p] = append(b.syns[p], s)
	}
	if k := b.socketAt(e, p); e != nil && k != nil && k.filteredAt(s.N) {
		if e.Filtered == 0 {
			e.Filtered = s.N
		}
		if s.Has(rstFlag) {
			return // the filter is there to eat it
		}
	}
	b.lost(e, p, s)
	if b.overflow(e, s) || e == nil {
		return
	}
	e.in = append(e.in, s)
	switch {
	case s.Has(rstFlag):
		b.isReset(e, s)
	case s.Has(synFlag):
		b.synCame(e, s)
	case e.hasIRS && s.Has(ackFlag):
		b.came(e, s)
	}
}

// callsBetween is how many calls were recorded from one event on and before another.
func (b *builder) callsBetween(from, to int) int {
	calls := 0
	i, _ := b.index(from)
	for ; i < len(b.Journal.Events) && b.Journal.Events[i].N < to; i++ {
		if b.Journal.Events[i].Call != nil {
			calls++
		}
	}
	return calls
}

// isLongGone says whether a segment came after its socket was seen gone. On lo what came
// before that may be captured after it: then the program must have made two calls since,
// each of which takes in what was captured.
func (b *builder) isLongGone(seen int, s *Segment) bool {
	if b.wire {
		return true
	}
	return b.callsBetween(seen, s.N) >= 2
}

// lost notes a segment that came where no socket takes it.
func (b *builder) lost(e *End, p pair, s *Segment) {
	if s.Has(rstFlag) || !b.sees() || !b.isFollowed(e, p) {
		return
	}
	if k := b.socketAt(e, p); e != nil && k != nil && (!s.isOpening() || !b.listens(p.local)) {
		state, n := k.StateAt(journal.SockDiag, s.N)
		if state == journal.Gone && b.isLongGone(n, s) {
			b.strays = append(b.strays, stray{seg: s, end: e, cookie: e.Passive && s.Packet.Ack == e.iss+1 && b.listens(p.local)})
			return
		}
	}
	if b.host && len(b.holders[p]) == 0 {
		return // another program's: what is at that address is not known
	}
	if s.isOpening() && (e == nil || e.Aborted() != 0) && !b.awaited(p, s.N) && !b.listens(p.local) {
		b.strays = append(b.strays, stray{seg: s, end: e, sockets: b.at4(p)})
	}
}

// isFollowed says whether it is known which socket has a pair of addresses, and what came to it.
func (b *builder) isFollowed(e *End, p pair) bool { return (e == nil || !e.Bulk) && !b.mayBeUnnamed(p) }

// socketAt is the socket of an end, or the only one with its addresses.
func (b *builder) socketAt(e *End, p pair) *Socket {
	if e != nil && e.Socket != nil {
		return e.Socket
	}
	return b.only(p)
}

// only is the one socket with both addresses; nil: there is none, or several.
func (v *View) only(p pair) *Socket {
	if some := v.holders[p]; len(some) == 1 {
		return some[0]
	}
	return nil
}

// at4 are the sockets that a segment to a pair of addresses can concern.
func (v *View) at4(p pair) []*Socket {
	return Where(v.Sockets, func(k *Socket) bool { return k.Local == p.local && k.Remote == p.remote || k.Local == p.remote })
}

// awaited says whether a socket that is connecting takes a SYN from its peer.
func (b *builder) awaited(p pair, n int) bool {
	return slices.ContainsFunc(b.holders[p], func(k *Socket) bool {
		return by(k.connected, n) && k.handles > 0 && !k.failed && len(k.errors) == 0
	})
}

// listens says whether a socket listens at an address, or at its port on all.
func (b *builder) listens(at journal.Address) bool {
	if b.listeners[at] != nil {
		return true
	}
	for l := range b.listeners {
		if x := l.AddrPort(); x.Port() == at.Port() && x.Addr().IsUnspecified() {
			return true
		}
	}
	return false
}

// isReset takes a RST, which TCP must accept where its number is the next expected
// (RFC 9293 §3.10.7.4; RFC 5961 §3.2), and Linux also where a FIN was the last thing
// that came, or at the beginning of what came beyond a hole (tcp_reset_check and
// tcp_validate_incoming in net/ipv4/tcp_input.c).
func (b *builder) isReset(e *End, s *Segment) {
	exact := false
	switch seq := s.Packet.Seq; {
	case !e.hasIRS:
		exact = e.hasISS && s.Has(ackFlag) && s.Packet.Ack == e.nextOut
	case seq == e.nextIn, e.FinIn != 0 && seq == e.nextIn-1:
		exact = true
	default:
		exact = slices.ContainsFunc(e.early, func(x early) bool { return x.seq == seq })
	}
	if !exact {
		return
	}
	if e.RstIn == 0 {
		e.RstIn = s.N
	}
}

// synCame takes a SYN or SYN-ACK.
func (b *builder) synCame(e *End, s *Segment) {
	fits := s.Has(ackFlag) && e.hasISS && s.Packet.Ack == e.iss+1
	switch {
	case !e.hasIRS && e.hasISS:
		if s.Has(ackFlag) && !fits {
			return
		}
		e.irs, e.hasIRS, e.nextIn = s.Packet.Seq, true, s.Packet.Seq+1
		e.peerScale, e.recent, e.hasRecent = s.Scale, s.Timestamp, s.Stamped
		e.SynIn = s.N
		e.scales(len(e.sent) > 0 && e.sent[0].seg.Scaled && s.Scaled)
		e.peerEdge, e.hasPeerEdge = e.iss+1+uint32(s.Packet.Win), true
		if fits {
			e.SynAckIn, e.Opened, e.unacked = s.N, s.N, s.Packet.Ack
			e.arrivals = append(e.arrivals, arrival{s.N, s.T, e.nextIn, 0})
		}
	case fits && e.irs == s.Packet.Seq:
		if e.Opened == 0 && e.Crossed == 0 {
			e.Crossed = s.N
		}
		e.unacked = s.Packet.Ack
	}
}

// came takes a segment of a connection that is open, or that it opens.
func (b *builder) came(e *End, s *Segment) {
	if e.stamped && s.Stamped && e.hasRecent && after(e.recent, s.Timestamp) {
		return // RFC 7323 §5: an older time stamp is not taken
	}
	if after(s.Packet.Ack, e.nextOut) {
		if s.madeUp() {
			return // TCP refuses it (RFC 9293 §3.10.7.4)
		}
		if e.blindWhy == sees && !b.hasOffered(e, s.Packet.Ack) {
			b.contradicts(e, R1, s.N, "it was delivered an acknowledgement of what it was not seen to send")
		}
		e.blind(s.N, blindAck)
		return
	}
	if after(e.nextIn, s.end()) || after(s.Packet.Seq, e.nextIn) && e.hasEdge && after(s.Packet.Seq, e.edge) {
		return // outside the window
	}
	b.acked(e, s)
	if s.occupied() == 0 || e.Aborted() != 0 {
		return
	}
	fin := uint32(0)
	if s.Has(finFlag) {
		fin = 1
	}
	if e.hasEdge && after(s.end(), e.edge+fin) {
		e.blind(s.N, blindWindow)
		return
	}
	if b.forNobody(e, s) || e.FinIn != 0 {
		return
	}
	b.takes(e, s)
}

// hasOffered says whether a number acknowledges a SYN-ACK of an opening at the same addresses that
// is not complete: with cookies, of which only the clock remembers the older ones, there are several.
func (b *builder) hasOffered(e *End, ack uint32) bool {
	return slices.ContainsFunc(b.byPair[pair{e.Local, e.Remote}], func(o *End) bool {
		return o.Passive && o.Opened == 0 && slices.ContainsFunc(o.sent, func(x sent) bool { return x.seg.Has(synFlag) && x.seg.end() == ack })
	})
}

// acked takes what a segment acknowledges, and the window it offers.
func (b *builder) acked(e *End, s *Segment) {
	ack := s.Packet.Ack
	if e.Opened == 0 && !after(e.iss+1, ack) {
		e.Opened = s.N
		b.queued(e, s.N)
	}
	if after(ack, e.unacked) {
		e.unacked = ack
	}
	e.peerEdge, e.hasPeerEdge = ack+uint32(s.Packet.Win)<<e.peerScale, true
	if e.FinOut != 0 && e.FinAcked == 0 && after(ack, e.finSeq) {
		e.FinAcked = s.N
	}
	last := e.nextIn
	if e.hasAcked {
		last = e.acked
	}
	if s.Stamped && !after(s.Packet.Seq, last) && (!e.hasRecent || after(s.Timestamp, e.recent)) {
		e.recent, e.hasRecent = s.Timestamp, true
	}
}

// forNobody says whether data came that nobody can read any more: the kernel resets the
// connection (tcp_rcv_state_process in net/ipv4/tcp_input.c, RFC 1122 §4.2.2.13).
func (b *builder) forNobody(e *End, s *Segment) bool {
	k := e.Socket
	if s.Packet.Len == 0 || k == nil || !after(s.end(), e.nextIn) {
		return false
	}
	state, seen := k.StateAt(journal.SockDiag, s.N)
	waiting := seen < e.ShutWrite || state == journal.FinWait1 || state == journal.FinWait2 || state == journal.Closing
	if e.Closed == 0 && (e.ShutRead == 0 || e.ShutWrite == 0 || !waiting) {
		return false
	}
	if e.Closed != 0 && e.blindWhy != blindThreads {
		e.owes(owesRST, s.N, "data came after close()")
	}
	e.blind(s.N, blindClosed)
	e.Nobody = s.N
	return true
}

// owes notes that the end must send something; the first reason counts.
func (e *End) owes(flag owedFlag, n int, why string) {
	if !slices.ContainsFunc(e.outcomes, func(o owed) bool { return o.flag == flag }) {
		e.outcomes = append(e.outcomes, owed{n, flag, why})
	}
}

// takes appends what is in order to the stream, and keeps what is not.
func (b *builder) takes(e *End, s *Segment) {
	data := s.Payload
	if s.Has(packet.URG) {
		e.blind(s.N, blindUrgent)
	}
	if data == nil && s.Packet.Len > 0 {
		e.kept = false
		e.blind(s.N, blindPayload)
	}
	x := early{s.Packet.Seq, data, s.Packet.Len, s.Has(finFlag), s.N}
	if after(s.Packet.Seq, e.nextIn) {
		e.early = append(e.early, x)
		return
	}
	e.take(x, s)
	for more := true; more && e.FinIn == 0; {
		more = false
		for i, x := range e.early {
			skip := ahead(e.nextIn, x.seq)
			if skip < 0 || skip > x.len || skip == x.len && !x.fin {
				continue
			}
			e.early = slices.Delete(e.early, i, i+1)
			e.take(x, s)
			more = true
			break
		}
	}
}

func (e *End) take(x early, by *Segment) {
	skip := min(max(ahead(e.nextIn, x.seq), 0), x.len)
	if e.kept {
		e.stream = append(e.stream, x.data[skip:]...)
	}
	e.length += x.len - skip
	e.nextIn += uint32(x.len - skip)
	if x.fin {
		e.nextIn++
		e.FinIn = by.N
	}
	e.arrivals = append(e.arrivals, arrival{by.N, by.T, e.nextIn, e.length})
}

// filteredAt says whether a socket filter of the run's own was there at an event.
func (s *Socket) filteredAt(n int) bool {
	return by(s.filtered, n) && (!by(s.detached, n) || s.detached <= s.filtered)
}
