package tcp

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// reachable are the states that a socket can be seen in after another, however many it
// passed through unseen, as long as nobody calls connect() or listen() on it again
// (RFC 9293 §3.3.2, figure 5; Linux has no CLOSED that would wait).
var reachable = map[string][]string{
	journal.SynSent: {
		journal.SynRecv, journal.Established, journal.FinWait1, journal.FinWait2, journal.Closing, journal.TimeWait,
		journal.CloseWait, journal.LastAck, journal.Close, journal.Gone,
	},
	journal.SynRecv: {
		journal.Established, journal.FinWait1, journal.FinWait2, journal.Closing, journal.TimeWait, journal.CloseWait,
		journal.LastAck, journal.Close, journal.Gone,
	},
	journal.Established: {
		journal.FinWait1, journal.FinWait2, journal.Closing, journal.TimeWait, journal.CloseWait, journal.LastAck, journal.Close, journal.Gone,
	},
	journal.FinWait1:  {journal.FinWait2, journal.Closing, journal.TimeWait, journal.Close, journal.Gone},
	journal.FinWait2:  {journal.TimeWait, journal.Close, journal.Gone},
	journal.Closing:   {journal.TimeWait, journal.Close, journal.Gone},
	journal.TimeWait:  {journal.Close, journal.Gone},
	journal.CloseWait: {journal.LastAck, journal.Close, journal.Gone},
	journal.LastAck:   {journal.Close, journal.Gone},
	journal.Listen:    {journal.Close, journal.Gone},
	journal.Close:     {journal.Gone},
	journal.Gone:      {journal.Close},
}

// path checks that the states a witness saw a socket in lead one to the next, and that
// those which a call alone leads to follow such a call (R5).
func (c *confrontation) path(s *Socket) {
	for _, w := range stateWitnesses {
		last, n := "", 0
		for _, e := range s.states[w] {
			to := e.State.To
			switch call := s.leadingTo(to, last, e.N); {
			case call != "" && !s.called(call, e.N):
				c.about(R5, s, []int{e.N}, fmt.Sprintf("%s saw %s in %s", w, s.ID, to), "nobody had called "+call+"() on it")
			case call == "" && last != "" && !slices.Contains(reachable[last], to):
				c.about(R5, s, []int{n, e.N}, fmt.Sprintf("%s saw %s in %s", w, s.ID, to), "no socket comes there from "+last)
			}
			if w == journal.SockDiag && (to == journal.Close || to == journal.Listen) {
				c.about(R5, s, []int{e.N}, fmt.Sprintf("%s saw %s in %s", w, s.ID, to), "it is asked for sockets that are connected")
			}
			last, n = to, e.N
		}
	}
}

// leadingTo is the call without which no socket comes to a state from another; "": none is
// needed.
func (s *Socket) leadingTo(to, from string, n int) string {
	switch idle := from == "" || from == journal.Close || from == journal.Gone; {
	case to == journal.Listen:
		return "listen"
	case to == journal.SynSent:
		return "connect"
	case to == journal.Close || to == journal.Gone:
		return ""
	case idle && s.called("socket", n): // it was not accepted
		return "connect"
	}
	return ""
}

// called says whether a call had begun by an event.
func (s *Socket) called(op string, n int) bool {
	return slices.ContainsFunc(s.Calls, func(e *journal.Event) bool { return e.Call.Op == op && e.N <= n+reach })
}

// watched checks that what a call alone changes was seen by tcp_info, which reads the
// run's own sockets after each call: a socket that was made is in CLOSE, one that listens
// in LISTEN, and one that connects in SYN_SENT, which on the wire nothing can have answered yet (R5). Nothing that
// happens there is asked where it is another thread's.
func (c *confrontation) watched(s *Socket) {
	for _, e := range s.Calls {
		want, how := map[string]string{"socket": journal.Close, "listen": journal.Listen}[e.Call.Op], journal.Errno("")
		if c.wire && e.Call.Op == "connect" {
			want, how = journal.SynSent, journal.EINPROGRESS
		}
		step := c.nextCall(c.nextCall(e.N))
		if want == "" || e.Call.Errno != how || e.Call.InChild() || step == 0 || !c.Journal.Attached(journal.TCPInfo) ||
			c.isConcurrent(e.N) || c.isConcurrent(step) || within(s.busy, step) {
			continue
		}
		if !slices.ContainsFunc(s.states[journal.TCPInfo], func(x *journal.Event) bool { return x.N > e.N && x.N < step && x.State.To == want }) {
			c.about(R5, s, []int{e.N, step}, said(s, e), "tcp_info never saw it in "+want)
		}
	}
}

// atHome checks that what happened to a socket happened on its host (R5).
func (c *confrontation) atHome(s *Socket, events []*journal.Event) {
	for _, e := range events {
		if e.Host != s.Host {
			c.about(R5, s, []int{e.N}, s.ID+" is of host "+s.Host, "it was seen on "+orNothing(e.Host))
		}
	}
}
