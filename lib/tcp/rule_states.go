package tcp

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// stateWitnesses are those that see states.
var stateWitnesses = []journal.Witness{journal.TCPInfo, journal.SockDiag}

// states asks for the cause of each change of state (R3).
func (c *confrontation) states(s *Socket) {
	if s.Listening != 0 {
		return // listened has asked
	}
	for _, w := range stateWitnesses {
		for _, e := range s.states[w] {
			if s.End == nil {
				if s.Local != "" && (synchronised(e.State.To) || e.State.To == journal.SynRecv) && !c.carriesBulk(s) {
					c.about(R3, s, []int{e.N}, fmt.Sprintf("%s saw %s in %s", w, s.ID, e.State.To), "no opening of its connection was seen")
				}
			}
			if s.End == nil && !c.mayGiveUp(s, e) || s.End != nil && !s.End.Bulk && !c.allows(s, e) {
				c.about(R3, s, []int{e.N}, fmt.Sprintf("%s saw %s go from %s to %s", w, s.ID, orNothing(e.State.From), e.State.To), "nothing that was seen causes it")
			}
		}
	}
}

// mayGiveUp says whether a socket of which the port is not known may have stopped connecting: something came from where it had
// called, or it was closed, or had waited.
func (c *confrontation) mayGiveUp(s *Socket, e *journal.Event) bool {
	n := c.soon(e.N)
	called := c.event(s.connected)
	if e.State.From != journal.SynSent || !s.isUnnamed() || !c.wire || called == nil || e.T-called.T >= leastTimeout || len(c.icmps) > 0 || s.hasTimers() {
		return true
	}
	return by(s.destroyed, n) || by(s.closedBy(), n) || anyBy(s.ends, n) || slices.ContainsFunc(c.Journal.Events, func(x journal.Event) bool {
		return isSegment(&x) && x.Packet.At == journal.AtDelivered && x.Packet.Src == s.Remote && x.N <= n && x.Packet.Flags != synFlag
	})
}

// listened asks why a listener listens no more: it was shut down, or its last descriptor was closed
// (tcp_disconnect in net/ipv4/tcp.c; R3). Whoever may can destroy it, too (SOCK_DESTROY).
func (c *confrontation) listened(s *Socket) {
	for _, w := range stateWitnesses {
		for _, e := range s.states[w] {
			if e.State.From == journal.Listen && !s.foreign && !c.began(c.event(s.Deaf), e, e.T) && !by(s.destroyed, c.soon(e.N)) && !c.isEnding(s, e.N) {
				c.about(R3, s, []int{e.N}, fmt.Sprintf("%s saw %s go from %s to %s", w, s.ID, e.State.From, e.State.To), "nobody had shut it down or closed it")
			}
		}
	}
}

func orNothing(state string) string {
	if state == "" {
		return "nothing"
	}
	return state
}

// allows says whether what had happened, or was recorded soon after, allows a change of
// state (RFC 9293 §3.3.2, figure 5; Linux has no CLOSED that would wait, and ends orphans
// by timers).
func (c *confrontation) allows(s *Socket, e *journal.Event) bool {
	end, n := s.End, c.soon(e.N)
	vague := end.blindAt(n) == blindWindow || end.blindAt(n) == blindPayload || by(end.Filtered, n)
	shut := s.shutBy(n)
	switch e.State.To {
	case journal.SynRecv:
		return by(end.SynIn, n)
	case journal.Established:
		return c.mayOpen(end, e)
	case journal.CloseWait:
		return by(end.FinIn, n) || vague
	case journal.FinWait1:
		return shut || by(end.FinOut, n)
	case journal.FinWait2:
		return by(end.FinAcked, n) || vague
	case journal.Closing, journal.LastAck:
		return by(end.FinIn, n) && (shut || by(end.FinOut, n))
	case journal.TimeWait:
		if from := e.State.From; from == journal.CloseWait || from == journal.LastAck {
			return false // the passive end's path, which has none
		}
		return by(end.FinIn, n) && by(end.FinAcked, n) || vague
	case journal.Close, journal.Gone:
		return c.allowsEnd(s, e, n, shut)
	}
	return true
}

