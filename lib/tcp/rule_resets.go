package tcp

import (
	"slices"

	"sockproof/lib/journal"
)

// rstAsked asks why a connection that was open, or on the way to it after two SYNs had crossed, sent a RST: nothing
// makes TCP send one but a close with SO_LINGER {1, 0} or bytes unread, data for which nobody is left, SOCK_DESTROY,
// a timer, or a socket that is gone already.
func (c *confrontation) rstAsked(e *End) {
	s := e.Socket
	if s == nil {
		c.waitingReset(e)
		return
	}
	if e.RstOut == 0 || !by(e.Opened, e.RstOut) && !c.abortsOpening(e) || e.blindWhy == blindProgram || e.blindWhy == blindThreads || e.Filtered != 0 {
		return
	}
	n := c.soon(e.RstOut)
	switch {
	case c.mayReset(e, n):
	case c.isOpenAt(e, n):
		c.aboutEnd(R3, e, []int{e.RstOut}, "a RST left "+s.ID, "nothing had ended it")
	case by(e.FinOut, e.RstOut) && !s.linger.Aborts() && e.UnreadAt(e.Closed) <= 0 && !c.drewRst(e, n):
		c.aboutEnd(R3, e, []int{e.FinOut, e.RstOut}, "a RST left "+s.ID+" after its FIN", "nothing had come to it that draws one")
	}
}

// waitingReset asks why a connection that nobody had accepted yet was aborted: its listener was closed, or shut down.
func (c *confrontation) waitingReset(e *End) {
	if e.RstOut == 0 || !e.Passive || !by(e.Opened, e.RstOut) || e.Overflow != 0 || e.Filtered != 0 || e.blindSince != 0 || c.answersWithRst(e) || by(e.RstIn, c.soon(e.RstOut)) {
		return
	}
	rst := c.event(e.RstOut)
	listeners := Where(c.Sockets, func(l *Socket) bool {
		return by(l.Listening, e.RstOut) && l.Local.Port() == e.Local.Port() && overlap(l.Local, e.Local)
	})
	ended := slices.ContainsFunc(listeners, func(l *Socket) bool {
		return l.foreign || l.hasTimers() || by(l.destroyed, e.RstOut) || c.began(c.event(l.Deaf), rst, rst.T) || c.isEnding(l, e.RstOut)
	})
	if len(listeners) > 0 && !ended {
		c.aboutEnd(R3, e, []int{e.RstOut}, "a RST left "+c.who(e)+", which nobody had accepted", "its listener was open")
	}
}

// abortsOpening says whether an end's RST is that of a socket in SYN_RECV which is aborted. The answer to a SYN for which there is
// no socket has the number 0.
func (c *confrontation) abortsOpening(e *End) bool {
	return by(e.SynIn, e.RstOut) && !c.answersWithRst(e) && c.event(e.RstOut).Packet.Seq != 0
}

// mayReset says whether an end's connection was over, or had a cause for a RST, whatever its descriptors.
func (c *confrontation) mayReset(e *End, n int) bool {
	s := e.Socket
	over := by(e.FinIn, n) && (by(e.FinAcked, n) || by(e.Closed, n)) || by(e.RstIn, n) && !c.toItself(e) || by(s.destroyed, n) || by(e.Nobody, n)
	answers := c.answersWithRst(e) && (s.isOver(e.RstOut) || c.timesOut(s, n))
	return over || answers || s.hasTimers() || c.isConcurrent(e.RstOut) && c.isEnding(s, e.RstOut)
}

// toItself says whether the RST that came to an end is its own: the socket is connected to itself.
func (c *confrontation) toItself(e *End) bool {
	return e.RstIn == e.RstOut || c.event(e.RstIn).Packet.Of == e.RstOut
}

// isEnding says whether a call that ends what a socket sends had begun when something was seen: a call has the time before
// it is made, and all else that after it was seen.
func (c *confrontation) isEnding(s *Socket, n int) bool {
	return slices.ContainsFunc(s.ends, func(e int) bool { return e <= c.soon(n) && c.event(e).T <= c.event(n).T })
}

// isOpenAt says whether an end had a descriptor when its RST left, or waited to be accepted.
func (c *confrontation) isOpenAt(e *End, n int) bool {
	if e.Closed == 0 {
		return e.Socket.handles > 0 || c.isQueued(e, n)
	}
	return !by(e.Closed, n) || c.isHeld(e.Socket, c.event(e.RstOut).T)
}

// isQueued says whether an opening waits to be accepted, of a listener that always had room and still listens.
func (c *confrontation) isQueued(e *End, n int) bool {
	l := c.Listener(e.Local, n)
	return e.Passive && !e.Socket.born && e.Overflow == 0 && l != nil && l.everRoom(n)
}

// isHeld says whether one of the program's own descriptors was open at a time: its close() had not begun.
func (v *View) isHeld(s *Socket, t int64) bool {
	last := v.event(s.ownUntil)
	return s.own > 0 || last != nil && last.T > t
}

// answersWithRst says whether an end's RST is the kernel's answer to what came where no socket was: that has no
// acknowledgement (RFC 9293 §3.10.7.1). The RST of a socket that is aborted has one (tcp_send_active_reset in
// net/ipv4/tcp_output.c).
func (c *confrontation) answersWithRst(e *End) bool {
	return !c.Segment(c.event(e.RstOut)).Has(ackFlag)
}

// isOver says whether a witness had seen a socket's connection over. That has a cause of its own.
func (s *Socket) isOver(n int) bool {
	return slices.ContainsFunc(stateWitnesses, func(w journal.Witness) bool {
		state, _ := s.StateAt(w, n)
		return state == journal.Close || state == journal.Gone
	})
}

// drewRst says whether something came to an end after its FIN that draws a RST: data, or, where the socket is
// gone, anything.
func (c *confrontation) drewRst(e *End, n int) bool {
	return slices.ContainsFunc(e.in, func(x *Segment) bool { return e.FinOut < x.N && x.N <= n && (c.answersWithRst(e) || x.occupied() > 0) })
}
