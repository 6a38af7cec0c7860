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
func strikes(v *tcp.View) []struck {
	return tcp.Derive(v, func(v *tcp.View) []struck {
		var all []struck
		for _, s := range v.Connected() {
			if x, ok := strike(v, s); ok {
				all = append(all, x)
			}
		}
		return all
	})
}

// strike is that of one end. The other must have been closed before; and where packets were
// seen, the RST had come, and a FIN before it in CLOSE_WAIT only.
func strike(v *tcp.View, s *tcp.Socket) (x struck, ok bool) {
	for _, down := range s.States() {
		x = struck{Socket: s, in: down.State.From, down: down}
		to := down.State.To
		if x.in != journal.Established && x.in != journal.CloseWait || to != journal.Close && to != journal.Gone {
			continue
		}
		x.calls = s.CallsOf(down.N, 0, append([]string{"read"}, tcp.Sending...)...)
		x.unread = v.Unread(s, down.N)
		if len(s.Peer().CallsOf(0, down.N, "close")) == 0 || len(x.calls) == 0 {
			continue
		}
		if !v.Journal.Attached(journal.Packets) {
			return x, true
		}
		came := s.Arrived(0, down.N)
		rsts := tcp.With(came, packet.RST)
		if fin := len(tcp.With(came, packet.FIN)) > 0; len(rsts) > 0 && fin == (x.in == journal.CloseWait) {
			x.rst = rsts[0]
			return x, true
		}
	}
	return struck{}, false
}

// Cite lets a case rest on a strike.
func (x struck) Cite(c *claim.Case) {
	c.About(x.Socket)
	c.CiteSegments(x.rst)
	c.Cite(x.down)
}
