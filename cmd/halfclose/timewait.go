package main

import (
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// waiting is a socket in TIME_WAIT, as sock_diag saw it.
type waiting struct {
	way
	in      *journal.Event   // it entered the state
	samples []*journal.Event // readings of its timer
}

// waits lists the sockets that were closed first and came to TIME_WAIT.
func waits(j *journal.Journal) []waiting {
	var all []waiting
	for _, w := range ways(j) {
		t := waiting{way: w}
		for _, e := range claim.States(w.Journal, w.Who, journal.SockDiag) {
			if e.State.To == journal.TimeWait && t.in == nil {
				t.in = e
			}
		}
		for _, e := range claim.Samples(w.Journal, w.Who, journal.TimeWait) {
			if e.Sample.Timer == "timewait" {
				t.samples = append(t.samples, e)
			}
		}
		if t.in != nil && len(t.samples) > 0 {
			all = append(all, t)
		}
	}
	return all
}

// steady are the readings before any segment arrived that may have set the timer
// anew.
func (t *waiting) steady() []*journal.Event {
	return slices.DeleteFunc(slices.Clone(t.samples), func(e *journal.Event) bool { return t.isSetAnew(e) })
}

// isSetAnew says whether that may have happened before a reading. Off the wire
// the FIN that led to TIME_WAIT may have been captured after the state was seen:
// there only what had come before counts.
func (t *waiting) isSetAnew(reading *journal.Event) bool {
	if t.Network == journal.Wire {
		return len(t.Arrived(t.Who, t.in, reading)) > 0
	}
	return slices.ContainsFunc(claim.Segments(t.Journal), func(s claim.Segment) bool {
		return s.Repeats != 0 && s.Packet().Dst == t.Address(t.Who) && claim.Between(s.Event, t.in, reading)
	})
}

// lasts is how long the state lasts by a reading of its timer: what has passed
// and what remains, in nanoseconds.
func (t *waiting) lasts(sample *journal.Event) int64 {
	return sample.T - t.in.T + sample.Sample.TimerMS*1e6
}

// noWait is why nothing can be said.
func noWait(j *journal.Journal) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("no socket that was closed first was seen in TIME_WAIT")
}

var hc21 = claim.Claim{
	ID: "HC21", Statement: "close() does not block for TIME_WAIT",
	Source: article000, Quantity: claim.Always,
	Precondition: "the socket comes to TIME_WAIT",
	Needs:        needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		for _, t := range waits(j) {
			if t.Name() != claim.Closed {
				continue
			}
			returned := t.By.T + t.By.Call.TookNS
			over := t.samples[0].T + t.samples[0].Sample.TimerMS*1e6
			if returned >= over {
				return claim.Refute(claim.Numbers(t.By, t.in, t.samples[0]), "close() of %s returned when TIME_WAIT was over", t.Who)
			}
			return claim.Confirm(claim.Numbers(t.By, t.in, t.samples[0]), "close() of %s returned after %.3f ms, with %.1f s of TIME_WAIT still to come",
				t.Who, float64(t.By.Call.TookNS)/1e6, float64(over-returned)/1e9)
		}
		return noWait(j)
	},
}

// The bounds of what the articles say, in seconds.
const (
	saidLeast = 120
	saidMost  = 240
)

var hc22 = claim.Claim{
	ID: "HC22", Statement: "the active closer stays in TIME_WAIT for 2–4 minutes",
	Source: article000 + "; " + rfc9293 + " §3.4.2 (MSL)", Quantity: claim.Always,
	Needs: needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		for _, t := range waits(j) {
			readings := t.steady()
			if len(readings) < 2 || readings[len(readings)-1].T-readings[0].T < second {
				continue // a single reading does not show that the timer runs
			}
			first, last := readings[0], readings[len(readings)-1]
			d := t.lasts(first)
			passed, ran := last.T-first.T, (first.Sample.TimerMS-last.Sample.TimerMS)*1e6
			if diff := passed - ran; diff > second/2 || diff < -second/2 {
				return claim.Unclear("the timer of %s ran %s in %s: it was set anew", t.Who, seconds(ran), seconds(passed))
			}
			said := fmt.Sprintf("it lasts %s: the timer of %s stood at %.1f s at the start and at %.1f s %s later",
				seconds(d), t.Who, float64(first.Sample.TimerMS)/1e3, float64(last.Sample.TimerMS)/1e3, seconds(passed))
			if d < saidLeast*second-slack || d > saidMost*second+slack {
				return claim.Refute(claim.Numbers(t.in, first, last), "%s", said)
			}
			return claim.Confirm(claim.Numbers(t.in, first, last), "%s", said)
		}
		return noWait(j)
	},
}

