package tcp

import (
	"slices"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// Every query takes bounds as numbers of events, both exclusive; 0 is no bound. All are of
// the scenario's steps, not of the teardown, and of a nil socket find nothing.

// between says whether an event lies between two bounds.
func between(n, after, before int) bool {
	return n > after && (before == 0 || n < before)
}

// N is the number of an event, 0 of none: a bound that may be missing.
func N(e *journal.Event) int {
	if e == nil {
		return 0
	}
	return e.N
}

// Socket is that of an id; nil: there is none.
func (v *View) Socket(id string) *Socket { return v.byID[id] }

// Event is that of a number; nil: there is none.
func (v *View) Event(n int) *journal.Event { return v.event(n) }

// Sees says whether every packet was captured and kept.
func (v *View) Sees() bool { return v.sees() }

// Has says whether a witness was there and lost nothing.
func (v *View) Has(w journal.Witness) bool { return v.has(w) }

// OnWire says whether packets, calls and states are seen in step: one causes the next.
func (v *View) OnWire() bool { return v.wire }

// Events are those of the scenario's steps that match.
func (v *View) Events(match func(e *journal.Event) bool) []*journal.Event {
	var some []*journal.Event
	for i := range v.Journal.Events {
		if e := &v.Journal.Events[i]; e.N <= v.played && match(e) {
			some = append(some, e)
		}
	}
	return some
}

// Tables lists where a host's sockets in a state were listed; "": any host's.
func (v *View) Tables(host, state string) []*journal.Event {
	return v.Events(func(e *journal.Event) bool { return e.Lists(state) && (host == "" || e.Host == host) })
}

// Calls lists the calls of some kinds, of all sockets, in order.
func (v *View) Calls(ops ...string) []*journal.Event {
	return v.Events(func(e *journal.Event) bool { return e.Call != nil && slices.Contains(ops, e.Call.Op) })
}

// CallAfter is the first call of the steps after an event; nil: there was none.
func (v *View) CallAfter(n int) *journal.Event { return v.event(v.nextCall(n)) }

// Peer is the socket at the other end of a socket's connection; nil: none is known.
func (s *Socket) Peer() *Socket {
	if s == nil {
		return nil
	}
	return s.Conn.Other(s)
}

// Name is the socket's id; "no socket" of none.
func (s *Socket) Name() string {
	if s == nil {
		return "no socket"
	}
	return s.ID
}

// CallsOf lists a socket's calls of some kinds.
func (s *Socket) CallsOf(after, before int, ops ...string) []*journal.Event {
	if s == nil {
		return nil
	}
	return Where(s.Calls, func(e *journal.Event) bool { return between(e.N, after, before) && slices.Contains(ops, e.Call.Op) })
}

// InTeardown lists a socket's calls of some kinds that returned only when the run was torn
// down: what waited all the while.
func (v *View) InTeardown(s *Socket, ops ...string) []*journal.Event {
	var some []*journal.Event
	i, _ := v.index(v.played + 1)
	for ; i < len(v.Journal.Events); i++ {
		if e := &v.Journal.Events[i]; e.Call != nil && e.Socket == s.ID && slices.Contains(ops, e.Call.Op) {
			some = append(some, e)
		}
	}
	return some
}

// States lists the changes of a socket's state as the witnesses saw them, in order; none
// named: all.
func (s *Socket) States(by ...journal.Witness) []*journal.Event {
	if s == nil {
		return nil
	}
	if len(by) == 0 {
		by = stateWitnesses
	}
	var some []*journal.Event
	for _, w := range by {
		some = append(some, s.states[w]...)
	}
	if len(by) > 1 {
		slices.SortStableFunc(some, func(x, y *journal.Event) int { return x.N - y.N })
	}
	return some
}

// Entered lists the events by which witnesses saw the socket enter a state; none named: any.
func (s *Socket) Entered(state string, by ...journal.Witness) []*journal.Event {
	return Where(s.States(by...), func(e *journal.Event) bool { return e.State.To == state })
}

// StateBefore is the change by which witnesses saw the socket last, before an event (0: at
// all); none named: any; nil: none did. Where sock_diag finds nothing any more and TCP_INFO
// still has a descriptor to ask, that says CLOSE, and says more.
func (s *Socket) StateBefore(before int, by ...journal.Witness) *journal.Event {
	var last, info *journal.Event
	for _, e := range s.States(by...) {
		if !between(e.N, 0, before) {
			break
		}
		last = e
		if e.State.Witness == journal.TCPInfo {
			info = e
		}
	}
	if last != nil && last.State.To == journal.Gone && info != nil && info.State.To == journal.Close {
		return info
	}
	return last
}

// Samples lists what sock_diag read of a socket in a state.
func (s *Socket) Samples(state string, after, before int) []*journal.Event {
	if s == nil {
		return nil
	}
	return Where(s.samples, func(e *journal.Event) bool {
		return e.Sample.Witness != journal.TCPInfo && e.Sample.State == state && between(e.N, after, before)
	})
}

// SeenIn lists the sockets that sock_diag saw in a state.
func SeenIn(state string) func(v *View) []*Socket {
	return func(v *View) []*Socket {
		return Where(v.Sockets, func(s *Socket) bool { return len(s.Entered(state, journal.SockDiag)) > 0 })
	}
}

// Option is the value that a socket was given last for an option before an event, and the
// call by which it was; "": none.
func (s *Socket) Option(o journal.Option, before int) (value journal.Value, set *journal.Event) {
	for _, e := range s.CallsOf(0, before, "setsockopt") {
		if e.Call.Errno == "" && e.Call.Option() == o {
			value, set = e.Call.Value(), e
		}
	}
	return value, set
}

// Asked lists the calls that asked for an option.
func (s *Socket) Asked(o journal.Option, after, before int) []*journal.Event {
	return Where(s.CallsOf(after, before, "getsockopt"), func(e *journal.Event) bool { return e.Call.Errno == "" && e.Call.Option() == o })
}

// Down is when a witness first saw the socket torn down: CLOSE, or gone. Nil: none did.
func (s *Socket) Down(after, before int) *journal.Event {
	return First(Where(s.States(), func(e *journal.Event) bool {
		return between(e.N, after, before) && (e.State.To == journal.Close || e.State.To == journal.Gone)
	}))
}

// Sent lists the first transmissions that left a socket's end.
func (s *Socket) Sent(after, before int) []*Segment {
	return s.segments(after, before, func(x *Segment) bool { return x.Repeats == 0 && s.isFrom(x) })
}

// SYN is what a socket opened with, with ACK or without; nil: it was not seen.
func (s *Socket) SYN() *Segment { return First(With(s.SentAll(0, 0), packet.SYN)) }

// SentAll lists what left a socket's end, retransmissions too.
func (s *Socket) SentAll(after, before int) []*Segment { return s.segments(after, before, s.isFrom) }

// isFrom says whether a segment was seen leaving the socket's end.
func (s *Socket) isFrom(x *Segment) bool {
	return x.Packet.Src == s.Local && x.Packet.At == s.Conn.leaves()
}

// Arrived lists every segment that entered a socket's end, what came again too.
func (s *Socket) Arrived(after, before int) []*Segment {
	return s.segments(after, before, func(x *Segment) bool { return x.entered() && x.Packet.Dst == s.Local })
}

// NewlyArrived lists those that had not arrived before.
func (s *Socket) NewlyArrived(after, before int) []*Segment {
	return s.segments(after, before, func(x *Segment) bool {
		return x.Repeats == 0 && x.Packet.At == journal.AtDelivered && x.Packet.Dst == s.Local
	})
}

// Arrives lists the first arrivals of what left a socket's end.
func (s *Socket) Arrives(after, before int) []*Segment {
	return s.segments(after, before, func(x *Segment) bool {
		return x.Repeats == 0 && x.Packet.At == journal.AtDelivered && x.Packet.Src == s.Local
	})
}

// Probes lists the segments that only ask for an answer: they have no data, and a number that the
// socket had used before, for data or a SYN.
func (s *Socket) Probes(after, before int) []*Segment {
	return Where(s.SentAll(after, before), func(x *Segment) bool {
		return x.Packet.Len == 0 && x.Is(ackFlag) && slices.ContainsFunc(s.SentAll(0, x.N), func(d *Segment) bool {
			return !Before(x.Packet.Seq, d.Packet.Seq) && Before(x.Packet.Seq, d.End())
		})
	})
}

// Lost lists the segments on their way to a socket's end that the wire dropped.
func (s *Socket) Lost(after, before int) []*Segment {
	return s.segments(after, before, func(x *Segment) bool { return x.Packet.At == journal.AtDropped && x.Packet.Dst == s.Local })
}

func (s *Socket) segments(after, before int, match func(*Segment) bool) []*Segment {
	if s == nil || s.Conn == nil {
		return nil
	}
	return Where(s.Conn.Segments, func(x *Segment) bool { return between(x.N, after, before) && match(x) })
}

// Where narrows a list to what matches.
func Where[T any](all []T, match func(x T) bool) []T {
	var some []T
	for _, x := range all {
		if match(x) {
			some = append(some, x)
		}
	}
	return some
}

// With narrows segments to those that have all these flags.
func With(some []*Segment, want packet.Flags) []*Segment {
	return Where(some, func(s *Segment) bool { return s.Has(want) })
}

// Teardown narrows segments to those by which an end says that it is over: FINs and RSTs.
func Teardown(some []*Segment) []*Segment {
	return Where(some, func(s *Segment) bool { return s.Packet.Flags.HasAny(finFlag | rstFlag) })
}

// Data narrows segments to those that carry data.
func Data(some []*Segment) []*Segment {
	return Where(some, func(s *Segment) bool { return s.Packet.Len > 0 })
}

// Bytes is how many bytes segments carry.
func Bytes(some []*Segment) int64 {
	var n int64
	for _, s := range some {
		n += int64(s.Packet.Len)
	}
	return n
}

// Is says whether a segment has exactly these flags, besides PSH, ECE and CWR.
func (s *Segment) Is(flags packet.Flags) bool { return s != nil && s.Control() == flags }

// End is the sequence number after a segment.
func (s *Segment) End() uint32 { return s.end() }

// Moved is how many bytes calls moved; those that failed moved none.
func Moved(calls []*journal.Event) int64 {
	var n int64
	for _, e := range calls {
		if e.Call.Errno == "" {
			n += e.Call.Result
		}
	}
	return n
}

// After keeps the events after another.
func After(events []*journal.Event, n int) []*journal.Event {
	return Where(events, func(e *journal.Event) bool { return e.N > n })
}

// Sending are the calls that send.
var Sending = []string{"write", "sendmsg", "writev", "sendfile", "splice"}

// Until is the time from one event to another; nil: to the end of the run.
func (v *View) Until(from, to *journal.Event) time.Duration {
	if to == nil {
		return time.Duration(v.Journal.ElapsedNS - from.T)
	}
	return time.Duration(to.T - from.T)
}

// Unread is how many bytes had arrived at a socket's end and were not read when an event
// was recorded. Where packets were not seen, what the other end had sent counts as arrived.
func (v *View) Unread(s *Socket, at int) int64 {
	var n int64
	if v.Journal.Attached(journal.Packets) {
		for _, x := range s.NewlyArrived(0, at) {
			n += int64(x.Packet.Len)
		}
	} else {
		n = Moved(s.Peer().CallsOf(0, at, Sending...))
	}
	return n - Moved(s.CallsOf(0, at, "read"))
}

// Holders is how many descriptors of a socket were open after an event, in all processes.
func (v *View) Holders(s *Socket, at int) int {
	n := 1
	for i := range v.Journal.Events {
		e := &v.Journal.Events[i]
		if e.N > at {
			break
		}
		switch {
		case e.Process != nil && e.Process.Event == "started" && slices.Contains(e.Process.Sockets, s.ID):
			n++
		case e.Call == nil || e.Socket != s.ID || e.Call.Errno != "":
		case e.Call.Op == "dup":
			n++
		case e.Call.Op == "close":
			n--
		}
	}
	return n
}

// OrphanTimedOut is the event by which a socket was gone because its kernel had given it
// up: closed by its program, and not acknowledged in time whatever it sent again
// (tcp_orphan_retries). What comes after that is answered with RST. Nil: it was not. The
// state may have been seen before what had been sent.
func (s *Socket) OrphanTimedOut(after, before int) *journal.Event {
	again := slices.ContainsFunc(s.SentAll(after, before), func(x *Segment) bool {
		return x.Repeats != 0 && (x.Packet.Len > 0 || x.Has(finFlag))
	})
	if !again {
		return nil
	}
	return First(Where(s.Entered(journal.Gone, journal.SockDiag), func(e *journal.Event) bool {
		return e.State.From != journal.TimeWait && between(e.N, after, before)
	}))
}

// Cause is the event that brought a state or a segment about: the segment delivered or the
// call made last on the same host before it was seen. Nil: none was.
func (v *View) Cause(of *journal.Event) *journal.Event {
	i, _ := v.index(of.N)
	for i--; i >= 0; i-- {
		e := &v.Journal.Events[i]
		if e.Host != "" && of.Host != "" && e.Host != of.Host {
			continue // what happens to another host is no cause of what is seen on this one
		}
		if e.Call != nil || e.Packet != nil && (e.Packet.At == journal.AtDelivered || e.Packet.At == journal.AtInjected) {
			return e
		}
	}
	return nil
}

// SentBetween says whether a segment left the host of two events between them. States are
// looked at before what a delivery draws is read: so the first is not what caused the second.
func (v *View) SentBetween(cause, of *journal.Event) bool {
	from, _ := v.index(cause.N)
	to, _ := v.index(of.N)
	return slices.ContainsFunc(v.Journal.Events[from:to], func(e journal.Event) bool {
		return e.Packet != nil && e.Packet.At == journal.AtSent && e.Host == of.Host
	})
}

// Segment is that of an event; nil: it is none.
func (v *View) Segment(e *journal.Event) *Segment {
	if e == nil {
		return nil
	}
	if i, ok := v.index(e.N); ok {
		return v.segments[i]
	}
	return nil
}

// Segments lists the segments of the steps at one place.
func (v *View) Segments(at string) []*Segment {
	return Where(v.segments, func(s *Segment) bool { return s != nil && s.N <= v.played && s.Packet.At == at })
}

// Answers lists what left for where a segment had come from, after it had come.
func (v *View) Answers(to *Segment) []*Segment {
	return Where(v.Segments(journal.AtSent), func(s *Segment) bool {
		return s.N > to.N && s.Packet.Src == to.Packet.Dst && s.Packet.Dst == to.Packet.Src
	})
}

// First is the first of some events or segments; nil: there is none.
func First[T any](some []*T) *T {
	if len(some) == 0 {
		return nil
	}
	return some[0]
}

// Last is the last of them; nil: there is none.
func Last[T any](some []*T) *T {
	if len(some) == 0 {
		return nil
	}
	return some[len(some)-1]
}

// FirstSent lists the first transmissions of all connections: on the wire as they left, on
// lo as they arrived.
func (v *View) FirstSent() []*Segment {
	at := journal.AtSent
	if !v.wire {
		at = journal.AtDelivered
	}
	return Where(v.Segments(at), func(s *Segment) bool { return s.Repeats == 0 })
}

// Setting is where the journal has a setting's value last, as read or as changed, before an
// event (0: at all): of one host, or with "" of any. Nil: it has none.
func (v *View) Setting(host, name string, before int) *journal.Event {
	var last *journal.Event
	for i := range v.Journal.Events {
		e := &v.Journal.Events[i]
		if e.Setting != nil && e.Setting.Name == name && (host == "" || e.Host == host) && between(e.N, 0, before) {
			last = e
		}
	}
	return last
}

// SettingValue is a setting's value so; "": the journal has none.
func (v *View) SettingValue(host, name string, before int) string {
	if e := v.Setting(host, name, before); e != nil {
		return e.Setting.New
	}
	return ""
}

// Counted is how far a host's counter moved over the whole run; ok: it was read.
func (v *View) Counted(host, name string) (delta int64, events []*journal.Event) {
	for i := range v.Journal.Events {
		e := &v.Journal.Events[i]
		if e.Counter != nil && e.Host == host && e.Counter.Name == name {
			delta += e.Counter.Delta
			events = append(events, e)
		}
	}
	return delta, events
}

// CountedNext lists how far counters had moved when they were read next after an event.
func (v *View) CountedNext(after int) []*journal.Event {
	var some []*journal.Event
	for i := range v.Journal.Events {
		switch e := &v.Journal.Events[i]; {
		case e.N <= after:
		case e.Counter != nil:
			some = append(some, e)
		case len(some) > 0:
			return some
		}
	}
	return some
}
