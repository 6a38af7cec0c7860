package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// sight is what a peer could see from an ending to its own first write: segments
// that were news, states, what its calls returned, epoll's events. Each kind is
// in order; between kinds there is none, for they are not looked at in one moment.
type sight struct {
	segments, states, calls []string
	events                  []*journal.Event
	read                    *journal.Event // the first
	isWhole                 bool           // up to that write
}

// said lists it as text.
func (s *sight) said() []string { return slices.Concat(s.segments, s.states, s.calls) }

// noticed is what the peer of an ending could see.
func (w *way) noticed() sight {
	first := nth(w.writes(w.peer(), w.by), 0)
	s := sight{isWhole: first != nil}
	news := w.newlyArrived(w.peer(), w.by, first)
	for _, by := range []journal.Witness{journal.TCPInfo, journal.SockDiag} {
		for _, e := range claim.States(w.Journal, w.peer(), by) {
			if between(e, w.by, first) {
				s.states = append(s.states, "state "+e.State.To+" by "+string(by))
				s.events = append(s.events, e)
			}
		}
	}
	for _, e := range news {
		s.segments = append(s.segments, "segment "+claim.FlagsOf([]*journal.Event{e}))
		s.events = append(s.events, e)
	}
	for i := range w.Events {
		e := &w.Events[i]
		if e.Call == nil || e.Socket != w.peer() || !between(e, w.by, first) {
			continue
		}
		s.calls = append(s.calls, e.Call.Op+" = "+ended(e)+" "+e.Call.Out)
		s.events = append(s.events, e)
		if e.Call.Op == "read" && s.read == nil {
			s.read = e
		}
	}
	return s
}

// tellsNothing judges that the peer of a close and the peer of a SHUT_WR see the
// same until they write.
func tellsNothing(j *journal.Journal) claim.Finding {
	all := ways(j)
	closed, shut := of(all, endClose), of(all, endShutWrite)
	if len(closed) == 0 || len(shut) == 0 {
		return claim.Unclear("not both a close() and a shutdown(SHUT_WR) were seen")
	}
	x, y := closed[0].noticed(), shut[0].noticed()
	cited := claim.Numbers(append(x.events, y.events...)...)
	switch {
	case hadNothing(x.read) || hadNothing(y.read):
		return claim.Unclear("no end had arrived when the peer asked: read failed with EAGAIN")
	case !isEnd(x.read) || !isEnd(y.read):
		return refuse(j, claim.Numbers(closed[0].by, shut[0].by, x.read, y.read), "the reads returned %s after close() and %s after shutdown(SHUT_WR), not 0", ended(x.read), ended(y.read))
	case !x.isWhole || !y.isWhole: // one was watched for longer, or the run was stopped
		return claim.Unclear("the peers were not watched for the same time: up to their first writes, which were not both seen")
	case slices.Equal(x.said(), y.said()):
		return claim.Confirm(cited, "recv returned 0 both times, and up to its first write the peer saw the same: %s", strings.Join(x.said(), ", "))
	}
	return claim.Refute(cited, "the peer could tell them apart: after close() %s; after shutdown(SHUT_WR) %s", strings.Join(x.said(), ", "), strings.Join(y.said(), ", "))
}

// hadNothing says whether a read found nothing that had arrived.
func hadNothing(read *journal.Event) bool { return read != nil && read.Call.Errno == "EAGAIN" }

var hc7 = claim.Claim{
	ID: "HC7", Statement: "recv returns 0 when the peer has closed or shut down, and cannot tell which",
	Source: article000 + "; " + article004, Quantity: claim.Always,
	Precondition: "the peer of each has not written since",
	Needs:        needsStates, Check: tellsNothing,
}

var hc32 = claim.Claim{
	ID: "HC32", Statement: "EPOLLRDHUP tells close() from shutdown(SHUT_WR)",
	Source: "folklore; epoll_ctl(2)", Quantity: claim.Always,
	Precondition: "epoll was asked for EPOLLRDHUP, before the peer of each wrote",
	Needs:        needsCalls,
	Check: func(j *journal.Journal) claim.Finding {
		all := ways(j)
		closed, shut := of(all, endClose), of(all, endShutWrite)
		if len(closed) == 0 || len(shut) == 0 {
			return claim.Unclear("not both a close() and a shutdown(SHUT_WR) were seen")
		}
		x, y := closed[0].epoll(), shut[0].epoll()
		if x == nil || y == nil {
			return claim.Unclear("epoll was not asked after both")
		}
		if x.Call.Out != y.Call.Out {
			return claim.Confirm(claim.Numbers(x, y), "epoll said %s after close(), %s after shutdown(SHUT_WR)", x.Call.Out, y.Call.Out)
		}
		return claim.Refute(claim.Numbers(x, y), "epoll said %s after both", x.Call.Out)
	},
}

// epoll is what epoll said first after the ending, before the peer wrote.
func (w *way) epoll() *journal.Event {
	e := nth(w.calls(w.peer(), w.by, "epoll_wait"), 0)
	if e == nil || !between(e, nil, nth(w.writes(w.peer(), w.by), 0)) {
		return nil
	}
	return e
}

