package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// firstSend is the first that an end sent after the other's orderly close had reached it, and
// what it drew.
type firstSend struct {
	*tcp.Socket // that sends
	ending      tcp.Ending
	call        *journal.Event
	sends       []*journal.Event // it, and those after it
	arrived     *tcp.Segment     // what was sent; nil: it was lost
	rst         *tcp.Segment     // nil: none was drawn
}

func firstSends(v *tcp.View) []firstSend {
	var all []firstSend
	for _, e := range tcp.EndedBy(tcp.Closed)(v) {
		s := e.Peer()
		sends := s.CallsOf(e.By.N, 0, byAny...)
		if len(sends) == 0 || len(s.CallsOf(0, 0, "shutdown")) > 0 || resetBefore(s, e.By.N, sends[0].N) ||
			len(tcp.With(s.Arrived(e.By.N, sends[0].N), packet.FIN)) == 0 {
			continue
		}
		f := firstSend{Socket: s, ending: e, call: sends[0], sends: sends}
		if f.arrived = tcp.First(tcp.Data(e.Who.Arrived(sends[0].N, 0))); f.arrived != nil {
			f.rst = tcp.First(tcp.With(e.Who.Sent(f.arrived.N, 0), packet.RST))
		}
		all = append(all, f)
	}
	return all
}

// eachFirstSend tests them.
func eachFirstSend(test func(c *claim.Case, f firstSend)) claim.Rule {
	return claim.Each(firstSends, func(c *claim.Case, f firstSend) {
		c.About(f.Socket)
		c.Cite(f.ending.By, f.call)
		test(c, f)
	})
}

// resetBefore says whether an end had been reset between two events: where the machine stands
// still for seconds, the kernel gives the other's closed socket up (tcp_orphan_retries), and
// answers the acknowledgement of its FIN with a RST.
func resetBefore(s *tcp.Socket, after, before int) bool {
	gone := func(e *journal.Event) bool { return e.N > after && e.N < before }
	return len(tcp.With(s.Arrived(after, before), packet.RST)) > 0 || slices.ContainsFunc(s.Entered(journal.Gone), gone)
}

var lr7 = claim.Claim{
	ID: "LR7", Statement: "after the peer's close(), the first send succeeds and draws a RST",
	Source: claim.Article004, Quantity: claim.Always, Needs: needsPackets,
	Precondition: "the close was an orderly one, its FIN has arrived, no RST has, and what is sent arrives",
	Rule: eachFirstSend(func(c *claim.Case, f firstSend) {
		c.Expect(f.call.Call.Errno == "" && f.call.Call.Signal == "", "the first %s of %s after the peer's close() returned %s", f.call.Call.Op, f.ID, claim.Returned(f.call))
		c.If(f.arrived != nil)
		c.CiteSegments(f.arrived, f.rst)
		c.ExpectSeen(f.rst != nil, "the first %s of %s after the peer's close() succeeded, and drew no RST", f.call.Call.Op, f.ID)
		c.Holds("the first %s of %s after the peer's close() succeeded, and drew a RST", f.call.Call.Op, f.ID)
	}),
}
