package tcp

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// ready holds what epoll_wait() said of a socket against its connection (R2), as tcp_poll in
// net/ipv4/tcp.c makes it up. Off the wire a segment may have come meanwhile, and what it
// changes is not asked: only what a state that was seen before says.
func (c *confrontation) ready(s *Socket, e *journal.Event) {
	end := s.End
	if !c.wire {
		c.readyInState(s, e)
		return
	}
	if end.Opened == 0 || end.blindAt(e.N) != sees || c.isConcurrent(e.N) || e.Call.InChild() {
		return
	}
	ready := e.Call.Ready()
	for event, so := range c.readiness(s, e.N) {
		switch {
		case ready.Has(event) && !so:
			c.about(R2, s, []int{e.N}, "epoll_wait() of "+s.ID+" said "+event.String(), "nothing had happened that makes it so")
		case !ready.Has(event) && so && c.asksFor(s, event, e.N):
			c.about(R2, s, []int{e.N}, "epoll_wait() of "+s.ID+" said "+e.Call.Out, event.String()+" was due")
		}
	}
	if e.Call.Out != "" && e.Call.Result != 1 {
		c.about(R2, s, []int{e.N}, said(s, e), "one descriptor was ready")
	}
}

// readyInState is ready off the wire: what the state that was seen before makes epoll_wait()
// say. A socket that a witness saw in CLOSE is over both ways.
func (c *confrontation) readyInState(s *Socket, e *journal.Event) {
	last := s.StateBefore(e.N)
	if last == nil || last.State.To != journal.Close && last.State.To != journal.Gone || e.Call.InChild() || c.isConcurrent(e.N) || !c.asksFor(s, journal.EPOLLHUP, e.N) {
		return
	}
	if !e.Call.Ready().Has(journal.EPOLLHUP) {
		c.about(R2, s, []int{last.N, e.N}, "epoll_wait() of "+s.ID+" said "+e.Call.Out, "it had been seen in "+last.State.To+", which is EPOLLHUP")
	}
}

// listenerReady holds what epoll_wait() said of a listener against its accept queue (R2). Off the
// wire an opening may have been complete before it was seen to be.
func (c *confrontation) listenerReady(s *Socket) {
	if s.Listening == 0 || s.options[journal.TCPDeferAccept] != "" {
		return
	}
	for _, e := range s.CallsOf(s.Listening, 0, "epoll_wait") {
		if e.Call.Errno != "" || c.Listener(s.Local, e.N) != s || c.isConcurrent(e.N) || e.Call.InChild() || !c.asksFor(s, journal.EPOLLIN, e.N) {
			continue
		}
		n, ready := s.WaitingAt(e.N), e.Call.Ready().Has(journal.EPOLLIN)
		switch {
		case !ready && n > 0 && s.everRoom(e.N):
			c.about(R2, s, []int{e.N}, "epoll_wait() of "+s.ID+" did not say EPOLLIN", fmt.Sprintf("%d openings were complete and not accepted", n))
		case ready && n == 0 && c.wire:
			c.about(R2, s, []int{e.N}, "epoll_wait() of "+s.ID+" said EPOLLIN", "no opening was complete that was not accepted")
		}
	}
}

// everRoom says whether a listener's queue had room for every opening up to an event: off the wire
// one that met none is taken to be complete all the same.
func (s *Socket) everRoom(n int) bool {
	_, known := s.BacklogAt(n)
	return known && !slices.ContainsFunc(s.waits, func(w progress) bool { return w.n <= n && !s.RoomAt(w.n) })
}

// readiness is what epoll has to say of a socket at an event, and what it must not.
func (c *confrontation) readiness(s *Socket, n int) map[journal.Epoll]bool {
	end := s.End
	reset := by(end.Aborted(), n)
	nothingMore := by(end.FinIn, n) || by(end.ShutRead, n) || reset
	return map[journal.Epoll]bool{
		journal.EPOLLRDHUP: nothingMore,
		journal.EPOLLIN:    nothingMore || end.UnreadAt(n) > 0,
		journal.EPOLLHUP:   nothingMore && (by(end.ShutWrite, n) || reset),
		journal.EPOLLERR:   by(end.RstIn, n) && !s.tookError(n),
	}
}

// asksFor says whether a socket was watched for an event: EPOLLHUP and EPOLLERR always are,
// and none is reported twice where it was watched at its edges.
func (c *confrontation) asksFor(s *Socket, event journal.Epoll, n int) bool {
	for i := len(s.Calls) - 1; i >= 0; i-- {
		x := s.Calls[i]
		if x.N > n || x.Call.Op != "epoll_ctl" {
			continue
		}
		watched := x.Call.Watched()
		return !watched.HasAny(journal.EPOLLET|journal.EPOLLONESHOT) && (watched | journal.EPOLLHUP | journal.EPOLLERR).Has(event)
	}
	return false
}
