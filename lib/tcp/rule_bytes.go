package tcp

import (
	"bytes"
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// reads holds what calls read against what had been delivered (R1).
func (c *confrontation) reads(s *Socket) {
	for _, e := range s.Calls {
		if !isRead(e.Call.Op) || e.N == s.returned {
			continue
		}
		switch {
		case e.Call.Errno == "" && e.Call.Result > 0:
			c.readSome(s, e)
		case e.Call.Errno == "":
			c.readNone(s, e)
		default:
			c.readFailed(s, e)
		}
	}
}

func (c *confrontation) readSome(s *Socket, e *journal.Event) {
	end, n := s.End, int(e.Call.Result)
	blind := end.blindAt(e.N)
	switch blind {
	case sees, blindWindow, blindPayload, blindClosed:
	default:
		return
	}
	at := end.ReadAt(e.N - 1)
	had := end.StreamAt(c.soon(e.N))
	data := e.Call.Data
	switch {
	case at < 0: // the calls claim more than a number holds
	case (blind == sees || blind == blindWindow) && had < at+n:
		c.about(R1, s, []int{e.N}, fmt.Sprintf("%s() of %s returned %d bytes", e.Call.Op, s.ID, n), fmt.Sprintf("%d unread ones had been delivered to it", max(had-at, 0)))
	case blind == sees && end.kept && data != nil && len(data) == n && !bytes.Equal(data, end.stream[at:at+n]):
		c.about(R1, s, []int{e.N}, fmt.Sprintf("%s() of %s returned %d bytes", e.Call.Op, s.ID, n), "other bytes than these had been delivered")
	case data != nil && len(data) != n:
		c.about(R1, s, []int{e.N}, fmt.Sprintf("%s() of %s returned %d", e.Call.Op, s.ID, n), fmt.Sprintf("it gave %d bytes", len(data)))
	case blind == sees:
		c.readLess(s, e, end.StreamAt(e.N-1)-at)
	}
}

// readLess asks why a read left bytes that it had room for.
func (c *confrontation) readLess(s *Socket, e *journal.Event, unread int) {
	asked, says := e.Call.Length()
	if !says || c.isConcurrent(e.N) || within(s.busy, e.N) {
		return
	}
	if n, could := int(e.Call.Result), min(asked, unread); n < could {
		c.about(R1, s, []int{e.N}, fmt.Sprintf("%s() of %s returned %d bytes", e.Call.Op, s.ID, n), fmt.Sprintf("%d could be had", could))
	}
}

func (c *confrontation) readNone(s *Socket, e *journal.Event) {
	end := s.End
	if asksNothing(e.Call) {
		return // of no bytes: no end
	}
	n := c.soon(e.N)
	ended := by(end.FinIn, n) && (end.UnreadAt(e.N) <= 0 || end.blindAt(e.N) != sees) ||
		by(end.ShutRead, n) || end.readEnd != 0 && end.readEnd < e.N || s.tookError(e.N)
	unread := end.UnreadAt(e.N)
	switch {
	case !ended && by(end.FinIn, n):
		c.about(R1, s, []int{e.N, end.FinIn}, fmt.Sprintf("%s() of %s returned 0", e.Call.Op, s.ID), fmt.Sprintf("%d bytes that had been delivered before the FIN were unread", unread))
	case !ended:
		c.about(R2, s, []int{e.N}, fmt.Sprintf("%s() of %s returned 0", e.Call.Op, s.ID), "no FIN had been delivered to it")
	case unread > 0 && end.blindAt(e.N) == sees && !by(end.Aborted(), e.N) && !s.tookError(e.N):
		c.about(R1, s, []int{e.N}, fmt.Sprintf("%s() of %s returned 0", e.Call.Op, s.ID), fmt.Sprintf("%d bytes that had been delivered were unread", unread))
	}
}

func (c *confrontation) readFailed(s *Socket, e *journal.Event) {
	end := s.End
	unread := end.UnreadAt(e.N - 1)
	complete := end.blindAt(e.N) == sees
	said := fmt.Sprintf("%s() of %s failed with %s", e.Call.Op, s.ID, e.Call.Errno)
	switch {
	case e.Call.Errno != journal.EAGAIN:
		if unread > 0 && complete && !c.isConcurrent(e.N) {
			c.about(R1, s, []int{e.N}, said, fmt.Sprintf("%d bytes that had been delivered were unread", unread))
		}
	case complete && !by(end.Aborted(), e.N) && by(end.Opened, e.N-1) && unread > 0:
		c.about(R1, s, []int{e.N}, said, fmt.Sprintf("%d bytes that had been delivered were unread", unread))
	case complete && !by(end.Aborted(), e.N) && by(end.FinIn, e.N-1):
		c.about(R1, s, []int{e.N, end.FinIn}, said, "a FIN had been delivered")
	case by(end.RstIn, e.N-1) && !s.tookError(e.N):
		c.about(R2, s, []int{e.N, end.RstIn}, said, "a RST had been delivered")
	}
}

// stream holds what left an end against what was written there (R1).
func (c *confrontation) stream(e *End) {
	sent, whole, changed := e.outStream()
	if changed {
		c.aboutEnd(R1, e, nil, c.who(e)+" sent bytes again", "they were other bytes than at first")
	}
	s := e.Socket
	switch {
	case s == nil || !e.hasISS || e.blindWhy == blindProgram:
	case len(sent) > e.wroteLen && c.Journal.Stopped != "" && c.inLastCalls(e.lastData()): // a write that was under way is not recorded
	case len(sent) > e.wroteLen:
		c.about(R1, s, []int{e.lastWrite}, fmt.Sprintf("%d bytes left %s", len(sent), s.ID), fmt.Sprintf("%d had been written to it", e.wroteLen))
	case !e.wroteKept:
	case whole && !bytes.Equal(sent, e.wrote[:len(sent)]):
		c.about(R1, s, []int{e.lastWrite}, fmt.Sprintf("%d bytes left %s", len(sent), s.ID), "other bytes than these had been written to it")
	}
	if s != nil && len(sent) < e.wroteLen && e.blindWhy != blindProgram {
		c.unsent(e, e.wroteLen-len(sent))
	}
}

// lastData is the last segment with data that left an end.
func (e *End) lastData() int {
	last := 0
	for _, s := range e.out {
		if s.Packet.Len > 0 {
			last = s.N
		}
	}
	return last
}

// unsent asks why bytes that were written did not leave, though they could.
func (c *confrontation) unsent(e *End, left int) {
	held := e.holdsBack && e.FinOut == 0 // a FIN is behind all that was written
	if e.Aborted() != 0 || e.Opened == 0 || held || c.Journal.Stopped != "" && c.inLastCalls(e.lastWrite) {
		return
	}
	room := 0
	if e.hasPeerEdge {
		room = ahead(e.peerEdge, e.nextOut)
	}
	if room < left || ahead(e.nextOut, e.unacked) > 0 {
		return // the window, or Nagle's algorithm, keeps them back
	}
	c.aboutEnd(R1, e, []int{e.lastWrite}, fmt.Sprintf("%d bytes were written to %s", e.wroteLen, c.who(e)), fmt.Sprintf("%d of them did not leave, though the peer's window had room for %d", left, room))
}

// outStream puts what left together again: whole says that no byte of it is unknown,
// changed that some were sent twice and were not the same.
func (e *End) outStream() (sent []byte, whole, changed bool) {
	first := e.iss + 1
	most := 0 // it cannot be longer, if no number was skipped
	for _, s := range e.out {
		most += s.Packet.Len
	}
	length := 0
	for _, s := range e.out {
		if at := ahead(s.Packet.Seq, first); at >= 0 && at+s.Packet.Len <= most && s.Packet.Len > 0 && !s.Has(rstFlag) {
			length = max(length, at+s.Packet.Len)
		}
	}
	if length == 0 {
		return nil, true, false
	}
	sent = make([]byte, length)
	known := make([]bool, length)
	for _, s := range e.out {
		at := ahead(s.Packet.Seq, first)
		if at < 0 || at+len(s.Payload) > length || s.Payload == nil || s.Has(rstFlag) {
			continue
		}
		for i, b := range s.Payload {
			if known[at+i] && sent[at+i] != b {
				changed = true
			}
			sent[at+i], known[at+i] = b, true
		}
	}
	return sent, !slices.Contains(known, false), changed
}

// queues holds the queues that sock_diag read against the streams (R1).
func (c *confrontation) queues(s *Socket) {
	e := s.End
	for _, x := range s.samples {
		n := x.N
		if !c.wire || e.blindAt(n) != sees || c.isConcurrent(n) || within(s.busy, n) || x.Sample.Witness != journal.SockDiag {
			continue
		}
		switch x.Sample.State {
		case journal.Established, journal.CloseWait, journal.FinWait1, journal.FinWait2, journal.Closing:
		default:
			continue
		}
		c.receiveQueue(s, x)
		c.sendQueue(s, x)
	}
}

func (c *confrontation) receiveQueue(s *Socket, x *journal.Event) {
	e := s.End
	want := e.UnreadAt(x.N)
	if by(e.FinIn, x.N) {
		want++
	}
	if by(e.Closed, x.N) || len(s.blocked) > 0 || by(e.readEnd, x.N) || int(x.Sample.RxQueue) == want {
		return
	}
	c.about(R1, s, []int{x.N}, fmt.Sprintf("sock_diag says that %d wait to be read at %s", x.Sample.RxQueue, s.ID), fmt.Sprintf("%d were delivered and not read", want))
}

func (c *confrontation) sendQueue(s *Socket, x *journal.Event) {
	e := s.End
	if !by(e.Opened, x.N) || x.Sample.State == journal.FinWait2 || !e.wroteKept && e.wroteLen == 0 {
		return
	}
	// What was written, SYN and FIN, less what was acknowledged; all counted from the SYN.
	want := e.WrittenAt(x.N) + 1 - e.ackedAt(x.N)
	if by(e.FinOut, x.N) || by(e.ShutWrite, x.N) || by(e.Closed, x.N) {
		want++
	}
	have := int(x.Sample.TxQueue)
	if have == want || have == want+1 && anyBy(s.ends, x.N) {
		return
	}
	c.about(R1, s, []int{x.N}, fmt.Sprintf("sock_diag says that %d wait to be acknowledged at %s", have, s.ID), fmt.Sprintf("%d were written and not acknowledged", want))
}

// ackedAt is how much of its own sequence space had been acknowledged at an event.
func (e *End) ackedAt(n int) int {
	unacked := e.iss
	for _, s := range e.in {
		if s.N > n {
			break
		}
		if s.Has(ackFlag) && after(s.Packet.Ack, unacked) && !after(s.Packet.Ack, e.nextOut) {
			unacked = s.Packet.Ack
		}
	}
	return ahead(unacked, e.iss)
}

func anyBy(events []int, n int) bool {
	for _, e := range events {
		if e <= n {
			return true
		}
	}
	return false
}