// mayOpen says whether an end may have become ESTABLISHED. Whether the SYN-ACK of an opening
// whose SYNs crossed does that on this kernel shows at the next step.
func (c *confrontation) mayOpen(end *End, e *journal.Event) bool {
	n := c.soon(e.N)
	if by(end.Opened, n) || !by(end.Crossed, n) {
		return by(end.Opened, n)
	}
	if info, seen := end.Socket.StateAt(journal.TCPInfo, e.N-1); e.State.From == "" && info == e.State.To && seen != 0 {
		return true // sock_diag looks only where the address is known; what tcp_info saw has been judged
	}
	step := c.nextStep(end.Crossed)
	return !c.wire || c.isConcurrent(e.N) || step == 0 || e.N < step
}

// shutBy says whether a call, or the last descriptor's end, had ended what it sends.
func (s *Socket) shutBy(n int) bool {
	end := s.End
	return end.blindAt(n) == blindProgram || by(end.ShutWrite, n) || by(end.Closed, n) ||
		s.handles <= 0 && by(s.closedBy(), n) || anyBy(s.ends, n)
}

// closedBy is when the last descriptor was closed.
func (s *Socket) closedBy() int {
	if s.End != nil && s.End.Closed != 0 {
		return s.End.Closed
	}
	return s.ownUntil
}

// allowsEnd says whether a socket may have come to its end.
func (c *confrontation) allowsEnd(s *Socket, e *journal.Event, n int, shut bool) bool {
	end, from := s.End, e.State.From
	switch from {
	case "", journal.Close, journal.Listen, journal.TimeWait, journal.Gone:
		return true
	}
	switch {
	case by(end.Aborted(), n), by(s.destroyed, n), by(end.Nobody, n):
		return true
	case by(end.FinIn, n) && by(end.FinAcked, n):
		return true
	case from == journal.SynRecv && c.requestEnds(s, e):
		return true
	case from == journal.SynSent && c.connectEnds(s, n, shut):
		return true
	case by(end.FinAcked, n) && shut && e.State.To == journal.Gone:
		return true // tcp_max_tw_buckets, tcp_fin_timeout
	case s.linger.Aborts() && by(end.Closed, n):
		return true
	}
	return c.timesOut(s, n)
}

// connectEnds says whether a socket that is connecting has a reason to give up without a RST.
func (c *confrontation) connectEnds(s *Socket, n int, shut bool) bool {
	return shut || by(s.End.Closed, n) || c.unreachable(s, n)
}

// cause is a segment that a state must follow, and the states that do not.
type cause struct {
	n    int
	what string
	not  []string
}

// causesOf are the segments that came to an end and move its state.
func causesOf(e *End) []cause {
	open := []string{journal.SynSent, journal.SynRecv}
	alive := []string{journal.SynRecv, journal.Established, journal.FinWait1, journal.FinWait2, journal.Closing, journal.CloseWait, journal.LastAck}
	causes := []cause{{e.RstIn, "a RST", alive}}
	if e.RstIn == 0 || e.FinIn < e.RstIn {
		causes = append(causes, cause{e.FinIn, "a FIN", []string{journal.Established, journal.FinWait1, journal.FinWait2}})
	}
	return append(causes,
		cause{e.FinAcked, "the acknowledgement of its FIN", []string{journal.FinWait1, journal.Closing, journal.LastAck}},
		cause{e.Opened, "the last segment of its opening", open})
}

// refusals are the ICMP errors that came to a socket which was connecting (RFC 1122 §4.2.3.9).
func (c *confrontation) refusals(s *Socket) []cause {
	var some []cause
	for _, m := range c.messages {
		if state, _ := s.StateAt(journal.TCPInfo, m.N); m.To == s && state == journal.SynSent && m.Packet.IsUnreachable() {
			some = append(some, cause{m.N, "an ICMP error", []string{journal.SynSent}})
		}
	}
	return some
}

// takenIn is within which time after its capture on lo a segment has reached TCP, in
// nanoseconds, however busy the machine.
const takenIn = 10_000_000