var hc23 = claim.Claim{
	ID: "HC23", Statement: "lowering tcp_fin_timeout shortens TIME_WAIT",
	Source: article003, Quantity: claim.Always,
	Precondition: "one TIME_WAIT begins before it is lowered, and one after",
	Needs:        needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		timeout, set := settingOf(j, finTimeoutSetting)
		if set == nil {
			return claim.Unclear("tcp_fin_timeout was not set in this run")
		}
		var before, after *waiting
		for _, t := range waits(j) {
			switch {
			case len(t.steady()) == 0:
			case t.in.N < set.N:
				before = &t
			case after == nil:
				after = &t
			}
		}
		if before == nil || after == nil {
			return noWait(j)
		}
		one, other := before.steady()[0], after.steady()[0]
		x, y := before.lasts(one), after.lasts(other)
		cited := claim.Numbers(set, one, other)
		if x-y > second {
			return claim.Confirm(cited, "TIME_WAIT took %s before, and %s with tcp_fin_timeout at %d s", seconds(x), seconds(y), timeout)
		}
		return claim.Refute(cited, "TIME_WAIT took %s before, and %s with tcp_fin_timeout at %d s", seconds(x), seconds(y), timeout)
	},
}

// bindTry is an attempt to bind a port that a TIME_WAIT had.
type bindTry struct {
	call     *journal.Event
	old, new bool // SO_REUSEADDR on the listener from which that came, and on the new one
	outlived bool // the TIME_WAIT was seen after the call: it was there, whatever bind returned
}

// bindTries lists them: calls to bind an address that had a listener, which has
// been closed, and has a TIME_WAIT. One that came late, when that may have ended,
// is none.
func bindTries(j *journal.Journal) (all []bindTry, late *journal.Event) {
	occupied := waits(j)
	for _, call := range claim.Calls(j, "", "bind") {
		if len(call.Call.Args) < 2 {
			continue
		}
		at := call.Call.Args[len(call.Call.Args)-1]
		if call.Call.Errno != "" && call.Call.Errno != "EADDRINUSE" {
			continue // that is about something else
		}
		old := listenerAt(j, at, call)
		begun := slices.DeleteFunc(slices.Clone(occupied), func(t waiting) bool { return t.Address(t.Who) != at || t.in.N > call.N })
		there := slices.DeleteFunc(slices.Clone(begun), func(t waiting) bool { return t.mayHaveEnded(call) })
		switch {
		case old == "" || len(begun) == 0:
			continue
		case len(there) == 0:
			late = call
			continue
		}
		all = append(all, bindTry{
			call: call, old: reuses(j, old, call), new: reuses(j, call.Socket, call),
			outlived: slices.ContainsFunc(there, func(t waiting) bool { return t.samples[len(t.samples)-1].N > call.N }),
		})
	}
	return all, late
}

// noTry is why nothing can be said, where what should have been tried was not.
func noTry(late *journal.Event, format string, args ...any) claim.Finding {
	if late != nil {
		return claim.Unclear("when %s called bind (#%d) the TIME_WAIT may have ended: it was gone, or a RST had come to it", late.Socket, late.N)
	}
	return claim.Unclear(format, args...)
}

// mayHaveEnded says whether a TIME_WAIT was over before an event, for all that is
// known: its socket was seen gone, or a RST had come to it, which ends the state
// (RFC 1337 §2). So it goes where a slow machine lets the peer's FIN be sent again:
// the second acknowledgement finds the peer closed.
func (t *waiting) mayHaveEnded(before *journal.Event) bool {
	return slices.ContainsFunc(claim.States(t.Journal, t.Who, journal.SockDiag), func(e *journal.Event) bool {
		return e.State.To == journal.Gone && claim.Between(e, t.in, before)
	}) || slices.ContainsFunc(claim.Segments(t.Journal), func(s claim.Segment) bool {
		return s.Packet().Dst == t.Address(t.Who) && slices.Contains(s.Packet().Flags, "RST") && claim.Between(s.Event, t.in, before)
	})
}

