package main

import (
	"cmp"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// The values of SO_LINGER that matter.
var (
	lingerZero = journal.Linger{On: true}.Value()
	lingerNone = journal.Linger{}.Value()
)

// neverSet is the SO_LINGER of a socket on which it was never set.
const neverSet journal.Value = "never set"

// lingerAt is the SO_LINGER of a socket at an event, and the call that had set it; nil: none had.
func lingerAt(s *tcp.Socket, n int) (linger journal.Value, set *journal.Event) {
	linger, set = s.Option(journal.SOLinger, n)
	return cmp.Or(linger, neverSet), set
}

// closing is a connection that a close() ended, with the SO_LINGER that it had then.
type closing struct {
	tcp.Ending
	linger journal.Value
	set    *journal.Event
}

// closings lists them.
func closings(v *tcp.View) []closing {
	var all []closing
	for _, e := range tcp.EndedBy(tcp.Closed)(v) {
		linger, set := lingerAt(e.Who, e.By.N)
		all = append(all, closing{e, linger, set})
	}
	return all
}

// Cite lets a case rest on a closing.
func (x closing) Cite(c *claim.Case) {
	c.About(x.Who)
	c.Cite(x.set, x.By)
}

// aborts lists those with SO_LINGER {1, 0}.
func aborts(v *tcp.View) []closing {
	return tcp.Where(closings(v), func(x closing) bool { return x.linger == lingerZero })
}

// atOnce are the FINs and RSTs that an end sent after an event, before the other end did
// anything: what comes later may be an answer to that.
func atOnce(s *tcp.Socket, n int) []*tcp.Segment {
	next := tcp.First(s.Peer().CallsOf(n, 0, append([]string{"read", "close", "shutdown"}, tcp.Sending...)...))
	return tcp.Teardown(s.Sent(n, tcp.N(next)))
}

// reached cites the RST of a close as it came to the other end, and that end torn down; false:
// it was not seen so. On lo a segment is seen before a filter may drop it.
func (x *closing) reached(c *claim.Case) bool {
	down := x.Peer().Down(x.By.N, 0)
	c.Cite(down)
	if !c.Journal.Attached(journal.Packets) {
		return down != nil
	}
	return c.FirstSegment(tcp.With(x.Peer().Arrived(x.By.N, 0), packet.RST)) != nil && down != nil
}

// readsThen is what the peer of an end that was ended reads next, as its SO_LINGER was.
func readsThen(linger journal.Value) string {
	if linger == lingerZero {
		return "ECONNRESET"
	}
	return "0: the end"
}

// readAfter tests what the peer of a close() reads next. All the values must have been tried.
func readAfter(c *claim.Case, x closing, values ...journal.Value) {
	c.If(slices.Contains(values, x.linger))
	read := c.First(x.Peer().Reads(x.By.N, 0))
	c.If(read != nil && tcp.Moved(x.Who.Writes(0, 0)) == 0)
	got := claim.Returned(read)
	c.ExpectSeen(got == readsThen(x.linger), "%s closed with SO_LINGER %s, and its peer's read returned %s", x.Who.ID, x.linger, got)
	others := tcp.Where(closings(c.View), func(y closing) bool { return len(y.Peer().Reads(y.By.N, 0)) > 0 })
	claim.GivenEach(c, others, func(y *closing) journal.Value { return y.linger }, "no peer was seen to read after a close() with SO_LINGER %s", values...)
	c.Holds("%s closed with SO_LINGER %s, and its peer's read returned %s", x.Who.ID, x.linger, got)
}
