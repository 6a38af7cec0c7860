package tcp

import "sockproof/lib/journal"

// leastTimeout is how long an acknowledgement is waited for at least, in nanoseconds (TCP_RTO_MIN in
// include/net/tcp.h).
const leastTimeout = 200_000_000

// hasTimers says whether a socket was set to be ended by a timer: by keepalive, TCP_USER_TIMEOUT or TCP_LINGER2.
func (s *Socket) hasTimers() bool {
	return s.keepsAlive() || s.options[journal.TCPUserTimeout] != "" || s.options[journal.TCPLinger2] != ""
}

// timesOut says whether a timer may have ended a socket by an event: one that it was set to, or that of a
// segment or of a probe of a closed window which was not answered. tcp_retries2 may let the kernel give up before
// it sends either again (tcp_write_timeout and tcp_probe_timer in net/ipv4/tcp_timer.c).
func (c *confrontation) timesOut(s *Socket, n int) bool {
	e := s.End
	if s.hasTimers() || e == nil {
		return s.hasTimers()
	}
	finWaits := (by(e.ShutWrite, n) || by(e.Closed, n)) && !by(e.FinAcked, n)
	outstanding := e.UnackedAt(n) > 0 || by(e.Closed, n) || finWaits || e.WrittenAt(n)+1 > e.ackedAt(n)
	return outstanding && (e.RetransmittedBy(n) || c.silentFor(e, n) >= leastTimeout*3/4)
}

// silentFor is how long nothing had come to an end when an event was observed, in nanoseconds.
func (c *confrontation) silentFor(e *End, n int) int64 {
	at, last := c.event(n), int64(0)
	if at == nil {
		return 0
	}
	now := at.T
	if at.Call != nil {
		now = returnedAt(at)
	}
	for _, x := range e.in {
		if x.N < n {
			last = max(last, x.T)
		}
	}
	return now - last
}