// listenerAt is the socket that had listened on an address, and was closed,
// before a call.
func listenerAt(j *journal.Journal, at string, before *journal.Event) string {
	for _, s := range j.Sockets {
		if s.Local != at || s.ID == before.Socket {
			continue
		}
		listens, closes := claim.Calls(j, s.ID, "listen"), claim.Calls(j, s.ID, "close")
		if len(listens) > 0 && len(closes) > 0 && closes[0].N < before.N {
			return s.ID
		}
	}
	return ""
}

// reuses says whether a socket had SO_REUSEADDR set before a call.
func reuses(j *journal.Journal, socket string, before *journal.Event) bool {
	for _, e := range claim.Calls(j, socket, "setsockopt") {
		if e.N < before.N && e.Call.Errno == "" && slices.Contains(e.Call.Args, "SO_REUSEADDR") {
			return true
		}
	}
	return false
}

// unwatched is what can be said of a bind that succeeded where nobody looked whether
// the TIME_WAIT was still there.
func unwatched(bind *journal.Event) claim.Finding {
	return claim.Unclear("%s was bound (#%d), but the TIME_WAIT was not seen after that: it may have ended", bind.Socket, bind.N)
}

var hc24 = claim.Claim{
	ID: "HC24", Statement: "a server's port in TIME_WAIT cannot be bound again without SO_REUSEADDR",
	Source: article000, Quantity: claim.Always,
	Precondition: "the listener is closed, and one of its connections is in TIME_WAIT",
	Needs:        needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		var cited []*journal.Event
		tries, late := bindTries(j)
		for _, b := range tries {
			if b.new {
				continue
			}
			switch {
			case b.call.Call.Errno == "" && !b.outlived:
				return unwatched(b.call)
			case b.call.Call.Errno == "":
				return claim.Refute(claim.Numbers(b.call), "it was bound without SO_REUSEADDR on the new listener")
			}
			cited = append(cited, b.call)
		}
		if len(cited) == 0 {
			return noTry(late, "nobody tried to bind such a port without SO_REUSEADDR")
		}
		return claim.Confirm(claim.Numbers(cited...), "without SO_REUSEADDR bind() failed with %s, %d times", claim.Returned(cited[0]), len(cited))
	},
}

var hc28 = claim.Claim{
	ID: "HC28", Statement: "SO_REUSEADDR on the new listener is all it takes to bind over TIME_WAIT",
	Source: article000, Quantity: claim.Always,
	Precondition: "the listener is closed, and one of its connections is in TIME_WAIT",
	Needs:        needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		var bound, failed, both []*journal.Event
		tries, late := bindTries(j)
		for _, b := range tries {
			switch {
			case !b.new:
			case b.call.Call.Errno != "" && !b.old:
				failed = append(failed, b.call)
			case b.call.Call.Errno != "":
				return claim.Refute(claim.Numbers(b.call), "with SO_REUSEADDR on both listeners bind() failed with %s", claim.Returned(b.call))
			case b.old:
				both = append(both, b.call)
			case !b.outlived:
				return unwatched(b.call)
			default:
				bound = append(bound, b.call)
			}
		}
		switch {
		case len(failed) > 0 && len(both) > 0:
			return claim.Refute(claim.Numbers(append(failed, both...)...), "with it on the new listener alone bind() failed with %s; it takes it on the old one too, from which the TIME_WAIT came", claim.Returned(failed[0]))
		case len(failed) > 0:
			return claim.Refute(claim.Numbers(failed...), "with it on the new listener alone bind() failed with %s", claim.Returned(failed[0]))
		case len(bound) > 0:
			return claim.Confirm(claim.Numbers(bound...), "with it on the new listener alone bind() succeeded, %d times", len(bound))
		}
		return noTry(late, "nobody tried to bind such a port with SO_REUSEADDR on the new listener alone")
	},
}

