package tcp

import "sockproof/lib/journal"

// timesOut says whether a timer may have ended a socket by an event: keepalive's, TCP_USER_TIMEOUT, or that of
// a segment or a probe which was not answered (RFC 9293 §3.8.3, tcp_write_timeout in net/ipv4/tcp_timer.c).
func (c *confrontation) timesOut(s *Socket, n int) bool {
	if s.keepsAlive() || s.options[journal.TCPUserTimeout] != "" || s.options[journal.TCPLinger2] != "" {
		return true
	}
	e := s.End
	return e != nil && (e.RetransmittedBy(n) && (e.UnackedAt(n) > 0 || by(e.Closed, n)))
}
