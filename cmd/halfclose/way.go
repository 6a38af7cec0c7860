package main

import (
	"fmt"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// way is a connection, and the first call by which one of its ends was ended.
type way struct {
	claim.Connection
	who string         // the socket that ended first: the active end
	by  *journal.Event // the call: close, or shutdown
}

// The ways, as they are named in sentences and tables.
const (
	endClose     = "close()"
	endShutWrite = "shutdown(SHUT_WR)"
	endShutRead  = "shutdown(SHUT_RD)"
	endShutBoth  = "shutdown(SHUT_RDWR)"
)

// ways lists the connections of a journal of which an end was ended, in order.
// Journals say which socket made the call, so who is active needs no guess.
func ways(j *journal.Journal) []way {
	var all []way
	for _, c := range claim.Connections(j) {
		for i := range c.Events {
			e := &c.Events[i]
			if e.Call != nil && (e.Call.Op == "close" || e.Call.Op == "shutdown") && e.Call.Errno == "" {
				all = append(all, way{Connection: c, who: e.Socket, by: e})
				break
			}
		}
	}
	return all
}

// of narrows a list to the ways of one name.
func of(all []way, name string) []way {
	return slices.DeleteFunc(slices.Clone(all), func(w way) bool { return w.name() != name })
}

// name is the call that ended it, without the socket.
func (w *way) name() string { return nameOf(w.by) }

// nameOf names an ending call: "close()", "shutdown(SHUT_WR)".
func nameOf(e *journal.Event) string {
	if e.Call.Op == "shutdown" && len(e.Call.Args) > 0 {
		return "shutdown(" + e.Call.Args[len(e.Call.Args)-1] + ")"
	}
	return e.Call.Op + "()"
}

// short is its name in a table: "close()", "SHUT_WR".
func (w *way) short() string {
	if w.by.Call.Op == "shutdown" && len(w.by.Call.Args) > 0 {
		return w.by.Call.Args[len(w.by.Call.Args)-1]
	}
	return w.name()
}

// peer is the other end.
func (w *way) peer() string { return w.Peer(w.who) }

// between says whether an event lies after one and before another; nil: no bound.
func between(e, after, before *journal.Event) bool {
	return (after == nil || e.N > after.N) && (before == nil || e.N < before.N)
}

// calls lists a socket's calls of the kinds named, after an event.
func (w *way) calls(socket string, after *journal.Event, ops ...string) []*journal.Event {
	var some []*journal.Event
	for i := range w.Events {
		e := &w.Events[i]
		if e.Call != nil && e.Socket == socket && between(e, after, nil) && slices.Contains(ops, e.Call.Op) {
			some = append(some, e)
		}
	}
	return some
}

// nth is the n-th event of a list, from 0; nil if there is none.
func nth(events []*journal.Event, n int) *journal.Event {
	if n < len(events) {
		return events[n]
	}
	return nil
}

// sending are the calls that send.
var sending = []string{"write", "sendmsg"}

// writes and reads list what a socket sent and took, after an event.
func (w *way) writes(socket string, after *journal.Event) []*journal.Event {
	return w.calls(socket, after, sending...)
}

func (w *way) reads(socket string, after *journal.Event) []*journal.Event {
	return w.calls(socket, after, "read")
}

// sent lists the segments that were news and that a socket's end sent between
// two events.
func (w *way) sent(socket string, after, before *journal.Event) []*journal.Event {
	var some []*journal.Event
	for _, s := range claim.News(w.Journal) {
		if s.Packet().Src == w.Address(socket) && between(s.Event, after, before) {
			some = append(some, s.Event)
		}
	}
	return some
}

// arrived lists the segments that entered a socket's end between two events.
func (w *way) arrived(socket string, after, before *journal.Event) []*journal.Event {
	var some []*journal.Event
	for _, e := range claim.Packets(w.Journal, journal.AtDelivered) {
		if e.Packet.Dst == w.Address(socket) && between(e, after, before) {
			some = append(some, e)
		}
	}
	return some
}

// newlyArrived lists those among them that had not arrived before: no copies, and
// nothing that was sent again.
func (w *way) newlyArrived(socket string, after, before *journal.Event) []*journal.Event {
	var some []*journal.Event
	for _, s := range claim.Arrivals(w.Journal) {
		if s.Packet().Dst == w.Address(socket) && between(s.Event, after, before) {
			some = append(some, s.Event)
		}
	}
	return some
}

// has finds the first segment with a flag.
func has(events []*journal.Event, flag string) *journal.Event {
	for _, e := range events {
		if slices.Contains(e.Packet.Flags, flag) {
			return e
		}
	}
	return nil
}

// farewells are the segments among some by which an end says that it is over:
// FINs and RSTs.
func farewells(events []*journal.Event) []*journal.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e *journal.Event) bool {
		return !slices.Contains(e.Packet.Flags, "FIN") && !slices.Contains(e.Packet.Flags, "RST")
	})
}

