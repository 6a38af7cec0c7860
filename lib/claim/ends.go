package claim

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// Between says whether an event lies after one and before another; nil: no bound.
func Between(e, after, before *journal.Event) bool {
	return (after == nil || e.N > after.N) && (before == nil || e.N < before.N)
}

// Nth is the n-th event of a list, from 0; nil if there is none.
func Nth(events []*journal.Event, n int) *journal.Event {
	if n >= 0 && n < len(events) {
		return events[n]
	}
	return nil
}

// Calls lists a socket's calls of the kinds named, after an event.
func (c *Connection) Calls(socket string, after *journal.Event, ops ...string) []*journal.Event {
	return pick(c.Journal, func(e *journal.Event) bool {
		return e.Call != nil && e.Socket == socket && Between(e, after, nil) && slices.Contains(ops, e.Call.Op)
	})
}

// Sent lists the segments that were news and that a socket's end sent between
// two events.
func (c *Connection) Sent(socket string, after, before *journal.Event) []*journal.Event {
	var some []*journal.Event
	for _, s := range News(c.Journal) {
		if s.Packet().Src == c.Address(socket) && Between(s.Event, after, before) {
			some = append(some, s.Event)
		}
	}
	return some
}

// Arrived lists the segments that entered a socket's end between two events.
func (c *Connection) Arrived(socket string, after, before *journal.Event) []*journal.Event {
	return pick(c.Journal, func(e *journal.Event) bool {
		p := e.Packet
		return p != nil && (p.At == journal.AtDelivered || p.At == journal.AtInjected) &&
			p.Dst == c.Address(socket) && Between(e, after, before)
	})
}

// NewlyArrived lists those among them that had not arrived before: no copies, and
// nothing that was sent again.
func (c *Connection) NewlyArrived(socket string, after, before *journal.Event) []*journal.Event {
	var some []*journal.Event
	for _, s := range Arrivals(c.Journal) {
		if s.Packet().Dst == c.Address(socket) && Between(s.Event, after, before) {
			some = append(some, s.Event)
		}
	}
	return some
}

// HasPackets says whether packets were seen at all.
func (c *Connection) HasPackets() bool { return c.Attached(journal.Packets) }

// Forsaken is the event by which a socket was gone because its kernel had given it up:
// closed by its program, and not acknowledged in time whatever it sent again
// (tcp_orphan_retries). That befalls a connection whose packets nobody carries for
// seconds, and what comes after that is answered with RST. Nil: it was not, between the
// two events. The state may have been seen before what had been sent.
func Forsaken(j *journal.Journal, socket, address string, after, before *journal.Event) *journal.Event {
	again := slices.ContainsFunc(Segments(j), func(s Segment) bool {
		p := s.Packet()
		return s.Repeats != 0 && p.Src == address && (p.Len > 0 || slices.Contains(p.Flags, "FIN")) && Between(s.Event, after, before)
	})
	if !again {
		return nil
	}
	for _, e := range States(j, socket, journal.SockDiag) {
		if e.State.To == journal.Gone && e.State.From != journal.TimeWait && Between(e, after, before) {
			return e
		}
	}
	return nil
}

// StateAt is the state in which a socket was seen last before an event (nil: at
// all); nil if it was not. Where sock_diag finds nothing any more and TCP_INFO
// still has a descriptor to ask, that says CLOSE, and says more.
func (c *Connection) StateAt(socket string, before *journal.Event) *journal.Event {
	var last, info *journal.Event
	for _, e := range States(c.Journal, socket) {
		if !Between(e, nil, before) {
			continue
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

// Unread is how many bytes had arrived at a socket's end, and nobody had read,
// when something happened. Where no packets were seen, what the other end had
// sent by then counts as arrived.
func (c *Connection) Unread(socket string, at *journal.Event) int64 {
	var n int64
	for _, e := range c.NewlyArrived(socket, nil, at) {
		n += int64(e.Packet.Len)
	}
	if !c.HasPackets() {
		n = Moved(until(c.Calls(c.Peer(socket), nil, Sending...), at))
	}
	return n - Moved(until(c.Calls(socket, nil, "read"), at))
}

// Sending are the calls that send.
var Sending = []string{"write", "sendmsg", "writev", "sendfile", "splice"}

// until keeps the events before another.
func until(events []*journal.Event, before *journal.Event) []*journal.Event {
	return slices.DeleteFunc(events, func(e *journal.Event) bool { return e.N >= before.N })
}

// WithFlag finds the first segment with a flag; nil: none has it.
func WithFlag(events []*journal.Event, flag string) *journal.Event {
	for _, e := range events {
		if slices.Contains(e.Packet.Flags, flag) {
			return e
		}
	}
	return nil
}

// Farewells are the segments among some by which an end says that it is over:
// FINs and RSTs.
func Farewells(events []*journal.Event) []*journal.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e *journal.Event) bool {
		return !slices.Contains(e.Packet.Flags, "FIN") && !slices.Contains(e.Packet.Flags, "RST")
	})
}

// Moved is how many bytes calls moved; calls that failed moved none.
func Moved(calls []*journal.Event) int64 {
	var n int64
	for _, e := range calls {
		if e.Call.Errno == "" {
			n += e.Call.Result
		}
	}
	return n
}

// Returned is what a call returned, in a word or two: "9", "EPIPE", "0: the
// end", "killed by SIGPIPE"; "" for none.
func Returned(e *journal.Event) string {
	switch {
	case e == nil:
		return ""
	case e.Call.Signal != "" && e.Call.Errno == "":
		return "killed by " + e.Call.Signal
	case e.Call.Signal != "":
		return e.Call.Errno + ", " + e.Call.Signal
	case e.Call.Errno != "":
		return e.Call.Errno
	case e.Call.Op == "read" && e.Call.Result == 0:
		return "0: the end"
	}
	return fmt.Sprint(e.Call.Result)
}

// IsEnd says whether a call is a read that returned 0.
func IsEnd(e *journal.Event) bool {
	return e != nil && e.Call.Op == "read" && e.Call.Errno == "" && e.Call.Signal == "" && e.Call.Result == 0
}
