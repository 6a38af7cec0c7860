package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// struck is an end of a connection that was torn down by the other's RST, and what its
// program did then.
type struck struct {
	*tcp.Socket
	in     string         // the state in which the RST came
	down   *journal.Event // a witness saw the end torn down
	rst    *tcp.Segment   // nil: packets were not seen
	calls  []*journal.Event
	unread int64 // bytes, when it was torn down
}

// strikes lists the ends that were reset in ESTABLISHED or in CLOSE_WAIT while a program still
// used them. Where a process of its own has one, only sock_diag sees it go.
var strikes = tcp.Derived(func(v *tcp.View) []struck {
	var all []struck
	for _, s := range v.Connected() {
		for _, change := range s.States() {
			if x, ok := strike(v, s, change); ok {
				all = append(all, x)
				break
			}
		}
	}
	return all
})

// strike is that of one end, if a change of its state was one. The other must have been closed before;
// and where packets were seen, the RST had come, and a FIN before it in CLOSE_WAIT only.
func strike(v *tcp.View, s *tcp.Socket, down *journal.Event) (x struck, ok bool) {
	came, in, to := s.Arrived(0, down.N), down.State.From, down.State.To
	x = struck{
		Socket: s, in: in, down: down, rst: tcp.First(tcp.With(came, packet.RST)), unread: v.Unread(s, down.N),
		calls: s.CallsOf(down.N, 0, append([]string{"read"}, tcp.Sending...)...),
	}
	isDown := (in == journal.Established || in == journal.CloseWait) && (to == journal.Close || to == journal.Gone)
	sawFIN := len(tcp.With(came, packet.FIN)) > 0
	wasReset := !v.Journal.Attached(journal.Packets) || x.rst != nil && sawFIN == (in == journal.CloseWait)
	return x, isDown && wasReset && len(x.calls) > 0 && len(s.Peer().CallsOf(0, down.N, "close")) > 0
}

// Cite lets a case rest on a strike.
func (x struck) Cite(c *claim.Case) {
	c.About(x.Socket)
	c.CiteSegments(x.rst)
	c.Cite(x.down)
}
