package tcp

import (
	"cmp"
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// results holds what calls returned against what can have caused it (R2).
func (c *confrontation) results(s *Socket) {
	for _, e := range s.Calls {
		op := e.Call.Op
		_, pending := e.Call.SocketError()
		switch {
		case e.N == s.returned:
		case op == "connect":
			c.connectResult(s, e)
		case op == "shutdown" && e.Call.Errno == journal.ENOTCONN:
			c.notConnected(s, e)
		case pending:
			c.socketError(s, e)
		case isRead(op) || isWrite(op):
			c.moveResult(s, e)
		case op == "epoll_wait" && e.Call.Errno == "":
			c.ready(s, e)
		}
	}
}

// moveResult holds what a call returned that moves data.
func (c *confrontation) moveResult(s *Socket, e *journal.Event) {
	write := isWrite(e.Call.Op)
	switch e.Call.Errno {
	case "":
		if write && e.Call.Result >= 0 {
			c.writeSucceeded(s, e)
		}
		if why := c.noPipe(s, e); write && e.Call.Signal == journal.SIGPIPE && why != "" {
			c.about(R2, s, []int{e.N, s.End.RstIn}, said(s, e)+" and raised SIGPIPE", why)
		}
	case journal.EAGAIN:
		if write {
			c.noRoom(s, e)
		}
	default:
		c.failedFor(s, e)
	}
}

func said(s *Socket, e *journal.Event) string {
	if e.Call.Errno != "" {
		return fmt.Sprintf("%s() of %s failed with %s", e.Call.Op, s.ID, e.Call.Errno)
	}
	return fmt.Sprintf("%s() of %s returned %d", e.Call.Op, s.ID, e.Call.Result)
}

// refusedBy is what can refuse or break a connection up to an event: a RST, or ICMP.
func (c *confrontation) refusedBy(s *Socket, n int) bool {
	return by(s.End.RstIn, n) || c.unreachable(s, n)
}

// unreachable says whether an ICMP message had come that can be about a socket's segments.
func (c *confrontation) unreachable(s *Socket, n int) bool {
	return slices.ContainsFunc(c.icmps, func(e *journal.Event) bool { return e.N <= n && s.concerns(e) })
}

// uncaused says what an error lacks that any call can report, connect(), one that moves
// bytes, or SO_ERROR; "": nothing, or it is not such an error.
func (c *confrontation) uncaused(s *Socket, errno journal.Errno, n int) string {
	end := s.End
	switch errno {
	case journal.ECONNREFUSED:
		if !c.refusedBy(s, c.soon(n)) {
			return "no RST had been delivered to it"
		}
	case journal.ETIMEDOUT:
		if end.UnackedAt(n) == 0 && s.options[journal.TCPUserTimeout] == "" && !s.keepsAlive() {
			return "nothing was unanswered"
		}
	case journal.EHOSTUNREACH, journal.ENETUNREACH, journal.EACCES, journal.EINVAL: // from connect() without a SYN: no route, or one of the types prohibit or blackhole
		if !c.host && by(end.Born, max(c.soon(n), c.nextDeed(n))) && !c.unreachable(s, c.soon(n)) {
			return "no ICMP message had been delivered to it"
		}
	}
	return ""
}

// destroyedByOthers asks who aborted a connection. ECONNABORTED comes of SOCK_DESTROY alone (tcp_abort in
// net/ipv4/tcp.c): if the run did not ask for it, another program did, with packets seen or without.
func (c *confrontation) destroyedByOthers(s *Socket) {
	for _, e := range s.Calls {
		pending, _ := e.Call.SocketError()
		if errno := cmp.Or(e.Call.Errno, pending); errno == journal.ECONNABORTED && !by(s.destroyed, e.N) {
			c.about(R2, s, []int{e.N}, e.Call.Op+"() of "+s.ID+" returned "+string(errno), "the run had not destroyed it")
		}
	}
}

func (c *confrontation) connectResult(s *Socket, e *journal.Event) {
	soon := c.soon(e.N)
	why := c.uncaused(s, e.Call.Errno, e.N)
	switch e.Call.Errno {
	case journal.ECONNRESET:
		if !c.refusedBy(s, soon) {
			why = "no RST had been delivered to it"
		}
	case "", journal.EISCONN:
		if !by(s.End.opening(), soon) {
			why = "its opening was not complete"
		}
	}
	if why != "" {
		c.about(R2, s, []int{e.N}, said(s, e), why)
	}
}

func (c *confrontation) notConnected(s *Socket, e *journal.Event) {
	end := s.End
	info, _ := s.StateAt(journal.TCPInfo, e.N)
	diag, _ := s.StateAt(journal.SockDiag, e.N)
	over := info == journal.Close || diag == journal.TimeWait || diag == journal.Gone ||
		by(end.FinIn, e.N) && by(end.FinOut, e.N) && by(end.FinAcked, e.N)
	if by(end.Opened, e.N-1) && !by(end.Aborted(), e.N) && !over {
		c.about(R2, s, []int{e.N}, said(s, e), "it was connected")
	}
}

// notListening asks why a listener could not be shut down (inet_shutdown in
// net/ipv4/af_inet.c: only a socket in CLOSE cannot).
func (c *confrontation) notListening(s *Socket) {
	for _, e := range s.Calls {
		state, n := s.StateAt(journal.TCPInfo, e.N)
		if e.Call.Op == "shutdown" && e.Call.Errno == journal.ENOTCONN && state == journal.Listen {
			c.about(R2, s, []int{n, e.N}, said(s, e), "it was listening")
		}
	}
}

// socketError asks where the error came from that SO_ERROR read, and where one went
// that it did not.
func (c *confrontation) socketError(s *Socket, e *journal.Event) {
	end := s.End
	out := e.Call.Out
	switch errno, _ := e.Call.SocketError(); {
	case errno == journal.ECONNRESET && !c.refusedBy(s, c.soon(e.N)):
		c.about(R2, s, []int{e.N}, "SO_ERROR of "+s.ID+" was "+out, "no RST had been delivered to it")
	case c.uncaused(s, errno, e.N) != "":
		c.about(R2, s, []int{e.N}, "SO_ERROR of "+s.ID+" was "+out, c.uncaused(s, errno, e.N))
	case errno == journal.ETIMEDOUT:
		c.over(s, e, "SO_ERROR of "+s.ID+" was "+out)
	case out == "0" && e.Call.Errno == "" && by(end.RstIn, e.N-1) && !s.tookError(e.N):
		c.about(R2, s, []int{e.N, end.RstIn}, "SO_ERROR of "+s.ID+" was 0", "a RST had been delivered to it, and no call had taken the error")
	}
}

func (c *confrontation) writeSucceeded(s *Socket, e *journal.Event) {
	end := s.End
	if e.Call.Result == 0 {
		if asked, _ := e.Call.Length(); asked > 0 {
			c.about(R2, s, []int{e.N}, said(s, e), fmt.Sprintf("%d bytes were to be written: none is no answer", asked))
		}
		return
	}
	switch asked, _ := e.Call.Length(); {
	case asked > 0 && e.Call.Result > int64(asked):
		c.about(R1, s, []int{e.N}, said(s, e), fmt.Sprintf("%d bytes were to be written", asked))
	case by(end.ShutWrite, e.N-1):
		c.about(R2, s, []int{end.ShutWrite, e.N}, said(s, e), "shutdown() had closed that half")
	case by(end.RstIn, e.N-1):
		c.about(R2, s, []int{end.RstIn, e.N}, said(s, e), "a RST had been delivered to it")
	}
}

// noRoom asks why a write found no room: an open connection of which all is acknowledged
// has some, and one that was reset has an error.
func (c *confrontation) noRoom(s *Socket, e *journal.Event) {
	end := s.End
	if !by(end.Opened, e.N-1) || end.blindAt(e.N) == blindProgram {
		return
	}
	switch {
	case by(end.RstIn, e.N-1):
		c.about(R2, s, []int{end.RstIn, e.N}, said(s, e), "a RST had been delivered to it")
	case c.saidRoom(s, e) != nil:
		c.about(R2, s, []int{c.saidRoom(s, e).N, e.N}, said(s, e), "epoll_wait() had said EPOLLOUT just before")
	case end.blindAt(e.N) == sees && !by(end.Aborted(), e.N) && end.WrittenAt(e.N)+1-end.ackedAt(e.N) <= 0:
		c.about(R2, s, []int{e.N}, said(s, e), "all that had been written to it was acknowledged")
	}
}

// saidRoom is the epoll_wait() that said there was room, where nothing can have used it since: no other
// call was made on the socket. Nil: there was none. A socket is writable only with a third of its
// buffer free (sk_stream_is_writeable in include/net/sock.h), and a write wants less.
func (c *confrontation) saidRoom(s *Socket, e *journal.Event) *journal.Event {
	i := slices.Index(s.Calls, e)
	if i < 1 || c.isConcurrent(e.N) || e.Call.InChild() {
		return nil
	}
	if last := s.Calls[i-1]; last.Call.Op == "epoll_wait" && last.Call.Ready().Has(journal.EPOLLOUT) {
		return last
	}
	return nil
}

// itself holds what a call that moves data returned against the socket's own state and descriptors, which takes
// no segments (R2). On a socket in CLOSE it says why that is closed, or ENOTCONN or EPIPE (tcp_recvmsg_locked and
// sk_stream_wait_connect in net), and any of these means that it is (tcp_reset, tcp_write_err).
func (c *confrontation) itself(s *Socket) {
	for _, e := range s.Calls {
		if e.N == s.returned || c.isConcurrent(e.N) || !isRead(e.Call.Op) && !isWrite(e.Call.Op) {
			continue
		}
		down, n := s.downAt(e.N)
		switch errno := e.Call.Errno; {
		case errno == journal.EBADF && s.hasOwn(e.N) && !e.Call.InChild():
			c.about(R2, s, []int{e.N}, said(s, e), "its descriptor was open")
		case down != "" && (errno == journal.EAGAIN || isWrite(e.Call.Op) && e.Call.Result > 0):
			c.about(R2, s, []int{n, e.N}, said(s, e), "it had been seen in "+down)
		case errno == journal.ENOTCONN && s.wasOpen(e.N):
			c.about(R2, s, []int{e.N}, said(s, e), "it had been connected")
		case errno == journal.EPIPE && s.hasShut(e.N, journal.ShutWrite):
		case slices.Contains(overErrnos, errno):
			c.isDown(s, e)
		}
	}
}

// downAt is the state in which a socket had been seen that is no more connected, and by which event; "": none.
func (s *Socket) downAt(n int) (state string, event int) {
	if state, event = s.StateAt(journal.TCPInfo, n); state != journal.Close {
		state, event = s.StateAt(journal.SockDiag, n)
	}
	if state != journal.Close && state != journal.Gone || len(s.CallsOf(event, n, "connect")) > 0 {
		return "", 0
	}
	return state, event
}

// overErrnos are the errors of a connection that is over. Others may be an ICMP message's (IP_RECVERR).
var overErrnos = []journal.Errno{journal.ECONNRESET, journal.EPIPE, journal.ETIMEDOUT}

// wasOpen says whether a socket had been seen in a state in which it was connected.
func (s *Socket) wasOpen(n int) bool {
	return slices.ContainsFunc(s.states[journal.TCPInfo], func(e *journal.Event) bool { return e.N < n && synchronised(e.State.To) })
}

// isDown asks that a connection was seen to be over at the step after a call that told so.
func (c *confrontation) isDown(s *Socket, e *journal.Event) {
	next := c.nextStep(e.N)
	if state, n := s.StateAt(journal.TCPInfo, next); next != 0 && s.hasOwn(next) && synchronised(state) {
		c.about(R2, s, []int{e.N, n}, said(s, e), "it was in "+state+" after that")
	}
}

// failedFor asks for the cause of the error that a read or a write failed with.
func (c *confrontation) failedFor(s *Socket, e *journal.Event) {
	end := s.End
	why := c.uncaused(s, e.Call.Errno, e.N)
	switch e.Call.Errno {
	case journal.ECONNRESET:
		why = c.notReset(s, e)
	case journal.EPIPE:
		why = c.noPipe(s, e)
	}
	if why != "" {
		c.about(R2, s, []int{e.N, end.RstIn}, said(s, e), why)
		return
	}
	if e.Call.Errno == journal.ETIMEDOUT {
		c.over(s, e, said(s, e))
	}
}

// over asks that a connection which timed out went on no more: the kernel has ended it
// (tcp_write_err in net/ipv4/tcp_timer.c). A connect() begins another.
func (c *confrontation) over(s *Socket, e *journal.Event, account string) {
	next := 0
	if again := First(s.CallsOf(e.N, 0, "connect")); again != nil {
		next = again.N
	}
	for _, w := range s.Writes(e.N, next) {
		if w.T > e.T && w.Call.Errno == "" && w.Call.Result > 0 {
			c.about(R2, s, []int{e.N, w.N}, account, said(s, w)+" after that")
			return
		}
	}
	for _, x := range s.samples {
		if between(x.N, e.N, next) && x.Sample.State != journal.Close {
			c.about(R2, s, []int{e.N, x.N}, account, "it was in "+x.Sample.State+" after that")
			return
		}
	}
}

// notReset says what ECONNRESET lacks; "": nothing.
func (c *confrontation) notReset(s *Socket, e *journal.Event) string {
	end, soon := s.End, c.soon(e.N)
	if !by(end.RstIn, soon) {
		self := by(end.RstOut, soon) && (by(end.ShutRead, e.N) || by(end.Closed, e.N)) // data that came after SHUT_RDWR
		if !self && !by(end.Filtered, e.N) {
			return "no RST had been delivered to it"
		}
		return ""
	}
	switch {
	case s.tookErrorSince(end.RstIn, e.N):
		return "a call had been told of the RST before, which makes it EPIPE"
	case by(end.FinIn, e.N) && end.FinIn < end.RstIn && !by(end.ShutWrite, e.N) && end.blindAt(e.N) == sees:
		return "the FIN had been delivered before the RST, which makes it EPIPE"
	}
	return ""
}

// noPipe says what EPIPE lacks; "": nothing.
func (c *confrontation) noPipe(s *Socket, e *journal.Event) string {
	end, soon := s.End, c.soon(e.N)
	if isRead(e.Call.Op) && s.tookError(e.N) {
		return "the error had been taken by another call, after which a read returns 0"
	}
	if isWrite(e.Call.Op) && (by(end.ShutWrite, e.N) || s.tookError(e.N)) {
		return ""
	}
	if by(end.RstIn, soon) {
		if !by(end.FinIn, soon) {
			return "the RST had met a connection without a FIN, which makes it ECONNRESET at first"
		}
		return ""
	}
	info, _ := s.StateAt(journal.TCPInfo, e.N)
	if by(end.RstOut, e.N) || info == journal.Close || by(end.Destroyed, e.N) {
		return ""
	}
	return "there had been neither a RST nor a shutdown()"
}

func (s *Socket) keepsAlive() bool {
	for _, o := range []journal.Option{journal.SOKeepAlive, journal.TCPKeepIdle, journal.TCPKeepInterval, journal.TCPKeepCount} {
		if s.options[o] != "" {
			return true
		}
	}
	return false
}

// accepts holds what accept() returned against the openings that were complete (R2, R3).
func (c *confrontation) accepts() {
	for _, s := range c.Sockets {
		for _, e := range s.Calls {
			if e.Call.Op != "accept4" {
				continue
			}
			switch e.Call.Errno {
			case "":
				c.accepted(s, e)
			case journal.EAGAIN:
				c.nothingToAccept(s, e)
			case journal.EINVAL:
				if state, _ := s.StateAt(journal.TCPInfo, e.N); state == journal.Listen && !by(s.Deaf, e.N) {
					c.about(R2, s, []int{e.N}, said(s, e), "it was listening")
				}
			}
		}
	}
}

func (c *confrontation) accepted(listener *Socket, e *journal.Event) {
	id, _ := e.Call.Accepted()
	s := c.byID[id]
	switch {
	case s == nil && e.Call.Out == "":
		c.about(R3, listener, []int{e.N}, said(listener, e), "it named no peer")
	case s == nil || s.End != nil && s.End.Bulk || c.carriesBulk(s):
	case s.End == nil:
		c.about(R3, s, []int{e.N}, "accept4() of "+listener.ID+" returned "+s.ID, "no opening of its connection was seen")
	case !by(s.End.Opened, c.soon(e.N)):
		c.about(R3, s, []int{e.N}, "accept4() of "+listener.ID+" returned "+s.ID, "the opening of its connection was not complete")
	}
}

// carriesBulk says whether segments between a socket's addresses were counted instead
// of kept.
func (v *View) carriesBulk(s *Socket) bool { return v.bulk[pair{s.Local, s.Remote}] }

func (c *confrontation) nothingToAccept(listener *Socket, e *journal.Event) {
	if !c.wire || listener.Local == "" || by(listener.Deaf, e.N) || c.isConcurrent(e.N) {
		return
	}
	for _, end := range c.Ends {
		if end.Local != listener.Local || !end.Passive || !by(end.Opened, e.N-1) || by(end.Aborted(), e.N) || end.Bulk {
			continue
		}
		if end.Socket == nil && !c.hasSocket(end) {
			c.about(R3, listener, []int{end.Opened, e.N}, said(listener, e), "an opening from "+string(end.Remote)+" was complete")
		}
	}
}

func (c *confrontation) hasSocket(e *End) bool {
	return len(c.holders[pair{e.Local, e.Remote}]) > 0
}
