package tcp

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// Overflow is a segment that came to a listener whose accept queue had no room: a SYN, or
// what would have completed an opening. Linux drops it, data and all, or answers the latter
// with RST (tcp_conn_request, tcp_check_req in net/ipv4; tcp_abort_on_overflow).
type Overflow struct {
	*Segment
	Listener *Socket
	End      *End // whose opening it would have completed; nil: it is a SYN
}

// Overflows are those of the run, in order.
func (v *View) Overflows() []Overflow { return v.overflows }

// MayOverflow are segments that would have completed an opening where the accept queue was full,
// while more than the run's own thread acted, or nothing did: accept() may have come before them.
func (v *View) MayOverflow() []*Segment { return v.mayOverflow }

// Listener is the socket that listened at an address when an event was recorded; nil: none
// did, or several (SO_REUSEPORT), so that it is not known to which of them a segment came.
func (v *View) Listener(at journal.Address, n int) *Socket {
	var one *Socket
	for _, s := range v.Sockets {
		if !by(s.Listening, n) || by(s.Deaf, n) || s.Local.Port() != at.Port() || !overlap(s.Local, at) {
			continue
		}
		if one != nil || s.shares {
			return nil
		}
		one = s
	}
	return one
}

// WaitingAt is how many connections waited in a listener's accept queue when an event was
// recorded. One that was reset meanwhile still waits (tcp_done in net/ipv4/tcp.c).
func (s *Socket) WaitingAt(n int) int { return lastBy(s.waits, n) }

// BacklogAt is a listener's backlog when an event was recorded, as listen() had it and
// net.core.somaxconn bounds it; known: it is.
func (s *Socket) BacklogAt(n int) (backlog int, known bool) {
	backlog = lastBy(s.backlogs, n)
	return backlog, len(s.backlogs) > 0 && backlog >= 0
}

// RoomAt says whether a listener's accept queue had room when an event was recorded: it
// takes one connection more than its backlog (sk_acceptq_is_full in include/net/sock.h).
// Where the backlog is not known, it had.
func (s *Socket) RoomAt(n int) bool {
	backlog, known := s.BacklogAt(n)
	return !known || s.WaitingAt(n) <= backlog
}

// leastCap is the smallest net.core.somaxconn that a kernel has where nobody sets it
// (SOMAXCONN in include/linux/socket.h: 128 before 5.4, then 4096).
const leastCap = 128

// unknownBacklog is one that net.core.somaxconn may bound, which the run has not read.
const unknownBacklog = -1

// bounded is the backlog of a listen() as net.core.somaxconn bounds it.
func (v *View) bounded(s *Socket, e *journal.Event) int {
	backlog, known := e.Call.Backlog()
	most := int64(leastCap)
	set := v.Setting(s.Host, "net.core.somaxconn", e.N)
	if set != nil {
		if n, is := set.Setting.Number(); is {
			most = n
		}
	}
	switch {
	case !known:
		return unknownBacklog
	case backlog >= 0 && int64(backlog) <= most:
		return backlog
	case set != nil:
		return int(most)
	}
	return unknownBacklog
}

// becomesListener notes a backlog, and whether another listens at the same address.
func (b *builder) becomesListener(s *Socket, e *journal.Event) {
	s.backlogs = append(s.backlogs, progress{e.N, b.bounded(s, e)})
	for _, k := range b.Sockets {
		if k != s && k.Host == s.Host && by(k.Listening, e.N) && k.Deaf == 0 && k.Local.Port() == s.Local.Port() && overlap(k.Local, s.Local) {
			k.shares, s.shares = true, true
		}
	}
}

// wait notes that a connection has come to a listener's accept queue, or was taken from it.
func (s *Socket) wait(n, more int) {
	s.waits = append(s.waits, progress{n, s.WaitingAt(n) + more})
}

