package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// crossing is a reply that the server wrote to another connection than that of its request.
type crossing struct {
	of    exchange       // the request
	reply *journal.Event // the call that wrote it
	to    *tcp.Conn
	after []exchange // what was made on that connection since
}

// crossings lists those of clients that take whatever comes.
func crossings(v *tcp.View) []crossing {
	var all []crossing
	mine := by(naive, v)
	for _, x := range mine {
		for _, to := range v.Conns {
			theirs := on(to.Client, 0, mine)
			if len(theirs) == 0 || slices.ContainsFunc(theirs, func(y exchange) bool { return y.request == x.request }) {
				continue // it is its own reply
			}
			for _, e := range repliesTo(&x, to.Server, 0) {
				all = append(all, crossing{x, e, to, on(to.Client, e.N, mine)})
			}
		}
	}
	return all
}

var sr6 = claim.Claim{
	ID: "SR6", Statement: "a server that writes A's reply to B's connection causes the same confusion",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsCalls,
	Precondition: "B has asked, does not look whose reply it reads, and asks again",
	Rule: each(crossings, func(c *claim.Case, x crossing) {
		c.If(len(x.after) >= minAfter)
		cite(c, x.of)
		c.Cite(x.reply)
		before := x.of
		for _, y := range x.after {
			cite(c, y)
			c.Expect(y.reply == before.request, "the reply to %s was written to %s's connection, and %s was %s: %s, not %s",
				x.of.request, x.to.Client.ID, y.request, y.did, y.reply, before.request)
			before = y
		}
		c.Holds("B was told A's answer, and from then on each time the one before its own")
	}),
}

// crosswired is the phenomenon: somebody got an answer that another's connection should
// have had.
var crosswired = claim.Phenomenon{
	Needs: claim.NeedsCalls,
	Rule: claim.Once(func(c *claim.Case) {
		sound(c)
		all := crossings(c.View)
		for _, x := range all {
			for _, y := range x.after {
				if y.wrong() && y.reply == x.of.request {
					cite(c, x.of, y)
					c.Cite(x.reply)
					c.Holds("%s was told that %s has won %s: the server had written it to the wrong connection", y.request.user, y.reply.user, y.prize)
				}
			}
		}
		cite(c, by(naive, c.View)...)
		c.ExpectSeen(len(all) > 0, "every reply was written to the connection of its request")
		c.ExpectSeen(false, "a reply was written to the wrong connection, and no client took it")
	}),
}
