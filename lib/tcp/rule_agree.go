package tcp

import (
	"fmt"

	"sockproof/lib/journal"
)

// agree holds the changes of state that a witness saw against each other, and the two
// witnesses against one another (R5).
func (c *confrontation) agree(s *Socket) {
	for _, w := range stateWitnesses {
		last := ""
		for i, e := range s.states[w] {
			switch from := e.State.From; {
			case from == e.State.To:
				c.about(R5, s, []int{e.N}, fmt.Sprintf("%s saw %s change", w, s.ID), "from "+from+" to itself")
			case i == 0 && from != "", i > 0 && from != last:
				c.about(R5, s, []int{e.N}, fmt.Sprintf("%s saw %s leave %s", w, s.ID, orNothing(from)), "it had seen it in "+orNothing(last))
			}
			if w == journal.TCPInfo && e.State.To == journal.TimeWait {
				c.about(R5, s, []int{e.N}, "tcp_info saw "+s.ID+" in TIME_WAIT", "TCP_INFO never says so: no descriptor refers to a TIME_WAIT")
			}
			last = e.State.To
		}
	}
	for _, e := range s.samples {
		if state, n := s.StateAt(journal.SockDiag, e.N); n != 0 && e.Sample.Witness == journal.SockDiag && state != e.Sample.State {
			c.about(R5, s, []int{n, e.N}, "sock_diag read "+s.ID+" in "+e.Sample.State, "it had seen it in "+state+" last")
		}
	}
	c.sideBySide(s)
}

// read is the step by which both witnesses had read a socket's state after an event, and
// what must be older than it to count: on the wire nothing changes between the two
// readings, elsewhere they must still differ a call later.
func (c *confrontation) read(n int) (since, step int) {
	if c.wire {
		step = c.nextStep(n)
		return step, step
	}
	since = c.nextCall(n)
	return since, c.nextCall(since)
}

// sideBySide holds the two witnesses against each other, wherever both had read a state.
func (c *confrontation) sideBySide(s *Socket) {
	if s.Listening != 0 {
		return
	}
	for _, w := range stateWitnesses {
		for _, e := range s.states[w] {
			since, step := c.read(e.N)
			if step == 0 || c.isConcurrent(step) || c.isConcurrent(e.N) || within(s.busy, step) || !s.hasOwn(step) {
				continue
			}
			info, i := s.StateAt(journal.TCPInfo, step)
			diag, d := s.StateAt(journal.SockDiag, step)
			if i == 0 || d == 0 || i > since || d > since || info == diag || info == journal.Close && (diag == journal.TimeWait || diag == journal.Gone) {
				continue
			}
			if diag == journal.Gone && s.timedOutSoon(step) {
				continue
			}
			c.about(R5, s, []int{i, d}, "tcp_info saw "+s.ID+" in "+info, "sock_diag saw it in "+diag)
			return
		}
	}
}

// timedOutSoon says whether a timer can have ended a socket between the two readings of a step:
// something of it was unanswered, and TCP_INFO saw it in CLOSE next.
func (s *Socket) timedOutSoon(step int) bool {
	if !s.keepsAlive() && (s.End == nil || s.End.UnackedAt(step) == 0) {
		return false
	}
	for _, e := range s.states[journal.TCPInfo] {
		if e.N > step {
			return e.State.To == journal.Close
		}
	}
	return false
}
