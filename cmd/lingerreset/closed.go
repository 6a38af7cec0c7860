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

// atOnce are the FINs and RSTs that the closing end sent before the other end did anything:
// what comes later may be an answer to that.
func (x *closing) atOnce() []*tcp.Segment {
	next := tcp.First(x.Peer().CallsOf(x.By.N, 0, append([]string{"read", "close", "shutdown"}, tcp.Sending...)...))
	return tcp.Teardown(x.Who.Sent(x.By.N, tcp.N(next)))
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

// peersRead tests what the peer of each close() reads next.
func peersRead(values ...journal.Value) claim.Rule {
	return eachClosing(func(c *claim.Case, x closing) { readAfter(c, x, values...) }, values...)
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
	for _, value := range values {
		tried := slices.ContainsFunc(closings(c.View), func(y closing) bool {
			return y.linger == value && len(y.Peer().Reads(y.By.N, 0)) > 0
		})
		c.Given(tried, "no peer was seen to read after a close() with SO_LINGER %s", wasSet(value))
	}
	c.Holds("%s closed with SO_LINGER %s, and its peer's read returned %s", x.Who.ID, wasSet(x.linger), got)
}
