package tcp

import (
	"bytes"
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// unseen asks, where one stack has both ends of a connection and no segments were seen, for what at the peer
// brought about what an end shows: its FIN, its RST, its bytes (R1, R2, R3). There is no other account of them.
func (c *confrontation) unseen(s *Socket) {
	peers := c.holders[pair{s.Remote, s.Local}]
	if c.sees() || c.folded || len(peers) == 0 || !s.isPlain(c) || slices.ContainsFunc(peers, func(t *Socket) bool { return !t.isPlain(c) }) {
		return
	}
	for _, e := range s.States() {
		if e.N <= c.played && !c.isCutShort(e.N) {
			c.stateCaused(s, peers, e)
		}
	}
	for _, e := range s.Calls {
		if e.N != s.returned && !c.isCutShort(e.N) {
			c.resultCaused(s, peers, e)
		}
	}
	if len(peers) == 1 && c.only(pair{s.Local, s.Remote}) == s {
		c.readsWritten(s, peers[0])
		c.answersLate(s, peers[0])
	}
}

// isCutShort says whether what was done last before an event may not be recorded.
func (c *confrontation) isCutShort(n int) bool { return c.Journal.Stopped != "" && c.inLastCalls(n) }

// stateCaused asks why a connection was torn down, or saw a FIN.
func (c *confrontation) stateCaused(s *Socket, peers []*Socket, e *journal.Event) {
	account := fmt.Sprintf("%s saw %s go from %s to %s", e.State.Witness, s.ID, orNothing(e.State.From), e.State.To)
	switch e.State.To {
	case journal.CloseWait, journal.LastAck, journal.Closing, journal.TimeWait:
		if !c.anyEnded(peers, e, e.T) {
			c.about(R3, s, []int{e.N}, account, "its peer had neither closed nor shut down")
		}
	case journal.Close, journal.Gone:
		switch e.State.From {
		case journal.Established, journal.FinWait1, journal.FinWait2, journal.CloseWait:
			if !c.mayBeOver(s, peers, e, e.T) {
				c.about(R3, s, []int{e.N}, account, "nothing that was done at either end aborts it, and no timer can have")
			}
		}
	}
}

// resultCaused asks why a call told of an end of the connection.
func (c *confrontation) resultCaused(s *Socket, peers []*Socket, e *journal.Event) {
	at := returnedAt(e)
	switch {
	case s.saysReset(e) && !c.mayBeOver(s, peers, e, at):
		c.about(R2, s, []int{e.N}, said(s, e)+orNone(e.Call.Out), "nothing that was done at its peer resets it")
	case (isRead(e.Call.Op) || isWrite(e.Call.Op)) && timerErrnos[e.Call.Errno] && s.wasOpen(e.N) && s.options[journal.IPRecvErr]+s.options[journal.IPv6RecvErr] == "" && !c.mayTimeOut(s, e):
		c.about(R2, s, []int{e.N}, said(s, e), "no timer can have ended it")
	case isRead(e.Call.Op) && s.saysEnd(e) && c.onlyAborted(s, peers, e):
		c.about(R2, s, []int{e.N}, said(s, e), "its peer had sent no FIN, and no call had taken the error of the RST")
	case s.saysEnd(e) && !c.anyEnded(peers, e, at) && !c.mayBeOver(s, peers, e, at):
		c.about(R2, s, []int{e.N}, said(s, e)+orNone(e.Call.Out), "its peer had neither closed nor shut down")
	}
}

// timerErrnos are those with which a connection fails that a timer has ended. Others tell of an ICMP message at
// once only where that was asked for (IP_RECVERR).
var timerErrnos = map[journal.Errno]bool{journal.ETIMEDOUT: true, journal.EHOSTUNREACH: true, journal.ENETUNREACH: true}

// onlyAborted says whether all that was done at the other end before a call was to close it with SO_LINGER {1, 0}.
func (c *confrontation) onlyAborted(s *Socket, peers []*Socket, e *journal.Event) bool {
	if len(peers) != 1 || !s.wasOpen(e.N) || c.isConcurrent(e.N) || by(s.destroyed, e.N) {
		return false
	}
	p := peers[0]
	return p.closed != nil && p.closed.N < e.N && p.linger.Aborts() && !by(p.destroyed, e.N) && !p.hasShut(e.N, journal.ShutWrite) && !c.isConcurrent(p.closed.N)
}

// saysReset says whether a call told of a RST.
func (s *Socket) saysReset(e *journal.Event) bool {
	x := e.Call
	pending, _ := x.SocketError()
	return x.Errno == journal.ECONNRESET || pending == journal.ECONNRESET ||
		isWrite(x.Op) && x.Errno == journal.EPIPE && !s.hasShut(e.N, journal.ShutWrite) ||
		x.Op == "epoll_wait" && x.Ready().Has(journal.EPOLLERR)
}

// saysEnd says whether a call told of the peer's FIN.
func (s *Socket) saysEnd(e *journal.Event) bool {
	x := e.Call
	if s.hasShut(e.N, journal.ShutRead) || s.tookError(e.N) {
		return false
	}
	return isRead(x.Op) && x.Errno == "" && x.Signal == "" && x.Result == 0 && !asksNothing(x) || x.Op == "epoll_wait" && x.Ready().Has(journal.EPOLLRDHUP)
}

func orNone(out string) string {
	if out == "" {
		return ""
	}
	return ", " + out
}

// returnedAt is when a call had returned.
func returnedAt(e *journal.Event) int64 { return e.T + e.Call.TookNS }

// hasShut says whether a half had been shut down by call before an event.
func (s *Socket) hasShut(n int, half journal.How) bool {
	return slices.ContainsFunc(s.CallsOf(0, n, "shutdown"), func(e *journal.Event) bool {
		return e.Call.Errno == "" && (e.Call.How() == half || e.Call.How() == journal.ShutBoth)
	})
}

// began says whether something that was done can have caused what was observed at a time: a call had begun by
// then. The end of a process, and what other threads do, is noticed later.
func (c *confrontation) began(cause, effect *journal.Event, t int64) bool {
	if cause == nil {
		return false
	}
	late := cause.Call == nil || c.isConcurrent(effect.N) || c.isConcurrent(cause.N)
	return cause.T <= t || late && cause.N <= c.soon(effect.N)
}

// hasEnded says whether a socket had ended what it sends: it was closed, or shut down.
func (c *confrontation) hasEnded(s *Socket, e *journal.Event, t int64) bool {
	if c.isClosed(s, e, t) || by(s.destroyed, e.N) || c.isRefused(s, e.N) {
		return true
	}
	return slices.ContainsFunc(s.CallsOf(0, 0, "shutdown"), func(x *journal.Event) bool { return ends(x.Call) && c.began(x, e, t) })
}

// isClosed says whether a socket may have had no descriptor any more.
func (c *confrontation) isClosed(s *Socket, e *journal.Event, t int64) bool {
	return c.began(s.closed, e, t) && !c.isHeld(s, t) || c.isConcurrent(e.N) && anyBy(s.ends, c.soon(e.N))
}

func (c *confrontation) anyEnded(some []*Socket, e *journal.Event, t int64) bool {
	return slices.ContainsFunc(some, func(s *Socket) bool { return c.hasEnded(s, e, t) })
}

// mayBeOver says whether a connection may have been over at an end at a time: both ends had ended it, one had
// aborted it, or a timer.
func (c *confrontation) mayBeOver(s *Socket, peers []*Socket, e *journal.Event, t int64) bool {
	if by(s.destroyed, e.N) || c.mayTimeOut(s, e) || c.hasEnded(s, e, t) && c.anyEnded(peers, e, t) {
		return true
	}
	return slices.ContainsFunc(peers, func(p *Socket) bool {
		return by(p.destroyed, e.N) || c.mayTimeOut(p, e) || c.aborts(p, s, e, t) || c.aborts(s, p, e, t)
	})
}

// isRefused says whether a connection that was never accepted may have ended with its listener.
func (c *confrontation) isRefused(s *Socket, n int) bool {
	return !s.born && slices.ContainsFunc(c.Sockets, func(l *Socket) bool { return by(l.Deaf, c.soon(n)) && s.accepted(l) })
}

// aborts says whether an end may have sent a RST by a time: it was closed with SO_LINGER {1, 0}, or it was
// closed, or shut down both ways, and its peer had written what it had not read.
func (c *confrontation) aborts(s, peer *Socket, e *journal.Event, t int64) bool {
	if c.isRefused(s, e.N) {
		return true
	}
	closed := c.isClosed(s, e, t)
	deaf := s.hasShut(e.N, journal.ShutRead) && s.hasShut(e.N, journal.ShutWrite)
	return closed && s.linger.Aborts() || (closed || deaf) && (len(peer.blocked) > 0 || peer.wroteBy(t) > s.readBy(t))
}

// answersLate asks why an end lives on that had written to one which was closed: that answers with a RST (R3).
func (c *confrontation) answersLate(s, peer *Socket) {
	end := c.lastTime()
	if s.closed == nil || c.Journal.Stopped != "" || len(s.blocked)+len(peer.blocked) > 0 || peer.wroteBy(end) <= s.readBy(end) || peer.holdsBack() {
		return
	}
	last := Last(Where(peer.Calls, func(e *journal.Event) bool { return isWrite(e.Call.Op) && e.Call.Errno == "" && e.Call.Result > 0 }))
	if last == nil || c.nextCall(c.nextCall(max(last.N, s.closed.N))) == 0 || c.endTime()-max(returnedAt(last), s.closed.T) < takenIn {
		return
	}
	if state, n := peer.StateAt(journal.SockDiag, c.played); state == journal.Established || state == journal.CloseWait {
		c.found = append(c.found, newDiscrepancy(R3, []*Socket{s, peer}, []int{s.closed.N, last.N, n}, fmt.Sprintf("%s had been closed, and %s wrote more than it had read", s.ID, peer.ID), peer.ID+" was still in "+state+": no RST ended it"))
	}
}

// holdsBack says whether a socket may keep what is written until there is more.
func (s *Socket) holdsBack() bool {
	return s.options[journal.TCPCork].On() || slices.ContainsFunc(s.Calls, func(e *journal.Event) bool { return e.Call.Has(journal.MSGMore) })
}

// wroteBy is how many bytes the calls had written that had begun by a time.
func (s *Socket) wroteBy(t int64) (n int64) {
	for _, e := range s.Calls {
		if isWrite(e.Call.Op) && e.Call.Errno == "" && e.T <= t {
			n += max(e.Call.Result, 0)
		}
	}
	return n
}

// readBy is how many bytes had been read by a time.
func (s *Socket) readBy(t int64) (n int64) {
	for _, e := range s.Calls {
		if isTaking(e.Call) && e.T <= t {
			n += e.Call.Result
		}
	}
	return n
}

// isTaking says whether a call took bytes from the stream.
func isTaking(c *journal.Call) bool {
	return isRead(c.Op) && c.Errno == "" && c.Result > 0 && !c.Has(journal.MSGPeek)
}

// mayTimeOut says whether a timer may have ended a socket before an event. What is unanswered is given up no
// sooner than after TCP_RTO_MIN, and an orphan in FIN_WAIT2 after tcp_fin_timeout, which is counted in seconds.
func (c *confrontation) mayTimeOut(s *Socket, e *journal.Event) bool {
	const leastFinTimeout = 900_000_000 // ns
	if c.timesOut(s, e.N) {
		return true
	}
	return slices.ContainsFunc(s.samples, func(x *journal.Event) bool {
		passed := e.T - x.T
		return x.N < e.N && (x.Sample.TxQueue > 0 && passed >= leastTimeout*3/4 || x.Sample.State == journal.FinWait2 && s.closed != nil && passed >= leastFinTimeout)
	})
}

// readsWritten holds what was read at one end against what was written at the other (R1).
func (c *confrontation) readsWritten(s, peer *Socket) {
	if len(peer.blocked) > 0 || c.Journal.Stopped != "" {
		return // a call that did not return may have written something
	}
	var wrote []byte
	known := true
	for _, e := range peer.Calls {
		if n := e.Call.Result; isWrite(e.Call.Op) && e.Call.Errno == "" && n > 0 {
			known = known && int64(len(e.Call.Data)) >= n
			wrote = append(wrote, e.Call.Data[:min(n, int64(len(e.Call.Data)))]...)
		}
	}
	at := int64(0)
	for _, e := range s.Calls {
		if !isTaking(e.Call) {
			continue
		}
		n, data := e.Call.Result, e.Call.Data
		had := peer.wroteBy(returnedAt(e))
		if c.isConcurrent(e.N) {
			had = peer.wroteBy(c.lastTime())
		}
		switch {
		case at+n > had:
			c.about(R1, s, []int{e.N}, said(s, e), fmt.Sprintf("%d bytes that it had not read had been written to its peer", max(had-at, 0)))
			return
		case known && int64(len(data)) == n && at+n <= int64(len(wrote)) && !bytes.Equal(data, wrote[at:at+n]):
			c.about(R1, s, []int{e.N}, said(s, e), "other bytes than these had been written to its peer")
			return
		}
		at += n
	}
}