// follows asks whether the states followed what was delivered: on the wire at the next
// step, elsewhere by the end (R3).
func (c *confrontation) follows(s *Socket) {
	end := s.End
	if s.Listening != 0 || end == nil || end.Bulk || end.blindSince != 0 || end.Filtered != 0 {
		return
	}
	for _, x := range append(causesOf(end), c.refusals(s)...) {
		if x.n == 0 || !c.wire && c.endTime()-c.event(x.n).T < takenIn {
			continue
		}
		step := c.played
		if c.wire {
			step = c.nextStep(x.n)
			if c.isConcurrent(step) || c.isConcurrent(x.n) || within(s.busy, step) {
				step = min(step+reach, c.played)
			}
		}
		if step == 0 || x.n != end.RstIn && by(end.Aborted(), step) {
			continue
		}
		c.followed(s, x, step)
	}
}

func (c *confrontation) followed(s *Socket, x cause, step int) {
	for _, w := range stateWitnesses {
		state, n := s.StateAt(w, step)
		if w == journal.TCPInfo && !s.hasOwn(step) {
			continue
		}
		for _, not := range x.not {
			if state == not {
				c.about(R3, s, []int{x.n, n}, x.what+" was delivered to "+s.ID, fmt.Sprintf("%s still saw it in %s", w, state))
			}
		}
	}
}

// nextStep is the next event after one by which the witnesses had looked at every
// socket: a packet or a call. 0: there was none in the steps.
func (v *View) nextStep(n int) int {
	i, ok := v.index(n)
	if !ok {
		return 0
	}
	for i++; i < len(v.Journal.Events) && v.Journal.Events[i].N <= v.played; i++ {
		if e := &v.Journal.Events[i]; e.Packet != nil || e.Call != nil {
			return e.N
		}
	}
	return 0
}

// dues asks whether what an end had to send left it: a RST or a FIN (R3).
func (c *confrontation) dues(e *End) {
	for _, o := range e.outcomes {
		if e.Destroyed != 0 || e.Filtered != 0 || c.Journal.Stopped != "" && c.inLastCalls(o.n) {
			continue
		}
		if o.flag == owesRST {
			c.rstDue(e, o)
		} else {
			c.finDue(e, o)
		}
	}
}

func (c *confrontation) rstDue(e *End, o owed) {
	if e.RstOut != 0 || e.RstIn != 0 || e.blindAt(o.n) == blindWindow || e.blindWhy == blindWindow {
		return
	}
	c.aboutEnd(R3, e, []int{o.n}, o.why+" at "+c.who(e), "no RST left it")
}

func (c *confrontation) finDue(e *End, o owed) {
	if c.abortedInstead(e, o) {
		c.aboutEnd(R3, e, []int{o.n, e.RstOut}, o.why+" at "+c.who(e)+" with nothing unread", "a RST left it, not a FIN")
		return
	}
	if by(e.FinOut, c.last) || by(e.Aborted(), c.nextDeed(c.nextDeed(o.n))) || e.Aborted() != 0 && !c.wire || e.Socket == nil || within(e.Socket.busy, o.n) || e.blindWhy == blindThreads {
		return
	}
	if over := e.Socket.Down(o.n, 0); over != nil && c.timesOut(e.Socket, over.N) {
		return // it waited for a window, and was given up
	}
	sent, _, _ := e.outStream()
	if len(sent) < e.wroteLen || e.hasPeerEdge && ahead(e.peerEdge, e.nextOut) < 1 {
		return // data is before it, and waits
	}
	c.aboutEnd(R3, e, []int{o.n}, o.why+" at "+c.who(e), "no FIN left it")
}

// abortedInstead says whether an end that had to send a FIN sent a RST there and then: nothing
// had come to it meanwhile that would draw one.
func (c *confrontation) abortedInstead(e *End, o owed) bool {
	if !by(e.RstOut, c.nextDeedOrCapture(o.n)) || e.RstOut < o.n || e.FinOut != 0 || e.Nobody != 0 || e.blindAt(o.n) != sees || c.isConcurrent(o.n) {
		return false
	}
	return !slices.ContainsFunc(e.in, func(x *Segment) bool {
		return o.n < x.N && x.N <= e.RstOut && x.Packet.Dst == e.Local && !x.Has(rstFlag)
	})
}

