package tcp

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// counted holds what TCP_INFO counted of a socket against the segments that were seen
// (R4).
func (c *confrontation) counted(s *Socket) {
	end := s.End
	if !slices.ContainsFunc(s.counted, func(e *journal.Event) bool { return infoOf(e).SegsIn > 0 }) && len(end.in) == 0 {
		return
	}
	before := map[string]int{}
	for _, e := range s.counted {
		if within(s.busy, e.N) || c.isConcurrent(e.N) || by(end.Filtered, e.N) {
			clear(before)
			continue
		}
		c.countedAt(s, e, infoOf(e), before)
	}
}

func infoOf(e *journal.Event) *journal.Info {
	if e.State != nil {
		return e.State.Info
	}
	return e.Sample.Info
}

// tally is a count that the events of a journal put between two bounds.
type tally struct{ least, most int }

func (t tally) fits(n int64) bool { return int64(t.least) <= n && n <= int64(t.most) }

// misses is by how much a count is beyond the bounds.
func (t tally) misses(n int64) int { return int(max(n-int64(t.most), 0) + min(n-int64(t.least), 0)) }

func (t tally) String() string {
	if t.least == t.most {
		return fmt.Sprint(t.least)
	}
	return fmt.Sprintf("%d to %d", t.least, t.most)
}

// countedAt holds one reading. On lo a segment may be counted just after it was captured;
// but then the next reading finds them level. before has, by what was counted, by how much
// the kernel was ahead at the last reading.
func (c *confrontation) countedAt(s *Socket, e *journal.Event, i *journal.Info, before map[string]int) {
	end := s.End
	if e.State != nil && e.State.To == journal.Close && !by(end.Aborted(), e.N+reach) {
		return // a TIME_WAIT, or none: what came since is not counted any more
	}
	differs := func(what string, kernel int64, seen tally) {
		c.about(R4, s, []int{e.N}, fmt.Sprintf("TCP_INFO of %s counted %d %s", s.ID, kernel, what), fmt.Sprintf("%s were seen", seen))
	}
	from, to := c.window(e.N)
	compare := func(what string, kernel int64, between func(from, to int) tally) {
		wide, exact := between(from, to), between(e.N, e.N)
		ahead := exact.misses(kernel)
		if !wide.fits(kernel) || ahead < 0 && before[what] < 0 {
			differs(what, kernel, exact)
		}
		before[what] = ahead
	}
	if c.knowsSegmentsIn(s) {
		compare("segments in", i.SegsIn, func(from, to int) tally { return c.segmentsIn(s, from, to) })
	}
	compare("segments out", i.SegsOut, func(from, to int) tally { return c.segmentsOut(s, e.N, from, to) })
	if by(end.Opened, e.N) && i.SegsIn > 0 && !c.wasOffered(s, e.N, i.SndWnd) {
		c.about(R4, s, []int{e.N}, fmt.Sprintf("TCP_INFO of %s says that its peer's window is %d", s.ID, i.SndWnd), "no segment that was delivered to it says so")
	}
	if end.blindAt(e.N) == sees && end.kept {
		if received := c.received(s, e.N); !received.fits(i.BytesReceived) {
			differs("bytes received in order", i.BytesReceived, received)
		}
	}
}

// window is the events between which a kernel's count was taken, as far as it can be
// told: on lo, what it counted may be captured a little later.
func (c *confrontation) window(n int) (from, to int) {
	if c.wire {
		return n, n
	}
	if to = c.soon(n); !c.isConcurrent(n) {
		to = c.capturedBy(n)
	}
	return n - reach, to
}

// capturedBy is the last event by which all is recorded that had passed lo when a socket
// was read: the capture sees a segment before TCP counts it, and is taken in after the next
// call.
func (c *confrontation) capturedBy(n int) int {
	next := c.nextCall(n)
	if next == 0 {
		return c.last
	}
	i, _ := c.index(next)
	for i+1 < len(c.Journal.Events) && c.Journal.Events[i+1].Packet != nil {
		i++
	}
	return c.Journal.Events[i].N
}