var hc25 = claim.Claim{
	ID: "HC25", Statement: "TIME_WAIT answers a retransmitted FIN with an ACK",
	Source: article000 + "; " + article003 + "; " + rfc9293 + " §3.10.7.4", Quantity: claim.Always,
	Precondition: "the peer's FIN comes again, for its acknowledgement was lost",
	Needs:        needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		for _, t := range waits(j) {
			fin := t.repeatedFIN()
			if fin == nil {
				continue
			}
			for _, s := range claim.Segments(t.Journal) {
				if e := s.Event; e.Packet.Src == t.Address(t.Who) && e.N > fin.N && claim.HasFlags(e, "ACK") && e.Packet.Ack == endOf(fin) {
					return claim.Confirm(claim.Numbers(t.in, fin, e), "%s, in TIME_WAIT, acknowledged the FIN that %s had sent again", t.Who, t.Other())
				}
			}
			return claim.Refuse(j, claim.Numbers(t.in, fin), "the FIN came to %s again, in TIME_WAIT, and was not acknowledged", t.Who)
		}
		return claim.Unclear("no FIN came again to a socket in TIME_WAIT")
	},
}

// repeatedFIN is the delivery of a FIN that the peer had sent before, to a
// socket that was in TIME_WAIT by then.
func (t *waiting) repeatedFIN() *journal.Event {
	for _, s := range claim.Segments(t.Journal) {
		if s.Repeats == 0 || s.Packet().Dst != t.Address(t.Who) || !slices.Contains(s.Packet().Flags, "FIN") {
			continue
		}
		for _, e := range t.Arrived(t.Who, t.in, nil) {
			if e.Packet.Of == s.Event.N || t.Network != journal.Wire && e.N == s.Event.N {
				return e
			}
		}
	}
	return nil
}

// lingersOn is the phenomenon: TIME_WAIT outlives the descriptor, and keeps the
// port.
var lingersOn = claim.Phenomenon{
	Needs: needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		all := waits(j)
		if len(all) == 0 {
			return noWait(j)
		}
		var (
			cited []*journal.Event
			told  []string
		)
		tries, late := bindTries(j)
		for _, b := range tries {
			cited = append(cited, b.call)
			told = append(told, fmt.Sprintf("old %s, new %s: %s", with(b.old), with(b.new), success(b.call)))
		}
		switch {
		case len(told) == 0 && late != nil:
			return noTry(late, "")
		case len(told) == 0:
			return claim.Refuse(j, claim.Numbers(all[0].in), "%s was in TIME_WAIT, but nobody tried to bind its port", all[0].Who)
		}
		if f, ok := keepsPort(j, tries, late); !ok {
			return f
		}
		t := all[0]
		return claim.Confirm(claim.Numbers(append(cited, t.in, t.samples[0])...), "after close() %s was in TIME_WAIT for %s; bind() of a port with one: %s",
			t.Who, seconds(t.lasts(t.samples[0])), strings.Join(told, "; "))
	},
}

// keepsPort judges that the port cannot be bound without SO_REUSEADDR, and can
// with it on both listeners.
func keepsPort(j *journal.Journal, tries []bindTry, late *journal.Event) (f claim.Finding, ok bool) {
	var without, with bool
	for _, b := range tries {
		switch {
		case !b.new && b.call.Call.Errno == "" && !b.outlived:
			return unwatched(b.call), false
		case !b.new && b.call.Call.Errno != "EADDRINUSE":
			return claim.Refute(claim.Numbers(b.call), "bind() without SO_REUSEADDR returned %s: the port was not kept", success(b.call)), false
		case b.old && b.new && b.call.Call.Errno != "":
			return claim.Refute(claim.Numbers(b.call), "bind() with SO_REUSEADDR on both listeners returned %s", success(b.call)), false
		}
		without, with = without || !b.new, with || b.old && b.new
	}
	if !without || !with {
		if f, complete := claim.Complete(j); !complete {
			return f, false
		}
		return noTry(late, "not both were tried: bind() without SO_REUSEADDR: %t, with it on both listeners: %t", without, with), false
	}
	return f, true
}

func with(reuse bool) string {
	if reuse {
		return "with SO_REUSEADDR"
	}
	return "without"
}

func success(e *journal.Event) string {
	if e.Call.Errno == "" {
		return "bound"
	}
	return e.Call.Errno
}