// nextDeedOrCapture is the next event after one by which what it sent was seen: on lo that
// is before the next call.
func (v *View) nextDeedOrCapture(n int) int {
	if v.wire {
		return v.nextDeed(n)
	}
	if next := v.nextCall(n); next != 0 {
		return next
	}
	return v.played
}

// inLastCalls says whether an event is at the end of the steps that was cut short: its
// effects may not have been seen.
func (v *View) inLastCalls(n int) bool {
	last := 0
	for i := range v.Journal.Events {
		if e := &v.Journal.Events[i]; e.Call != nil && e.N <= v.played {
			last = e.N
		}
	}
	return n >= last-1
}

// answered asks whether what came where no socket took it drew a RST, whether a FIN that
// left had been asked for, and whether what came in order was acknowledged (R3).
func (c *confrontation) answered() {
	for i := range c.strays {
		x := &c.strays[i]
		if x.answered != 0 || c.Journal.Stopped != "" && c.nextStep(x.seg.N) == 0 {
			continue
		}
		about := x.sockets
		if x.end != nil && len(about) == 0 {
			about = c.socketsOf(x.end)
		}
		c.found = append(c.found, newDiscrepancy(R3, about, []int{x.seg.N},
			"a segment was delivered to "+string(x.seg.Packet.Dst)+" where there was no socket for it", "no RST answered it"))
	}
	for _, e := range c.Ends {
		if e.Bulk {
			continue
		}
		c.finAsked(e)
		c.rstAsked(e)
		c.neverAcked(e)
		c.crossingAnswered(e)
	}
}

// crossingAnswered asks what became of the SYN-ACK of an opening whose SYNs crossed: whether it opens the
// connection or not, it is acknowledged at once (tcp_validate_incoming in net/ipv4/tcp_input.c; RFC 5961 §4.2).
func (c *confrontation) crossingAnswered(e *End) {
	if !c.wire || e.Crossed == 0 || e.Socket == nil || c.Journal.Stopped != "" || e.Filtered != 0 || by(e.Aborted(), c.nextStep(e.Crossed)) ||
		slices.ContainsFunc(e.sent, func(x sent) bool { return x.seg.N > e.Crossed && x.seg.N <= c.played }) {
		return
	}
	c.aboutEnd(R3, e, []int{e.Crossed}, "a SYN-ACK was delivered to "+c.who(e)+" after a SYN", "nothing answered it")
}

func (c *confrontation) finAsked(e *End) {
	s := e.Socket
	if e.FinOut == 0 || s == nil || e.blindWhy == blindProgram || e.ShutWrite != 0 || e.Closed != 0 || s.handles <= 0 || len(s.ends) > 0 && len(c.concurrent) > 0 {
		return
	}
	c.aboutEnd(R3, e, []int{e.FinOut}, "a FIN left "+s.ID, "nobody had closed it or shut it down")
}

// acknowledgedIn is within which time what came in order is acknowledged, in
// nanoseconds: Linux delays an acknowledgement by 0.2 s at most (TCP_DELACK_MAX).
const acknowledgedIn = 300_000_000

func (c *confrontation) neverAcked(e *End) {
	if e.Aborted() != 0 || e.blindSince != 0 || e.Filtered != 0 || e.Opened == 0 || !e.hasAcked {
		return
	}
	a := e.unacknowledged(e.acked)
	last := c.event(c.played)
	if a == nil || last == nil || c.lastTime()-a.t <= acknowledgedIn {
		return
	}
	c.aboutEnd(R3, e, []int{a.n}, "data or a FIN was delivered to "+c.who(e)+" in order", "it was not acknowledged within 0.3 s")
}

// endTime is when the steps were over: before the first event of the teardown, if there is any.
func (v *View) endTime() int64 {
	if e := v.event(v.played + 1); e != nil {
		return e.T
	}
	return v.lastTime()
}

// lastTime is when the steps' last event was observed.
func (v *View) lastTime() int64 {
	var t int64
	for i := range v.Journal.Events {
		if e := &v.Journal.Events[i]; e.N <= v.played {
			t = max(t, e.T)
		}
	}
	return t
}