// segmentsIn is how many segments reached a socket: from its SYN on, or, where it was
// accepted, the SYN and then from the segment on that completed the opening (tcp_segs_in,
// tcp_create_openreq_child in net/ipv4/tcp_minisocks.c).
func (c *confrontation) segmentsIn(s *Socket, from, to int) (t tally) {
	end := s.End
	if end.Passive {
		t = tally{1, 1} // its SYN
	}
	for _, x := range end.in {
		if end.Passive && x.N < end.Opened {
			continue
		}
		if x.N <= from {
			t.least++
		}
		if x.N <= to {
			t.most += c.standsFor(x)
		}
	}
	return t
}

// knowsSegmentsIn says whether it can be seen which segment completed an opening. With
// TCP_DEFER_ACCEPT an ACK without data does not (tcp_check_req in net/ipv4/tcp_minisocks.c).
func (c *confrontation) knowsSegmentsIn(s *Socket) bool {
	return !s.End.Passive || s.End.Opened != 0 && !s.End.openedTwice() && !c.isDeferred(s)
}

// isDeferred says whether a socket was made by a listener with TCP_DEFER_ACCEPT.
func (c *confrontation) isDeferred(s *Socket) bool {
	return slices.ContainsFunc(c.Sockets, func(l *Socket) bool {
		return l.Listening != 0 && l.Local == s.Local && l.options[journal.TCPDeferAccept] != ""
	})
}

// standsFor is how many segments a captured one may be to the kernel, which counts those
// of a large one on lo each (tcp_segs_in in include/net/tcp.h, GSO).
func (c *confrontation) standsFor(x *Segment) int {
	if c.wire || x.Packet.Len < c.several {
		return 1
	}
	return 1 + x.Packet.Len/c.several
}

// openedTwice says whether an end sent its SYN-ACK again.
func (e *End) openedTwice() bool {
	return slices.ContainsFunc(e.sent, func(x sent) bool { return x.again && x.seg.Has(synFlag) })
}

// segmentsOut is how many segments a socket sent. Of an accepted one its SYN-ACK does not
// count, for that was not yet it that sent it; a RST may come from no socket; and a large
// segment on lo stands for several.
func (c *confrontation) segmentsOut(s *Socket, n, from, to int) tally {
	var t tally
	for _, x := range s.End.out {
		if s.End.Passive && x.Has(synFlag) {
			continue
		}
		if x.N <= from && !x.Has(rstFlag) {
			t.least++
		}
		if x.N <= n || to > n && c.mayHaveLeft(s, x, n) || c.wire && c.leftAtOnce(x, n) {
			t.most += c.standsFor(x)
		}
	}
	return t
}

// capturedAfter is within which time after it left a segment is captured on lo, in
// nanoseconds, however busy the machine.
const capturedAfter = 100_000_000

// mayHaveLeft says whether a segment that was captured on lo after a reading may have left
// before it: not data that had not been written, nor a FIN that nobody had asked for.
func (c *confrontation) mayHaveLeft(s *Socket, x *Segment, n int) bool {
	end := s.End
	e := c.event(n)
	if e == nil || x.T > e.T+capturedAfter {
		return false
	}
	if x.Has(finFlag) || x.Has(rstFlag) {
		return by(end.ShutWrite, n) || by(end.Closed, n) || anyBy(s.ends, n)
	}
	return x.Packet.Len == 0 || ahead(x.end(), end.iss+1) <= end.WrittenAt(n)
}

// From how many bytes of payload on a segment on lo may stand for several: by the smallest window that
// bounds them (tcp_bound_to_half_wnd in include/net/tcp.h), or by a smaller MSS, less all the options. Linux
// offers none below net.ipv4.route.min_adv_mss, and keeps to the path's MTU down to net.ipv4.tcp_min_snd_mss.
const (
	leastSeveral = 512
	mostOptions  = 40
	leastOffered = 256
	leastMSS     = 48
)

