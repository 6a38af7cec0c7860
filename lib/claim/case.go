package claim

import (
	"fmt"
	"slices"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// Case is one instance that a claim is tested on. A rule says of it in order whether it is
// a case at all (If), whether enough was seen to decide (Given), and what must be so
// (Expect, ExpectSeen); Holds says what was found. The first that decides ends the rule.
//
// What a rule takes from the view through its case is cited by the finding.
type Case struct {
	*tcp.View
	Call   *journal.Event // of AfterCall: the call
	Socket *tcp.Socket    // of AfterCall: the socket it was made on

	verdict  Verdict // "" while nothing has decided
	because  string
	cited    []*journal.Event
	about    []string // ids of the sockets it is about, beside those of its events
	absent   bool     // it rests on something not having come
	timed    []span   // what it measured
	lenient  bool     // for an outcome: Challenged does not count
	excluded bool     // no case of the claim
}

// span is a stretch of the run's clock that was measured, in nanoseconds.
type span struct {
	from, to int64
	slack    time.Duration // so long the program may not have run
}

// decided ends a rule.
type decided struct{}

// try tests a claim on a case; nil: it is none.
func (c *Case) try(test func(c *Case)) *Case {
	func() {
		defer func() {
			if r := recover(); r != nil {
				if _, ours := r.(decided); !ours {
					panic(r)
				}
			}
		}()
		test(c)
	}()
	if c.excluded {
		return nil
	}
	if c.verdict == "" {
		c.verdict, c.because = Inconclusive, "the rule came to no decision"
	}
	return c
}

func (c *Case) decide(v Verdict, format string, args []any) {
	c.verdict, c.because = v, fmt.Sprintf(format, args...)
	panic(decided{})
}

// If says whether this is a case of the claim; else it does not count.
func (c *Case) If(is bool) {
	if !is {
		c.excluded = true
		panic(decided{})
	}
}

// Given says that enough was seen to decide; else the case is inconclusive, for that reason.
func (c *Case) Given(ok bool, format string, args ...any) {
	if !ok {
		c.decide(Inconclusive, format, args)
	}
}

// Expect says what the claim demands; else the case is refuted, for that reason.
func (c *Case) Expect(ok bool, format string, args ...any) {
	if !ok {
		c.decide(Refuted, format, args)
	}
}

// ExpectSeen demands that something was seen; else the case is refuted, but only if the run
// took every step: what is absent from one that was stopped might still have come.
func (c *Case) ExpectSeen(ok bool, format string, args ...any) {
	switch {
	case ok:
	case c.Journal.Stopped != "":
		c.decide(Inconclusive, "the run was stopped before it could be seen: %s", []any{c.Journal.Stopped})
	default:
		c.absent = true
		c.decide(Refuted, format, args)
	}
}

// Challenged says that the claim's known counter-example really arose; without it an always
// is not confirmed, for that reason. A scenario's outcome does not ask for it.
func (c *Case) Challenged(ok bool, format string, args ...any) {
	if !c.lenient {
		c.Given(ok, format, args...)
	}
}

// Holds says that the case bears the claim out, and what was found.
func (c *Case) Holds(format string, args ...any) { c.decide(Confirmed, format, args) }

// Finds says what was found, where the same sentence says what bears the case out and what refutes it.
func (c *Case) Finds(ok bool, format string, args ...any) {
	c.Expect(ok, format, args...)
	c.Holds(format, args...)
}

// Absent says that what follows rests on something not having come: any contradiction of
// the run may be about just that.
func (c *Case) Absent() { c.absent = true }

// About names sockets that the case is about beside those of the events it cites: with
// their peers they are its scope for discrepancies.
func (c *Case) About(sockets ...*tcp.Socket) {
	for _, s := range sockets {
		for _, s := range []*tcp.Socket{s, s.Peer()} {
			if s != nil && !slices.Contains(c.about, s.ID) {
				c.about = append(c.about, s.ID)
			}
		}
	}
}

// Cite lets the finding rest on events; nil is none.
func (c *Case) Cite(events ...*journal.Event) {
	for _, e := range events {
		if e != nil {
			c.cited = append(c.cited, e)
		}
	}
}

// CiteSegments lets the finding rest on segments; nil is none.
func (c *Case) CiteSegments(some ...*tcp.Segment) {
	for _, s := range some {
		if s != nil {
			c.Cite(s.Event)
		}
	}
}

// Take takes an event; nil: there is none.
func (c *Case) Take(e *journal.Event) *journal.Event {
	c.Cite(e)
	return e
}

// First takes the first of some events; nil: there is none.
func (c *Case) First(events []*journal.Event) *journal.Event { return c.Take(tcp.First(events)) }

// Nth takes the n-th of some events, from 0; nil: there is none.
func (c *Case) Nth(events []*journal.Event, n int) *journal.Event {
	if n < 0 || n >= len(events) {
		return nil
	}
	return c.Take(events[n])
}

// Last takes the last of some events; nil: there is none.
func (c *Case) Last(events []*journal.Event) *journal.Event { return c.Take(tcp.Last(events)) }

// All takes all of some events.
func (c *Case) All(events []*journal.Event) []*journal.Event {
	c.Cite(events...)
	return events
}

// FirstSegment takes the first of some segments; nil: there is none.
func (c *Case) FirstSegment(some []*tcp.Segment) *tcp.Segment {
	first := tcp.First(some)
	c.CiteSegments(first)
	return first
}

// AllSegments takes all of some segments.
func (c *Case) AllSegments(some []*tcp.Segment) []*tcp.Segment {
	c.CiteSegments(some...)
	return some
}

// StateAt is the state that a witness had seen a socket in by an event, and cites where that was
// seen; "" where it had not, and of none.
func (c *Case) StateAt(s *tcp.Socket, w journal.Witness, n int) string {
	if s == nil {
		return ""
	}
	state, at := s.StateAt(w, n)
	c.Cite(c.Event(at))
	return state
}

// Stay takes a socket's first stay in a state, as a witness saw it.
func (c *Case) Stay(s *tcp.Socket, state string, by journal.Witness) *tcp.Stay {
	all := c.Stays(s, state, by)
	if len(all) == 0 {
		return &tcp.Stay{State: state}
	}
	stay := &all[0]
	c.Cite(stay.In, stay.Out)
	c.About(s)
	return stay
}

// Answered asks that a connect() did not fail with an error that is no answer of the peer's:
// what would have become of it is not known.
func (c *Case) Answered(connect *journal.Event) {
	switch connect.Call.Errno {
	case "", journal.EINPROGRESS, journal.ECONNREFUSED:
	default:
		c.Given(false, "connect() of %s failed with %s", connect.Socket, connect.Call.Errno)
	}
}

// ReadFails expects that the first read of a socket after an event failed with an error.
func (c *Case) ReadFails(s *tcp.Socket, after int, errno journal.Errno) {
	read := c.First(s.Reads(after, 0))
	c.Given(read != nil, "%s was not read then", s.ID)
	c.Expect(read.Call.Errno == errno, "the read of %s returned %s", s.ID, Returned(read))
}

// NeverIn expects that no witness saw any of some sockets in a state.
func (c *Case) NeverIn(state string, sockets ...*tcp.Socket) {
	for _, s := range sockets {
		c.Expect(c.First(s.Entered(state)) == nil, "%s came to %s", s.Name(), state)
	}
}

// Between is the time from one event to another: of what was read, the time at which it
// was. A change of state may have come before it was seen.
func (c *Case) Between(from, to *journal.Event) time.Duration {
	c.Cite(from, to)
	return time.Duration(to.T - from.T)
}

// Took is how long a call took, which counts only if this program ran all the while.
func (c *Case) Took(call *journal.Event) time.Duration {
	c.Cite(call)
	c.timed = append(c.timed, span{from: call.T, to: call.T + call.Call.TookNS})
	return time.Duration(call.Call.TookNS)
}

// Uninterrupted says that what follows rests on a call not having been interrupted from one
// call on: a program that is stopped and continued meanwhile wakes what waits.
func (c *Case) Uninterrupted(from, call *journal.Event) {
	c.timed = append(c.timed, span{from: from.T, to: call.T + call.Call.TookNS})
}

// Measured says that what follows rests on the time between two events. It counts only if this
// program ran all the while, but for as much as makes no difference.
func (c *Case) Measured(from, to *journal.Event, slack time.Duration) {
	c.Cite(from, to)
	c.timed = append(c.timed, span{from: from.T, to: to.T, slack: slack})
}

// SettingOf is a setting's value as the run has it last, and where; nil: it was not read.
func (c *Case) SettingOf(host, name string) *journal.Event {
	e := c.Setting(host, name, 0)
	c.Cite(e)
	return e
}
