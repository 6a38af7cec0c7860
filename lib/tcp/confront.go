package tcp

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// Confront holds what the witnesses say against each other, by every rule. A rule whose
// account was not recorded is silent.
func (v *View) Confront() []Discrepancy {
	c := &confrontation{View: v}
	c.whileBuilding()
	for _, s := range v.Sockets {
		c.socket(s)
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
	c.datagrams()
	c.fates()
	c.ports()
	c.peers()
	c.counters()
	c.opens()
	c.lists()
	found := slices.DeleteFunc(c.found, v.behindRules())
	sortDiscrepancies(found)
	return found
}

// socket applies the rules about one socket.
func (c *confrontation) socket(s *Socket) {
	c.errnos(s)
	c.agree(s)
	c.path(s)
	c.watched(s)
	c.atHome(s, s.Calls)
	c.atHome(s, s.States())
	c.atHome(s, s.samples)
	c.wasDestroyed(s)
	c.constants(s)
	c.notListening(s)
	c.listened(s)
	c.killed(s)
	c.raised(s)
	c.inTurn(s)
	c.inTime(s)
	c.linger(s)
	c.destroyedByOthers(s)
	c.itself(s)
	if !c.sees() {
		return
	}
	c.waiting(s)
	c.listenerReady(s)
	c.states(s)
	c.follows(s)
	if s.End != nil && !s.End.Bulk {
		c.reads(s)
		c.results(s)
		c.queues(s)
		c.counted(s)
		c.countedUntil(s)
	}
}

// behindRules says of a contradiction whether it is about a host in whose stack the run's own steps
// have set a rule that changes what TCP gets and sends: there the wire's account and TCP's differ.
// The events are looked through once: where something answers each segment with another there are
// as many contradictions.
func (v *View) behindRules() func(d Discrepancy) bool {
	hosts := map[string]bool{}
	for i := range v.Journal.Events {
		if e := &v.Journal.Events[i]; e.Rule != nil && e.Rule.Inside {
			hosts[e.Host] = true
		}
	}
	return func(d Discrepancy) bool {
		return slices.ContainsFunc(d.Hosts, func(host string) bool { return hosts[host] }) || slices.ContainsFunc(d.Sockets, func(id string) bool {
			s := v.byID[id]
			return s != nil && hosts[s.Host]
		})
	}
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
