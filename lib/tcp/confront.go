package tcp

import (
	"fmt"

	"sockproof/lib/journal"
)

// Confront holds what the witnesses say against each other, by every rule. A rule whose
// account was not recorded is silent.
func (v *View) Confront() []Discrepancy {
	c := &confrontation{View: v}
	c.whileBuilding()
	for _, s := range v.Sockets {
		c.errnos(s)
		c.agree(s)
		c.path(s)
		c.watched(s)
		c.atHome(s, s.Calls)
		c.atHome(s, s.States())
		c.atHome(s, s.samples)
		c.constants(s)
		c.notListening(s)
		c.killed(s)
		c.raised(s)
		c.inTurn(s)
		c.inTime(s)
		c.linger(s)
		if !v.sees() {
			continue
		}
		c.waiting(s)
		c.states(s)
		c.follows(s)
		if s.End != nil && !s.End.Bulk {
			c.reads(s)
			c.results(s)
			c.queues(s)
			c.counted(s)
		}
	}
	if v.sees() {
		for _, e := range v.Ends {
			if !e.Bulk {
				c.stream(e)
				c.dues(e)
			}
		}
		c.accepts()
		c.answered()
		c.travels()
		c.flags()
	}
	c.fates()
	c.ports()
	c.peers()
	c.counters()
	c.opens()
	c.lists()
	sortDiscrepancies(c.found)
	return c.found
}

// confrontation gathers what the rules find.
type confrontation struct {
	*View
	found []Discrepancy
}

// about notes a contradiction about a socket.
func (c *confrontation) about(rule Rule, s *Socket, events []int, accounts ...string) {
	c.found = append(c.found, newDiscrepancy(rule, []*Socket{s}, events, accounts...))
}

// aboutEnd notes a contradiction about an end of a connection.
func (c *confrontation) aboutEnd(rule Rule, e *End, events []int, accounts ...string) {
	c.found = append(c.found, newDiscrepancy(rule, c.socketsOf(e), events, accounts...))
}

// whileBuilding takes the contradictions that were met while the view was built.
func (c *confrontation) whileBuilding() {
	for _, x := range c.seen {
		if x.end == nil {
			if c.sees() || x.Rule == R3 && len(x.Sockets) > 0 {
				c.found = append(c.found, x.Discrepancy)
			}
			continue
		}
		if c.sees() {
			c.aboutEnd(x.Rule, x.end, x.Events, fmt.Sprintf("%s sent or got a segment", c.who(x.end)), x.Accounts[0])
		}
	}
}

// who names an end: its socket, or its address.
func (v *View) who(e *End) string {
	if e.Socket != nil {
		return e.Socket.ID
	}
	return string(e.Local)
}

// states of a socket that is in synchronised states have both sequence numbers
// (RFC 9293 §3.3.2).
func synchronised(state string) bool {
	switch state {
	case journal.Established, journal.FinWait1, journal.FinWait2, journal.Closing, journal.TimeWait, journal.CloseWait, journal.LastAck:
		return true
	}
	return false
}
