package tcp

import (
	"fmt"
	"time"
)

// clockSlack is by how much a call may seem to end after the next began, in nanoseconds:
// what it took is measured on its own.
const clockSlack = 1_000_000

// inTime checks that each of a socket's calls, which are recorded when they return, had
// returned when the run's last event was observed, whichever thread made it (R6: one clock).
func (c *confrontation) inTime(s *Socket) {
	last := c.lastOfAll()
	for _, e := range s.Calls {
		if over := e.T + e.Call.TookNS - last; over > clockSlack {
			c.about(R6, s, []int{e.N}, fmt.Sprintf("%s() of %s took %v", e.Call.Op, s.ID, time.Duration(e.Call.TookNS)),
				fmt.Sprintf("the run ended %v before it was over", time.Duration(over)))
		}
	}
}

// lastOfAll is when the last event was observed.
func (v *View) lastOfAll() int64 {
	var t int64
	for i := range v.Journal.Events {
		t = max(t, v.Journal.Events[i].T)
	}
	return t
}

// inTurn checks that each of a socket's calls had returned when the next call of the run
// began, where no other thread acted (R6: one clock).
func (c *confrontation) inTurn(s *Socket) {
	for _, e := range s.Calls {
		next := c.event(c.nextCall(e.N))
		if next == nil || c.isConcurrent(e.N) || c.isConcurrent(next.N) || within(s.busy, e.N) || within(s.busy, next.N) || next.T < e.T {
			continue
		}
		if over := e.T + e.Call.TookNS - next.T; over > clockSlack {
			c.about(R6, s, []int{e.N, next.N}, fmt.Sprintf("%s() of %s took %v", e.Call.Op, s.ID, time.Duration(e.Call.TookNS)),
				fmt.Sprintf("the next call began %v before it was over", time.Duration(over)))
		}
	}
}
