package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// The values of SO_LINGER that matter; "" is never set.
var (
	lingerZero = journal.Linger{On: true}.Value()
	lingerNone = journal.Linger{}.Value()
)

// closing is a connection that a close() ended, with the SO_LINGER that it had then.
type closing struct {
	tcp.Ending
	linger journal.Value
	set    *journal.Event // nil: never set
}

// closings lists them.
func closings(v *tcp.View) []closing {
	var all []closing
	for _, e := range tcp.EndedBy(tcp.Closed)(v) {
		linger, set := e.Who.Option(journal.SOLinger, e.By.N)
		all = append(all, closing{e, linger, set})
	}
	return all
}

// eachClosing tests those with one of some values of SO_LINGER.
func eachClosing(test func(c *claim.Case, x closing), values ...journal.Value) claim.Rule {
	return claim.Each(closings, func(c *claim.Case, x closing) {
		c.If(slices.Contains(values, x.linger))
		c.About(x.Who)
		c.Cite(x.set, x.By)
		test(c, x)
	})
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

// wasSet names a value of SO_LINGER.
func wasSet(linger journal.Value) string {
	if linger == "" {
		return "never set"
	}
	return string(linger)
}

// readAfter tests what the peer of a close() reads next: ECONNRESET where SO_LINGER was
// {1, 0}, else the end. All the values must have been tried.
func readAfter(c *claim.Case, x closing, values ...journal.Value) {
	read := c.First(x.Peer().Reads(x.By.N, 0))
	c.If(read != nil && tcp.Moved(x.Who.Writes(0, 0)) == 0)
	want := "0: the end"
	if x.linger == lingerZero {
		want = "ECONNRESET"
	}
	got := claim.Returned(read)
	c.ExpectSeen(got == want, "%s closed with SO_LINGER %s, and its peer's read returned %s", x.Who.ID, wasSet(x.linger), got)
	others := tcp.Where(closings(c.View), func(y closing) bool { return len(y.Peer().Reads(y.By.N, 0)) > 0 })
	untried, missing := claim.Missing(others, func(y *closing) journal.Value { return y.linger }, values...)
	c.Given(!missing, "no peer was seen to read after a close() with SO_LINGER %s", wasSet(untried))
	c.Holds("%s closed with SO_LINGER %s, and its peer's read returned %s", x.Who.ID, wasSet(x.linger), got)
}
