package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// talker is an end that sent after the other's close() or shutdown(SHUT_WR).
type talker struct {
	tcp.Ending
	sends []*journal.Event
}

func talkers(v *tcp.View) []talker {
	var all []talker
	for _, e := range v.Endings() {
		sends := e.Peer().CallsOf(e.By.N, 0, byAny...)
		if len(sends) > 0 && (e.Name() == tcp.Closed || e.Name() == tcp.ShutWrite) {
			all = append(all, talker{e, sends})
		}
	}
	return all
}

// Cite lets a case rest on an ending, and on what was sent first then.
func (t talker) Cite(c *claim.Case) {
	c.About(t.Who)
	c.Cite(t.By, t.sends[0])
}

// before is the state in which the talker was seen last before it sent.
func (t *talker) before() *journal.Event { return t.Peer().StateBefore(t.sends[0].N) }

// goingOn lists those that the other's FIN had taken to CLOSE_WAIT, and that sent again and again.
func goingOn(v *tcp.View) []talker {
	return tcp.Where(talkers(v), func(t talker) bool {
		at := t.before()
		return len(t.sends) > 1 && at != nil && at.State.To == journal.CloseWait
	})
}

// afterClose lists those that the FIN of an orderly close() had come to, and no RST, and that had
// not shut down themselves.
func afterClose(v *tcp.View) []talker {
	return tcp.Where(talkers(v), func(t talker) bool {
		s, from, to := t.Peer(), t.By.N, t.sends[0].N
		return t.Name() == tcp.Closed && len(tcp.With(s.Arrived(from, to), packet.FIN)) > 0 && !resetBefore(s, from, to) && len(s.CallsOf(0, 0, "shutdown")) == 0
	})
}

// drew is what was sent first as it arrived, and the RST that it drew; nil: it was lost, or drew none.
func (t *talker) drew() (arrived, rst *tcp.Segment) {
	if arrived = tcp.First(tcp.Data(t.Who.Arrived(t.sends[0].N, 0))); arrived != nil {
		rst = tcp.First(tcp.With(t.Who.Sent(arrived.N, 0), packet.RST))
	}
	return arrived, rst
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
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "the close was an orderly one, its FIN has arrived, no RST has, and what is sent arrives",
	Rule: claim.Each(afterClose, func(c *claim.Case, t talker) {
		first, who := t.sends[0], t.Peer().ID
		c.Expect(succeeded(first), "the first %s of %s after the peer's close() returned %s", first.Call.Op, who, claim.Returned(first))
		arrived, rst := t.drew()
		c.If(arrived != nil)
		c.CiteSegments(arrived, rst)
		c.ExpectSeen(rst != nil, "the first %s of %s after the peer's close() succeeded, and drew no RST", first.Call.Op, who)
		c.Holds("the first %s of %s after the peer's close() succeeded, and drew a RST", first.Call.Op, who)
	}),
}

// succeeded says whether a call returned no error, and raised no signal.
func succeeded(e *journal.Event) bool { return e.Call.Errno == "" && e.Call.Signal == "" }
