package tcp

import (
	"fmt"

	"sockproof/lib/journal"
)

// peers holds the two ends of each connection against each other where one stack has both
// (R3, R4). There nothing is lost on the way, so that this needs no capture: it is what is
// left to those who may not capture.
func (c *confrontation) peers() {
	if c.wire {
		return
	}
	complete := c.Journal.Stopped == "" // what was under way at the end of a run that was cut short is not known
	for _, s := range c.Sockets {
		if complete {
			c.unanswered(s)
		}
		c.unseen(s)
		t := c.only(pair{s.Remote, s.Local})
		if t == nil || t == s || c.only(pair{s.Local, s.Remote}) != s || !s.isPlain(c) || !t.isPlain(c) {
			continue
		}
		c.ended(s, t)
		if complete {
			c.reached(s, t)
			c.told(s, t)
		}
	}
}

// isPlain says whether a socket is no other program's, and has no filter.
func (s *Socket) isPlain(c *confrontation) bool {
	return !s.foreign && !s.filteredAt(c.played)
}

// unanswered asks why a SYN had no answer in the end: there is a RST, if nobody takes it.
func (c *confrontation) unanswered(s *Socket) {
	state, n := s.StateAt(journal.TCPInfo, c.played)
	if state != journal.SynSent || !s.hasOwn(c.played) || c.isConcurrent(c.played) || s.filtered != 0 {
		return
	}
	if e := c.event(n); e == nil || c.lastTime()-e.T < acknowledgedIn {
		return
	}
	c.about(R3, s, []int{n}, s.ID+" sent a SYN", "it had no answer until the end of the run")
}

// reached holds what one end counted as sent against what the other counted as come, where
// both were read last with nothing done in between. The SYN-ACK of what was accepted was
// not yet counted as its own.
func (c *confrontation) reached(s, t *Socket) {
	out, in := s.lastCount(), t.lastCount()
	if out == nil || in == nil || infoOf(in).SegsIn == 0 || c.carriesBulk(s) || !s.hasOwn(c.played) || !t.hasOwn(c.played) {
		return
	}
	for _, e := range []*journal.Event{out, in} {
		if e.Sample == nil && e.State.To == journal.Close {
			return
		}
	}
	sent := infoOf(out).SegsOut
	if s.connected == 0 {
		sent++
	}
	if came := infoOf(in).SegsIn; came < sent && !c.isConcurrent(c.played) {
		c.found = append(c.found, newDiscrepancy(R4, []*Socket{s, t}, []int{out.N, in.N},
			fmt.Sprintf("TCP_INFO of %s counted %d segments out", s.ID, sent), fmt.Sprintf("TCP_INFO of %s counted %d in", t.ID, came)))
	}
}

// lastCount is the last reading of TCP_INFO's counts.
func (s *Socket) lastCount() *journal.Event {
	if len(s.counted) == 0 {
		return nil
	}
	return s.counted[len(s.counted)-1]
}

// ended asks why an end does not know that its peer has closed: a FIN that is alone in the
// send queue has left, and on one stack it arrives at once.
func (c *confrontation) ended(s, t *Socket) {
	for _, x := range s.samples {
		if x.Sample.State != journal.FinWait1 || x.Sample.TxQueue != 1 {
			continue
		}
		later := c.settledAfter(x)
		if later == 0 || c.isConcurrent(later) || c.isConcurrent(x.N) || within(t.busy, later) {
			continue
		}
		if t.closedSoonAfter(x) {
			continue
		}
		if state, n := t.StateAt(journal.SockDiag, later); state == journal.Established {
			c.found = append(c.found, newDiscrepancy(R3, []*Socket{s, t}, []int{x.N, n},
				s.ID+" was in FIN_WAIT1, with nothing but its FIN unacknowledged", t.ID+" was still in ESTABLISHED"))
			return
		}
	}
}

// closedSoonAfter says whether an end knew of its peer's FIN a little after an event: while a call of its
// program's holds a socket, what comes waits in its backlog (tcp_v4_rcv in net/ipv4/tcp_ipv4.c). A FIN that was
// lost comes again no sooner than after a fifth of a second.
func (s *Socket) closedSoonAfter(x *journal.Event) bool {
	const soon = 100_000_000
	for _, e := range s.Entered(journal.CloseWait, journal.SockDiag) {
		if e.N > x.N && e.T-x.T < soon {
			return true
		}
	}
	return false
}

// settledAfter is an event by which the sockets were looked at again after one, when what it
// sent had surely arrived: two calls later, or before the next one if that was made long
// after. 0: there is none.
func (v *View) settledAfter(x *journal.Event) int {
	const long = 50_000_000
	next := v.nextCall(x.N)
	if e := v.event(next); e != nil && e.T-x.T > long {
		return next - 1
	}
	return v.nextCall(next)
}

// nextCall is the next call of the steps after an event; 0: there was none.
func (v *View) nextCall(n int) int {
	if n == 0 {
		return 0
	}
	i, _ := v.index(n + 1)
	for ; i < len(v.Journal.Events) && v.Journal.Events[i].N <= v.played; i++ {
		if v.Journal.Events[i].Call != nil {
			return v.Journal.Events[i].N
		}
	}
	return 0
}

// told asks why an end lives on whose peer was aborted: its RST would have ended it.
func (c *confrontation) told(s, t *Socket) {
	gone, at := s.StateAt(journal.SockDiag, c.played)
	if gone != journal.Gone || !s.linger.Aborts() || s.ownUntil == 0 || s.handles > 0 {
		return
	}
	state, n := t.StateAt(journal.TCPInfo, c.played)
	if !synchronised(state) || !t.hasOwn(c.played) || c.nextStep(c.nextStep(at)) == 0 {
		return
	}
	if before, _ := s.StateAt(journal.SockDiag, s.ownUntil); !synchronised(before) || before == journal.TimeWait {
		return
	}
	c.found = append(c.found, newDiscrepancy(R3, []*Socket{s, t}, []int{s.ownUntil, n},
		"close() of "+s.ID+" with SO_LINGER {1, 0} aborted its connection", fmt.Sprintf("%s was still in %s", t.ID, state)))
}
