package tcp

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// longest is how long each of the kernel's timers can be, in milliseconds
// (include/net/tcp.h: TCP_TIMEWAIT_LEN, TCP_RTO_MAX; tcp(7): tcp_keepalive_time, which
// may have been raised).
var longest = map[string]int64{"timewait": 60_000, "on": 120_000, "persist": 120_000, "keepalive": 2 * 7_200_000}

// timerSlack is by how much a timer that was read late may seem to have risen, in
// milliseconds: for less than that a program may not have run without its being noticed
// (heldUpLeast of lib/scenario).
const timerSlack = 100

// constants holds the timers that sock_diag read against what the kernel can have, and
// how long close() took against SO_LINGER (R6).
func (c *confrontation) constants(s *Socket) {
	var expires float64 // of the TIME_WAIT, in ms of the run's clock
	lastRead := 0
	for _, e := range s.samples {
		x := e.Sample
		if x.Witness != journal.SockDiag {
			continue
		}
		if most, ok := longest[x.Timer]; ok && x.TimerMS > most {
			c.about(R6, s, []int{e.N}, fmt.Sprintf("the timer %q of %s was %d ms", x.Timer, s.ID, x.TimerMS), fmt.Sprintf("Linux has none over %d", most))
		}
		if x.Timer == "off" && x.TimerMS != 0 {
			c.about(R6, s, []int{e.N}, "the timer of "+s.ID+" was off", fmt.Sprintf("%d ms were left of it", x.TimerMS))
		}
		c.orphanTimer(s, e)
		if x.State != journal.TimeWait {
			continue
		}
		if x.Timer != "timewait" {
			c.about(R6, s, []int{e.N}, s.ID+" was in TIME_WAIT", "its timer did not run")
		}
		at := float64(e.T)/1e6 + float64(x.TimerMS)
		if lastRead != 0 && at > expires+timerSlack && !c.cameSince(s, lastRead) && c.sees() {
			c.about(R6, s, []int{lastRead, e.N}, "the TIME_WAIT of "+s.ID+" began again", "no segment had come")
		}
		expires, lastRead = at, e.N
	}
	c.timeWaits(s)
	c.cutShort(s)
	c.lingered(s)
	c.offered(s)
}

// offered holds the windows that a socket had offered against its buffer, as it was asked for later:
// Linux enlarges one by itself, and makes none smaller, and offers no more than fits (tcp_win_from_space
// in include/net/tcp.h). A buffer that was set may be smaller than what had been offered (R6).
func (c *confrontation) offered(s *Socket) {
	if !c.sees() || s.End == nil {
		return
	}
	for _, e := range s.Asked(journal.SOReceiveBuffer, 0, 0) {
		buffer, is := e.Call.Value().Int()
		if _, set := s.Option(journal.SOReceiveBuffer, e.N); set != nil || !is {
			return
		}
		for _, x := range s.SentAll(0, e.N) {
			window := int64(x.Packet.Win)
			if !x.Has(synFlag) {
				window <<= s.End.scale
			}
			if window > buffer && !x.Has(rstFlag) {
				c.about(R6, s, []int{x.N, e.N}, fmt.Sprintf("%s offered %d bytes", s.ID, window), fmt.Sprintf("its buffer had %d", buffer))
				return
			}
		}
	}
}

// timeWaits asks why a TIME_WAIT outlived its timer, as far as the witness looked again
// after that had run out (R6).
func (c *confrontation) timeWaits(s *Socket) {
	const most = 64_000_000_000 // ns: TCP_TIMEWAIT_LEN; the timer wheel ends it up to 2 s later (kernel/time/timer.c)
	for _, stay := range c.Stays(s, journal.TimeWait, journal.SockDiag) {
		for n := c.nextStep(stay.In.N); n != 0; n = c.nextStep(n) {
			e, looked := c.event(n), c.nextStep(n)
			if looked == 0 || stay.Out != nil && looked > stay.Out.N {
				break
			}
			if e.T-stay.In.T > most && c.sees() && !c.cameSince(s, stay.In.N) {
				c.about(R6, s, []int{stay.In.N, e.N}, s.ID+" came to TIME_WAIT", fmt.Sprintf("it was there %.0f s later, and Linux has none over 60 s", float64(e.T-stay.In.T)/1e9))
				break
			}
		}
	}
}

// cutShort asks what ended a TIME_WAIT, or an orphan's FIN_WAIT2, before its time: its timer does, a RST (RFC 1337), what
// it has no room for, or another connection between the same addresses (tcp_timewait_state_process in
// net/ipv4/tcp_minisocks.c, tcp_tw_reuse). Neither close() nor tcp_max_tw_buckets does: that makes no more of them (R6).
func (c *confrontation) cutShort(s *Socket) {
	for _, stay := range append(c.Stays(s, journal.TimeWait, journal.SockDiag), c.Stays(s, journal.FinWait2, journal.SockDiag)...) {
		if stay.Out == nil || stay.Next == journal.TimeWait || by(s.destroyed, stay.Out.N) || len(c.holders[pair{s.Local, s.Remote}]) > 1 {
			continue
		}
		if early := c.leastEnd(s, &stay) - stay.Out.T; early > 0 && !c.mayBeAssassinated(s, &stay) {
			c.about(R6, s, []int{stay.In.N, stay.Out.N}, s.ID+" was in "+stay.State, fmt.Sprintf("it was gone more than %.1f s before its time, and nothing that was seen ends it", float64(early)/1e9))
		}
	}
}