// offersMSS takes the MSS of a SYN.
func (v *View) offersMSS(s *Segment) {
	mss, ok := s.Packet.Options.MSS()
	if !ok || !s.Has(synFlag) {
		return
	}
	if mss <= leastOffered {
		mss = leastMSS
	}
	v.several = min(v.several, max(mss-mostOptions, 1))
}

// leftAtOnce says whether a segment that was seen after a count may have left before it:
// at most one thing was done in between, after which what had left was taken in.
func (c *confrontation) leftAtOnce(x *Segment, n int) bool {
	return x.N > n && x.N <= c.nextDeed(c.nextDeed(n))
}

// nextDeed is the next call, or segment delivered, after an event.
func (v *View) nextDeed(n int) int {
	i, _ := v.index(n)
	for i++; i < len(v.Journal.Events); i++ {
		e := &v.Journal.Events[i]
		if e.Call != nil || e.Packet != nil && e.Packet.At != journal.AtSent {
			return e.N
		}
	}
	return v.last
}

// wasOffered says whether a segment that came had offered a window; a SYN's is not scaled
// (RFC 7323 §2.2).
func (c *confrontation) wasOffered(s *Socket, n int, window int64) bool {
	_, to := c.window(n)
	known := false
	for _, x := range s.End.in {
		if x.N > to {
			break
		}
		// In a simultaneous opening Linux scales the SYN-ACK's too.
		plain, scaled := int64(x.Packet.Win), int64(x.Packet.Win)<<s.End.peerScale
		if scaled == window || x.Has(synFlag) && plain == window {
			return true
		}
		known = true
	}
	return !known
}

// received is how many bytes TCP has taken in order, a FIN as one.
func (c *confrontation) received(s *Socket, n int) tally {
	from, to := c.window(n)
	at := func(n int) int {
		total := s.End.StreamAt(n)
		if by(s.End.FinIn, n) {
			total++
		}
		return total
	}
	return tally{at(from), at(to)}
}

// travels asks whether each segment that was delivered on the wire is one that was sent,
// and each that was sent had a fate (R4).
func (c *confrontation) travels() {
	if !c.wire {
		return
	}
	fate := map[int]bool{}
	for i := range c.Journal.Events {
		e := &c.Journal.Events[i]
		if !isSegment(e) {
			continue
		}
		if e.Packet.Of != 0 {
			fate[e.Packet.Of] = true
		}
		if e.Packet.At == journal.AtDelivered {
			c.travelled(e)
		}
	}
	if c.Journal.Stopped != "" {
		return
	}
	const stillUnderWay = 60
	for i := range c.Journal.Events {
		e := &c.Journal.Events[i]
		if isSegment(e) && e.Packet.At == journal.AtSent && !fate[e.N] && e.N < c.played-stillUnderWay {
			c.found = append(c.found, newDiscrepancy(R4, c.about4(e.Packet), []int{e.N}, "a segment left "+string(e.Packet.Src), "it was neither delivered, dropped nor kept"))
		}
	}
}

func (c *confrontation) travelled(e *journal.Event) {
	p := e.Packet
	sent := c.event(p.Of)
	switch {
	case sent == nil || sent.Packet == nil:
		c.found = append(c.found, newDiscrepancy(R4, c.about4(p), []int{e.N}, "a segment was delivered to "+string(p.Dst), "it was not seen to leave"))
	case len(p.Bytes) == 0 && !sameHeader(p, sent.Packet):
		c.found = append(c.found, newDiscrepancy(R4, append(c.about4(p), c.about4(sent.Packet)...), []int{e.N, sent.N}, "a segment was delivered to "+string(p.Dst), "another one had left"))
	}
}

func sameHeader(x, y *journal.Packet) bool {
	return x.Src == y.Src && x.Dst == y.Dst && x.Seq == y.Seq && x.Ack == y.Ack && x.Len == y.Len && x.Win == y.Win && x.Flags == y.Flags
}

// about4 are the sockets at both addresses of a segment.
func (c *confrontation) about4(p *journal.Packet) []*Socket {
	return c.at4(pair{p.Dst, p.Src})
}
