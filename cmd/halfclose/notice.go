package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// sight is what a peer could see from an ending to its own first write: segments
// that were news, states, what its calls returned, epoll's events. Each kind is
// in order; between kinds there is none, for they are not looked at in one moment.
type sight struct {
	segments, states, calls []string
	events                  []*journal.Event
	read                    *journal.Event // the first
	write                   *journal.Event // up to which; nil: it was not seen
}

// said lists it as text.
func (s *sight) said() []string { return slices.Concat(s.segments, s.states, s.calls) }

// noticed is what the peer of an ending could see.
func (w *way) noticed() sight {
	first := claim.Nth(w.writes(w.Other(), w.By), 0)
	s := sight{write: first}
	news := w.NewlyArrived(w.Other(), w.By, first)
	for _, by := range []journal.Witness{journal.TCPInfo, journal.SockDiag} {
		for _, e := range claim.States(w.Journal, w.Other(), by) {
			if claim.Between(e, w.By, first) {
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
		if e.Call == nil || e.Socket != w.Other() || !claim.Between(e, w.By, first) {
			continue
		}
		s.calls = append(s.calls, e.Call.Op+" = "+claim.Returned(e)+" "+e.Call.Out)
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
	closed, shut := of(all, claim.Closed), of(all, claim.ShutWrite)
	if len(closed) == 0 || len(shut) == 0 {
		return claim.Unclear("not both a close() and a shutdown(SHUT_WR) were seen")
	}
	x, y := closed[0].noticed(), shut[0].noticed()
	cited := claim.Numbers(append(x.events, y.events...)...)
	switch {
	case hadNothing(x.read) || hadNothing(y.read):
		return claim.Unclear("no end had arrived when the peer asked: read failed with EAGAIN")
	case !claim.IsEnd(x.read) || !claim.IsEnd(y.read):
		return claim.Refuse(j, claim.Numbers(closed[0].By, shut[0].By, x.read, y.read), "the reads returned %s after close() and %s after shutdown(SHUT_WR), not 0", claim.Returned(x.read), claim.Returned(y.read))
	case x.write == nil || y.write == nil: // one was watched for longer, or the run was stopped
		return claim.Unclear("the peers were not watched for the same time: up to their first writes, which were not both seen")
	case closed[0].forsaken(x.write) != nil:
		return claim.Unclear("the kernel gave %s up before its peer wrote: its FIN, sent again and again, had not been acknowledged in time", closed[0].Who)
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
		closed, shut := of(all, claim.Closed), of(all, claim.ShutWrite)
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
	e := claim.Nth(w.Calls(w.Other(), w.By, "epoll_wait"), 0)
	if e == nil || !claim.Between(e, nil, claim.Nth(w.writes(w.Other(), w.By), 0)) {
		return nil
	}
	return e
}

// compareNotices is the table of what epoll said at each step.
func compareNotices(v *tcp.View) *claim.Comparison {
	j := v.Journal
	t := &claim.Comparison{Title: "What epoll said at each step"}
	all := slices.Concat(of(ways(j), claim.Closed), of(ways(j), claim.ShutWrite))
	if len(all) == 0 {
		return nil
	}
	for i := range all {
		w := &all[i]
		t.Ways = append(t.Ways, "the peer's "+w.Short())
		for k, e := range w.Calls(w.Other(), nil, "epoll_wait") {
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
	if e.Socket == w.Who {
		return "the peer"
	}
	return "itself"
}

// discards judges what becomes of data that arrives after SHUT_RD.
func discards(j *journal.Journal) claim.Finding {
	var cited []*journal.Event
	for _, w := range of(ways(j), claim.ShutRead) {
		for _, write := range w.writes(w.Other(), w.By) {
			if write.Call.Errno != "" || !w.dataArrived(write) {
				continue
			}
			read := claim.Nth(w.reads(w.Who, write), 0)
			switch {
			case read == nil:
				continue
			case len(read.Call.Data) > 0 && string(read.Call.Data) == string(write.Call.Data):
				return claim.Refute(claim.Numbers(w.By, write, read), "the %d bytes that arrived after %s were read: %q", read.Call.Result, claim.ShutRead, read.Call.Data)
			case claim.IsEnd(read):
				cited = append(cited, w.By, write, read)
			}
		}
	}
	if len(cited) == 0 {
		return claim.Unclear("no data was seen to arrive after %s, and to be asked for", claim.ShutRead)
	}
	return claim.Confirm(claim.Numbers(cited...), "what arrived after %s could not be read: read returned 0", claim.ShutRead)
}

// dataArrived says whether what a call sent reached the other end.
func (w *way) dataArrived(write *journal.Event) bool {
	for _, e := range w.Arrived(w.Who, write, nil) {
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

// deafened is a listener that was shut down for reading, and what came of it.
type deafened struct {
	call    *journal.Event
	left    *journal.Event // it left LISTEN
	accept  *journal.Event // the first accept() after that
	refusal *journal.Event // a client learnt that it was refused
	welcome *journal.Event // a client was connected
}

// findDeaf finds the first; ok: there was one.
func findDeaf(j *journal.Journal) (d deafened, ok bool) {
	for _, call := range claim.Calls(j, "", "shutdown") {
		if claim.NameOf(call) != claim.ShutRead || len(claim.Calls(j, call.Socket, "listen")) == 0 {
			continue
		}
		d.call = call
		for _, e := range claim.States(j, call.Socket, journal.TCPInfo) {
			if e.N > call.N && e.State.From == journal.Listen {
				d.left = e
			}
		}
		for _, e := range claim.Calls(j, call.Socket, "accept4") {
			if e.N > call.N && d.accept == nil {
				d.accept = e
			}
		}
		d.clients(j)
		return d, true
	}
	return d, false
}

// clients finds what became of those that called it afterwards.
func (d *deafened) clients(j *journal.Journal) {
	at, _ := claim.SocketOf(j, d.call.Socket)
	for _, c := range claim.Calls(j, "", "connect") {
		if c.N < d.call.N || !slices.Contains(c.Call.Args, at.Local) {
			continue
		}
		if r := claim.Refusal(j, c); r != nil {
			d.refusal = r
		}
		if e := claim.Nth(claim.Entered(j, c.Socket, journal.Established), 0); e != nil {
			d.welcome = e
		}
	}
}

// stopsListening judges SHUT_RD on a listener.
func stopsListening(j *journal.Journal) claim.Finding {
	d, ok := findDeaf(j)
	if !ok {
		return claim.Unclear("no listener was shut down for reading")
	}
	cited := claim.Numbers(d.call, d.left, d.accept, d.refusal, d.welcome)
	refuses := d.accept != nil && d.accept.Call.Errno != "" && d.accept.Call.Errno != "EAGAIN"
	switch {
	case d.left == nil || d.accept != nil && !refuses || d.welcome != nil:
		return claim.Refuse(j, cited, "after %s of the listener: left LISTEN: %t, accept refused: %t, a client connected: %t",
			claim.ShutRead, d.left != nil, refuses, d.welcome != nil)
	case d.accept == nil || d.refusal == nil:
		return claim.Unclear("after %s of the listener: accept tried: %t, a connect answered: %t", claim.ShutRead, d.accept != nil, d.refusal != nil)
	}
	return claim.Confirm(cited, "the listener went to %s, accept() failed with %s, and the next client with ECONNREFUSED", d.left.State.To, claim.Returned(d.accept))
}

var hc34 = claim.Claim{
	ID: "HC34", Statement: "shutdown(SHUT_RD) on a listening socket stops it listening",
	Source: "Linux behaviour (inet_shutdown in net/ipv4/af_inet.c)", Quantity: claim.Always,
	Needs: []journal.Witness{journal.Calls, journal.TCPInfo}, Check: stopsListening,
}