// leastEnd is when a stay's timer can end it first, in nanoseconds of the run's clock, as it was read last; 0: it was not. That of a
// TIME_WAIT is known without.
func (c *confrontation) leastEnd(s *Socket, stay *Stay) (at int64) {
	const lasts, slack = 60_000_000_000, 2_000_000_000 // ns: TCP_TIMEWAIT_LEN; what it was seen too late, and is rounded by
	if stay.State == journal.TimeWait {
		at = stay.earliest + lasts - slack
	}
	for _, x := range s.Samples(stay.State, stay.In.N, stay.Out.N) {
		switch over := x.T + x.Sample.TimerMS*1_000_000; {
		case x.Sample.Timer != "timewait":
		case stay.State == journal.TimeWait || c.isConcurrent(x.N):
			at = over - slack
		default:
			at = over - timerSlack*1_000_000
		}
	}
	return at
}

// mayBeAssassinated says whether something came to what waits that ends it: a RST, a SYN, or data where the peer may still
// send. Where segments are not seen, of a TIME_WAIT: whether the peer's FIN may have been sent again by then, which draws an
// acknowledgement of a connection that is no more.
func (c *confrontation) mayBeAssassinated(s *Socket, stay *Stay) bool {
	if !c.sees() {
		return c.wire || stay.State == journal.FinWait2 || stay.Out.T-stay.earliest >= leastTimeout
	}
	return s.End == nil || s.End.Bulk || slices.ContainsFunc(s.End.in, func(x *Segment) bool {
		ends := x.Has(rstFlag) || x.isOpening() || stay.State == journal.FinWait2 && x.occupied() > 0
		return ends && stay.In.N-reach < x.N && x.N <= c.soon(stay.Out.N)
	})
}

// orphanTimer holds the timer of an orphan in FIN_WAIT2 against tcp_fin_timeout, where the run
// has read it: it is no shorter (tcp_fin_time in include/net/tcp.h).
func (c *confrontation) orphanTimer(s *Socket, e *journal.Event) {
	set := c.Setting(s.Host, "net.ipv4.tcp_fin_timeout", e.N)
	if e.Sample.State != journal.FinWait2 || e.Sample.Timer != "timewait" || set == nil || s.options[journal.TCPLinger2] != "" || c.isConcurrent(e.N) {
		return
	}
	seconds, known := set.Setting.Number()
	stays := c.Stays(s, journal.FinWait2, journal.SockDiag)
	if !known || len(stays) == 0 {
		return
	}
	const slack = 1000 // ms: the timer's own slack, and a look that came late
	left := float64(e.T-stays[0].earliest)/1e6 + float64(e.Sample.TimerMS)
	if left < float64(seconds*1000-slack) {
		c.about(R6, s, []int{stays[0].In.N, e.N}, fmt.Sprintf("the timer of the orphan %s runs for %.1f s in all", s.ID, left/1e3), "tcp_fin_timeout is "+set.Setting.New+" s")
	}
}

func (c *confrontation) cameSince(s *Socket, n int) bool {
	if s.End == nil {
		return true
	}
	for i := len(s.End.in) - 1; i >= 0 && s.End.in[i].N > n; i-- {
		return true
	}
	return false
}

// lingered asks why a close() that was to wait did not (socket(7), SO_LINGER).
func (c *confrontation) lingered(s *Socket) {
	e := s.End
	if !c.sees() || e == nil || e.Bulk || e.Closed == 0 || !s.linger.On || s.linger.Aborts() {
		return
	}
	call := c.event(e.Closed)
	if call == nil || call.Call == nil || call.Call.Op != "close" || s.signalled(c.View) {
		return
	}
	const nearly = 0.99
	took := float64(call.Call.TookNS) / 1e9
	over := call.T + call.Call.TookNS + c.capturedLate()
	if took >= nearly*float64(s.linger.Seconds) || c.happenedBy(e.Aborted(), over) || c.happenedBy(e.FinAcked, over) ||
		e.Opened == 0 || e.UnreadAt(call.N) > 0 || !c.ranThrough(call) || c.isGoneSoon(s, call) && c.timesOut(s, call.N) {
		return
	}
	c.about(R6, s, []int{call.N}, fmt.Sprintf("close() of %s with SO_LINGER {1, %d} returned after %.2f s", s.ID, s.linger.Seconds, took), "its FIN had not been acknowledged")
}

// isGoneSoon says whether sock_diag found nothing of a socket at the look after a call.
func (c *confrontation) isGoneSoon(s *Socket, call *journal.Event) bool {
	state, _ := s.StateAt(journal.SockDiag, c.soon(c.nextDeed(call.N)))
	return state == journal.Gone
}

// capturedLate is within which time after it what ends a wait is recorded, in nanoseconds:
// the run's thread takes in what passed lo at its next look, which on a busy machine comes
// late.
func (v *View) capturedLate() int64 {
	if v.wire {
		return 5_000_000
	}
	return 100_000_000
}

// happenedBy says whether something was seen up to a time.
func (v *View) happenedBy(fact int, t int64) bool {
	e := v.event(fact)
	return e != nil && e.T <= t
}

// signalled says whether a thread of the socket's was sent a signal, which ends a wait.
func (s *Socket) signalled(v *View) bool {
	for _, e := range v.signals {
		if e.Socket == s.ID {
			return true
		}
	}
	return false
}

// ranThrough says whether the program was not stopped while a call was under way: being
// continued ends a wait (signal(7)).
func (v *View) ranThrough(call *journal.Event) bool {
	for _, g := range v.gaps {
		if g.from <= call.T+call.Call.TookNS && call.T <= g.to {
			return false
		}
	}
	return true
}
