package tcp

import (
	"strings"

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
	if end.Opened == 0 || end.blindAt(e.N) != sees || c.isConcurrent(e.N) || inChild(e.Call) {
		return
	}
	told := map[string]bool{}
	for _, name := range strings.Split(e.Call.Out, "|") {
		told[name] = true
	}
	for name, so := range c.readiness(s, e.N) {
		switch {
		case told[name] && !so:
			c.about(R2, s, []int{e.N}, "epoll_wait() of "+s.ID+" said "+name, "nothing had happened that makes it so")
		case !told[name] && so && c.asksFor(s, name, e.N):
			c.about(R2, s, []int{e.N}, "epoll_wait() of "+s.ID+" said "+e.Call.Out, name+" was due")
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
	if last == nil || last.State.To != journal.Close && last.State.To != journal.Gone || inChild(e.Call) || c.isConcurrent(e.N) || !c.asksFor(s, "EPOLLHUP", e.N) {
		return
	}
	if !strings.Contains(e.Call.Out, "EPOLLHUP") {
		c.about(R2, s, []int{last.N, e.N}, "epoll_wait() of "+s.ID+" said "+e.Call.Out, "it had been seen in "+last.State.To+", which is EPOLLHUP")
	}
}

// readiness is what epoll has to say of a socket at an event, and what it must not.
func (c *confrontation) readiness(s *Socket, n int) map[string]bool {
	end := s.End
	reset := by(end.Aborted(), n)
	nothingMore := by(end.FinIn, n) || by(end.ShutRead, n) || reset
	return map[string]bool{
		"EPOLLRDHUP": nothingMore,
		"EPOLLIN":    nothingMore || end.UnreadAt(n) > 0,
		"EPOLLHUP":   nothingMore && (by(end.ShutWrite, n) || reset),
		"EPOLLERR":   by(end.RstIn, n) && !s.tookError(n),
	}
}

// asksFor says whether a socket was watched for an event: EPOLLHUP and EPOLLERR always are,
// and none is reported twice where it was watched at its edges.
func (c *confrontation) asksFor(s *Socket, name string, n int) bool {
	for i := len(s.Calls) - 1; i >= 0; i-- {
		x := s.Calls[i]
		if x.N > n || x.Call.Op != "epoll_ctl" {
			continue
		}
		mask := strings.Split(arg(x.Call, 2), "|")
		for _, m := range mask {
			switch m {
			case "EPOLLET", "EPOLLONESHOT":
				return false
			}
		}
		return name == "EPOLLHUP" || name == "EPOLLERR" || hasArg(&journal.Call{Args: mask}, name)
	}
	return false
}