// stateAt is the state in which a socket was seen last before an event (nil: at
// all); nil if it was not. Where sock_diag finds nothing any more and TCP_INFO
// still has a descriptor to ask, that says CLOSE, and says more.
func (w *way) stateAt(socket string, before *journal.Event) *journal.Event {
	var last, info *journal.Event
	for _, e := range claim.States(w.Journal, socket) {
		if !between(e, nil, before) {
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

// total is how many bytes calls moved; calls that failed moved none.
func total(calls []*journal.Event) int64 {
	var n int64
	for _, e := range calls {
		if e.Call.Errno == "" {
			n += e.Call.Result
		}
	}
	return n
}

// unreadAt is how many bytes had arrived at a socket's end, and nobody had read,
// when a call was made.
func (w *way) unreadAt(socket string, call *journal.Event) int64 {
	var arrived int64
	if !w.hasPackets() { // what was sent long enough before has arrived
		for _, e := range w.writes(w.Peer(socket), nil) {
			if e.N < call.N {
				arrived += total([]*journal.Event{e})
			}
		}
	}
	for _, e := range w.newlyArrived(socket, nil, call) {
		arrived += int64(e.Packet.Len)
	}
	var read int64
	for i := range w.Events {
		e := &w.Events[i]
		if e.Call != nil && e.Socket == socket && e.Call.Op == "read" && e.N < call.N && e.Call.Errno == "" {
			read += e.Call.Result
		}
	}
	return arrived - read
}

// hasPackets says whether packets were seen at all.
func (w *way) hasPackets() bool { return w.Witness(journal.Packets).Status == journal.Attached }

// ended is what a call returned, in a word or two: "9", "EPIPE", "0: the end".
func ended(e *journal.Event) string {
	switch {
	case e == nil:
		return ""
	case e.Call.Errno != "":
		return e.Call.Errno
	case e.Call.Op == "read" && e.Call.Result == 0:
		return "0: the end"
	}
	return fmt.Sprint(e.Call.Result)
}

// isEnd says whether a read returned 0.
func isEnd(e *journal.Event) bool {
	return e != nil && e.Call.Op == "read" && e.Call.Errno == "" && e.Call.Result == 0
}

// nothingYet is the finding where something may still have come when the run
// was stopped; ok: the run took every step.
func nothingYet(j *journal.Journal) (claim.Finding, bool) {
	if j.Stopped != "" {
		return claim.Unclear("the run was stopped before it could be seen: %s", j.Stopped), false
	}
	return claim.Finding{}, true
}

// refuse is a refuting finding, unless the run was stopped: what is absent might
// still have come.
func refuse(j *journal.Journal, events []int, because string, args ...any) claim.Finding {
	if f, ok := nothingYet(j); !ok {
		return f
	}
	return claim.Refute(events, because, args...)
}

// possibly turns what a phenomenon lacks into what a claim of possibility cannot
// tell: that it did not happen in this run does not say that it cannot.
func possibly(check func(*journal.Journal) claim.Finding) func(*journal.Journal) claim.Finding {
	return func(j *journal.Journal) claim.Finding {
		f := check(j)
		if f.Verdict == claim.Refuted {
			return claim.Unclear("not in this run: %s", f.Because)
		}
		return f
	}
}

// together is what several checks say at once: the first that does not confirm,
// or that all do.
func together(j *journal.Journal, checks ...func(*journal.Journal) claim.Finding) claim.Finding {
	var (
		cited []int
		told  string
	)
	for i, check := range checks {
		f := check(j)
		if f.Verdict != claim.Confirmed {
			return f
		}
		cited = append(cited, f.Events...)
		if i > 0 {
			told += "; "
		}
		told += f.Because
	}
	slices.Sort(cited)
	return claim.Confirm(slices.Compact(cited), "%s", told)
}
