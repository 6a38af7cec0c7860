package tcp

import (
	"fmt"

	"sockproof/lib/journal"
)

// wasDestroyed holds what the kernel told of a socket's end against the other witnesses: what
// was destroyed no descriptor refers to, and sock_diag finds at most what is left of it (R5).
// That nothing was told contradicts nothing: it comes when it comes, and may be lost.
func (c *confrontation) wasDestroyed(s *Socket) {
	e := s.told
	if e == nil || c.isConcurrent(e.N) || within(s.busy, e.N) {
		return
	}
	if s.hasOwn(e.N) {
		c.about(R5, s, []int{e.N}, destroyed(s), "a descriptor of it was open")
	}
	for w, states := range s.states {
		for _, x := range states {
			if x.N > e.N && !isLeft(w, x.State.To) {
				c.about(R5, s, []int{e.N, x.N}, destroyed(s), string(w)+" saw it in "+x.State.To)
				return
			}
		}
	}
}

func destroyed(s *Socket) string { return "the kernel told that it had destroyed " + s.ID }

// isLeft says whether a witness can see a state of what is left of a socket that was destroyed.
func isLeft(w journal.Witness, state string) bool {
	return w == journal.SockDiag && (state == journal.FinWait2 || state == journal.TimeWait || state == journal.Gone)
}

// countedUntil holds what a socket had counted at its end against what was seen of it before (R4).
func (c *confrontation) countedUntil(s *Socket) {
	e := s.told
	if e == nil || e.Destroyed.SegsIn == 0 && e.Destroyed.SegsOut == 0 { // it was disconnected
		return
	}
	if c.isConcurrent(e.N) || within(s.busy, e.N) || by(s.End.Filtered, e.N) {
		return
	}
	d := e.Destroyed
	c.countsOn(s, e)
	_, to := c.window(e.N)
	from := c.lastWhole(s, e.N)
	if in := c.segmentsIn(s, from, to); c.knowsSegmentsIn(s) && !in.fits(d.SegsIn) {
		c.atEnd(s, []int{e.N}, "segments in", d.SegsIn, fmt.Sprintf("%s were seen", in))
	}
	if out := c.segmentsOut(s, e.N, from, to); !out.fits(d.SegsOut) {
		c.atEnd(s, []int{e.N}, "segments out", d.SegsOut, fmt.Sprintf("%s were seen", out))
	}
}

// atEnd notes that a count at a socket's end does not fit what was seen.
func (c *confrontation) atEnd(s *Socket, events []int, what string, n int64, seen string) {
	c.about(R4, s, events, fmt.Sprintf("at its end %s had counted %d %s", s.ID, n, what), seen)
}

// countsOn asks whether the counts at a socket's end are at least those that TCP_INFO had told last.
func (c *confrontation) countsOn(s *Socket, e *journal.Event) {
	x := lastBefore(s.counted, e.N)
	if x == nil {
		return
	}
	i, d := infoOf(x), e.Destroyed
	for _, count := range []struct {
		what        string
		before, end int64
	}{
		{"segments in", i.SegsIn, d.SegsIn},
		{"segments out", i.SegsOut, d.SegsOut},
		{"segments with data in", i.DataSegsIn, d.DataSegsIn},
		{"bytes received", i.BytesReceived, d.BytesReceived},
		{"bytes acknowledged", i.BytesAcked, d.BytesAcked},
		{"segments sent again", i.Retrans, d.Retrans},
	} {
		if count.end < count.before {
			c.atEnd(s, []int{x.N, e.N}, count.what, count.end, fmt.Sprintf("TCP_INFO had counted %d before", count.before))
		}
	}
}

// lastWhole is up to which event all that reached or left a socket must be in its counts at its end:
// it was still whole then.
func (c *confrontation) lastWhole(s *Socket, n int) int {
	last := 0
	for _, some := range [][]*journal.Event{s.states[journal.SockDiag], s.samples} {
		for _, e := range some {
			state := ""
			switch {
			case e.State != nil:
				state = e.State.To
			case e.Sample.Witness == journal.SockDiag:
				state = e.Sample.State
			}
			if e.N < n && state != "" && !isLeft(journal.SockDiag, state) {
				last = max(last, e.N)
			}
		}
	}
	from, _ := c.window(last)
	return from
}

// lastBefore is the last of events in their order that comes before another; nil: none does.
func lastBefore(events []*journal.Event, n int) (last *journal.Event) {
	for _, e := range events {
		if e.N < n {
			last = e
		}
	}
	return last
}