// compareNotices is the table of what epoll said at each step.
func compareNotices(j *journal.Journal) *claim.Comparison {
	t := &claim.Comparison{Title: "What epoll said at each step"}
	all := slices.Concat(of(ways(j), endClose), of(ways(j), endShutWrite))
	if len(all) == 0 {
		return nil
	}
	for i := range all {
		w := &all[i]
		t.Ways = append(t.Ways, "the peer's "+w.short())
		for k, e := range w.calls(w.peer(), nil, "epoll_wait") {
			if k == len(t.Rows) {
				t.Rows = append(t.Rows, claim.Compared{What: w.step(e)})
			}
			t.Rows[k].Cells = append(t.Rows[k].Cells, claim.Told(strings.ReplaceAll(orNothing(e.Call.Out), "|", " "), e))
		}
	}
	for i := range t.Rows { // a run cut short has asked less often of one
		for len(t.Rows[i].Cells) < len(t.Ways) {
			t.Rows[i].Cells = append(t.Rows[i].Cells, claim.Told(""))
		}
	}
	return t
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// step says what had been done last when epoll was asked.
func (w *way) step(asked *journal.Event) string {
	last := "connected"
	for i := range w.Events {
		e := &w.Events[i]
		if e.Call == nil || e.N >= asked.N {
			continue
		}
		switch e.Call.Op {
		case "write", "sendmsg", "read":
			last = "after " + e.Call.Op + " by " + sideOf(w, e)
		case "close", "shutdown":
			last = "after its end by " + sideOf(w, e)
		}
	}
	return last
}

// sideOf names who made a call, from where epoll looks.
func sideOf(w *way, e *journal.Event) string {
	if e.Socket == w.who {
		return "the peer"
	}
	return "itself"
}

// discards judges what becomes of data that arrives after SHUT_RD.
func discards(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	for _, w := range of(ways(j), endShutRead) {
		for _, write := range w.writes(w.peer(), w.by) {
			if write.Call.Errno != "" || !w.dataArrived(write) {
				continue
			}
			read := nth(w.reads(w.who, write), 0)
			switch {
			case read == nil:
				continue
			case len(read.Call.Data) > 0 && string(read.Call.Data) == string(write.Call.Data):
				return claim.Refute(claim.Numbers(w.by, write, read), "the %d bytes that arrived after %s were read: %q", read.Call.Result, endShutRead, read.Call.Data)
			case isEnd(read):
				cited = append(cited, w.by, write, read)
			}
		}
	}
	if len(cited) == 0 {
		return claim.Unclear("no data was seen to arrive after %s, and to be asked for", endShutRead)
	}
	return claim.Confirm(claim.Numbers(cited...), "what arrived after %s could not be read: read returned 0", endShutRead)
}

// dataArrived says whether what a call sent reached the other end.
func (w *way) dataArrived(write *journal.Event) bool {
	for _, e := range w.arrived(w.who, write, nil) {
		if e.Packet.Len > 0 {
			return true
		}
	}
	return false
}

var hc13 = claim.Claim{
	ID: "HC13", Statement: "after shutdown(SHUT_RD) the kernel discards data that arrives",
	Source: article004, Quantity: claim.Always,
	Precondition: "data arrives after it",
	Needs:        needsPackets, Check: discards,
}

// calledAfter is how clients that called a listener after an event fared: one was
// refused, one connected.
func calledAfter(j *journal.Journal, call *journal.Event) (refusal, welcome *journal.Event) {
	at, _ := claim.SocketOf(j, call.Socket)
	for _, c := range claim.Calls(j, "", "connect") {
		if c.N < call.N || !slices.Contains(c.Call.Args, at.Local) {
			continue
		}
		if r := claim.Refusal(j, c); r != nil {
			refusal = r
		}
		if e := nth(claim.Entered(j, c.Socket, journal.Established), 0); e != nil {
			welcome = e
		}
	}
	return refusal, welcome
}

// stopsListening judges SHUT_RD on a listener.
func stopsListening(j *journal.Journal) claim.Finding {
	for _, call := range claim.Calls(j, "", "shutdown") {
		if nameOf(call) != endShutRead || len(claim.Calls(j, call.Socket, "listen")) == 0 {
			continue
		}
		var left, accept *journal.Event
		for _, e := range claim.States(j, call.Socket, journal.TCPInfo) {
			if e.N > call.N && e.State.From == journal.Listen {
				left = e
			}
		}
		for _, e := range claim.Calls(j, call.Socket, "accept4") {
			if e.N > call.N && accept == nil {
				accept = e
			}
		}
		refusal, welcome := calledAfter(j, call)
		cited := claim.Numbers(call, left, accept, refusal, welcome)
		refuses := accept != nil && accept.Call.Errno != "" && accept.Call.Errno != "EAGAIN"
		switch {
		case left == nil || accept != nil && !refuses || welcome != nil:
			return refuse(j, cited, "after %s of the listener: left LISTEN: %t, accept refused: %t, a client connected: %t",
				endShutRead, left != nil, refuses, welcome != nil)
		case accept == nil || refusal == nil:
			return claim.Unclear("after %s of the listener: accept tried: %t, a connect answered: %t", endShutRead, accept != nil, refusal != nil)
		}
		return claim.Confirm(cited, "the listener went to %s, accept() failed with %s, and the next client with ECONNREFUSED", left.State.To, ended(accept))
	}
	return claim.Unclear("no listener was shut down for reading")
}

var hc34 = claim.Claim{
	ID: "HC34", Statement: "shutdown(SHUT_RD) on a listening socket stops it listening",
	Source: "Linux behaviour (inet_shutdown in net/ipv4/af_inet.c)", Quantity: claim.Always,
	Needs: []journal.Witness{journal.Calls, journal.TCPInfo}, Check: stopsListening,
}