// queued notes that a passive opening is complete.
func (b *builder) queued(e *End, n int) {
	if !e.Passive {
		return
	}
	if l := b.Listener(e.Local, n); l != nil {
		l.wait(n, 1)
	}
}

// overflow says whether a segment met a full accept queue, and so never reached an end. Off
// the wire the order of what passed lo and of accept() is not known so well: there an opening
// is taken to be complete.
func (b *builder) overflow(e *End, s *Segment) bool {
	completes := b.wire && e.isCompletedBy(s)
	if !b.sees() || !completes && !e.isNewTo(s) {
		return false
	}
	l := b.Listener(s.Packet.Dst, s.N)
	if l == nil || l.RoomAt(s.N) {
		return false
	}
	if completes && b.isConcurrent(s.N) {
		b.mayOverflow = append(b.mayOverflow, s)
		return false
	}
	if !completes {
		e = nil
	} else if e.Overflow == 0 {
		e.Overflow = s.N
	}
	b.overflows = append(b.overflows, Overflow{s, l, e})
	return completes
}

// isPending says whether a SYN-ACK has left an end, and its opening is not complete.
func (e *End) isPending() bool { return e != nil && e.Passive && e.Opened == 0 && e.Aborted() == 0 }

// isCompletedBy says whether a segment acknowledges the SYN-ACK of an opening that is not
// complete.
func (e *End) isCompletedBy(s *Segment) bool {
	return e.isPending() && s.Has(ackFlag) && s.Packet.Ack == e.iss+1 && !s.Packet.Flags.HasAny(synFlag|rstFlag)
}

// isNewTo says whether a segment is a SYN of another connection than an end's, if there is
// one: of that it would be answered again.
func (e *End) isNewTo(s *Segment) bool {
	if !s.isOpening() || s.Has(rstFlag) {
		return false
	}
	return e == nil || e.Aborted() != 0 || e.isPending() && e.irs != s.Packet.Seq
}

// synAckTimeout is how long a SYN-ACK waits for its answer at least, in nanoseconds
// (TCP_TIMEOUT_INIT in include/net/tcp.h, and the timer's slack).
const synAckTimeout = 900_000_000

// requestEnds says whether the entry of an opening that is not complete may be gone: given up
// (tcp_synack_retries), with its listener, or reset because the accept queue was full, by a
// RST that is seen only afterwards.
func (c *confrontation) requestEnds(s *Socket, e *journal.Event) bool {
	end := s.End
	if !end.isPending() && end.RstOut == 0 {
		return false
	}
	born := c.event(end.Born)
	return born != nil && e.T-born.T >= synAckTimeout ||
		by(end.Overflow, e.N) && by(end.RstOut, c.nextDeed(e.N)) ||
		slices.ContainsFunc(c.Sockets, func(l *Socket) bool { return l.Deaf != 0 && l.Deaf <= e.N && overlap(l.Local, s.Local) })
}

// waiting holds what sock_diag read of a listener against the openings that were complete and
// not accepted, and against its backlog (R1).
func (c *confrontation) waiting(s *Socket) {
	if s.Listening == 0 || !c.wire {
		return
	}
	for _, e := range s.Samples(journal.Listen, 0, 0) {
		x := e.Sample
		if x.Witness != journal.SockDiag || c.isConcurrent(e.N) || c.Listener(s.Local, e.N) != s {
			continue
		}
		if n := s.WaitingAt(e.N); int(x.RxQueue) != n {
			c.about(R1, s, []int{e.N}, fmt.Sprintf("sock_diag says that %d connections wait at %s", x.RxQueue, s.ID), fmt.Sprintf("%d openings were complete and not accepted", n))
		}
		if n, known := s.BacklogAt(e.N); known && int(x.TxQueue) != n {
			c.about(R1, s, []int{e.N}, fmt.Sprintf("sock_diag says that the backlog of %s is %d", s.ID, x.TxQueue), fmt.Sprintf("listen() and net.core.somaxconn make it %d", n))
		}
	}
}
