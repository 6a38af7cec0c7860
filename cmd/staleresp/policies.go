package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// turn is a request of a policy's client, and the client's next.
type turn struct{ first, next exchange }

// turns lists those of a policy.
func turns(p policy) func(v *tcp.View) []turn {
	return func(v *tcp.View) []turn {
		var all []turn
		xs := by(p, v)
		for i := 1; i < len(xs); i++ {
			all = append(all, turn{xs[i-1], xs[i]})
		}
		return all
	}
}

var sr3 = claim.Claim{
	ID: "SR3", Statement: "closing and reconnecting after a timeout looks like a cure: over a new connection from another port the late reply is not read",
	Source: claim.Article000, Quantity: claim.Can, Needs: claim.NeedsCalls,
	Precondition: "a request timed out, and another was made over a new connection from another port",
	Rule: each(turns(reconnect), func(c *claim.Case, t turn) {
		c.If(t.first.did == didTimeOut && t.next.did != didTimeOut)
		cite(c, t.first, t.next)
		c.Given(t.first.socket.Local != t.next.socket.Local, "it went on from the same port")
		c.Expect(t.next.answered(), "over the new connection %s was %s: %s", t.next.request, t.next.did, t.next.reply)
		c.Holds("over the new connection the next request had its own reply")
	}),
}

// anothers are the replies to another request that were read by a client that looks at the
// numbers, unique over all connections or not.
func anothers(unique bool) func(v *tcp.View) []exchange {
	return func(v *tcp.View) []exchange {
		return tcp.Where(accountOf(v).all, func(x exchange) bool {
			return x.policy.looks() && x.policy.unique() == unique && !x.gaveUp() && !x.failed() && !x.right()
		})
	}
}

// notTaken expects that another's reply was not taken.
func notTaken(c *claim.Case, x exchange) {
	why := ""
	if x.reply.number == x.request.number {
		why = ": the ids are the same, for each connection counts its own"
	}
	c.Expect(!x.wrong(), "%s took the reply to %s for the answer to %s%s", x.policy, x.reply, x.request, why)
	c.Holds("the reply to %s was not taken for the answer to %s", x.reply, x.request)
}

var sr7 = claim.Claim{
	ID: "SR7", Statement: "with an id in request and reply that is unique over all connections, a wrong reply is never taken for the right one",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsCalls,
	Precondition: "a client that compares ids that no other connection uses reads another request's reply",
	Rule:         each(anothers(true), notTaken),
}

var sr17 = claim.Claim{
	ID: "SR17", Statement: "an id that each connection counts for itself is enough",
	Source: "folklore", Quantity: claim.Always, Needs: claim.NeedsCalls,
	Precondition: "a client that compares such ids reads another request's reply, with the number of its own",
	Rule: each(anothers(false), func(c *claim.Case, x exchange) {
		c.If(x.reply.number == x.request.number)
		notTaken(c, x)
	}),
}

// firstGivenUp is the first request that a policy's client gave up.
func firstGivenUp(p policy) func(v *tcp.View) []exchange {
	return func(v *tcp.View) []exchange {
		all := tcp.Where(by(p, v), exchange.gaveUp)
		return all[:min(1, len(all))]
	}
}

var sr8 = claim.Claim{
	ID: "SR8", Statement: "an id that is only compared, with an error on mismatch, leaves the connection off by one for good",
	Source: fieldReports, Quantity: claim.Always, Needs: claim.NeedsCalls,
	Precondition: "a late reply came, and at least two more requests follow on the connection",
	Rule: each(firstGivenUp(compare), func(c *claim.Case, first exchange) {
		after := on(first.socket, first.N, by(compare, c.View))
		c.If(len(after) >= minAfter)
		late := c.Take(replyTo(&first, after[0].N))
		c.Given(late != nil, "the reply to %s, which was given up, was not seen to come", first.request)
		before := first
		for _, x := range after {
			cite(c, x)
			c.Expect(x.did != didTake, "after %s had been given up, the answer to %s was %s: it had recovered", first.request, x.request, x.reply)
			c.Given(x.did == didRefuse && x.reply == before.request, "after %s had been given up, %s was %s, and not for the reply to the request before it", first.request, x.request, x.did)
			before = x
		}
		c.Holds("of the %d requests after the one that was given up, none had an answer: each read the reply to the one before", len(after))
	}),
}

var sr9 = claim.Claim{
	ID: "SR9", Statement: "an id with discard-and-keep-reading recovers without reconnecting",
	Source: fieldReports, Quantity: claim.Always, Needs: claim.NeedsCalls,
	Precondition: "a late reply came, and was read",
	Rule: each(turns(discard), func(c *claim.Case, t turn) {
		c.If(t.first.did == didDiscard && t.next.did != didDiscard && t.next.did != didTimeOut)
		cite(c, t.first, t.next)
		c.Expect(t.next.socket == t.first.socket && !t.next.failed(), "after a reply had been discarded the connection was given up")
		c.Expect(t.next.answered(), "after %s had been discarded, %s was %s", t.first.reply, t.next.request, t.next.did)
		c.Holds("the reply that was discarded was followed, on the same connection, by that of the request that had met it")
	}),
}

var sr10 = claim.Claim{
	ID: "SR10", Statement: "draining the socket before each send is not a cure: the late reply can arrive just after",
	Source: fieldReports, Quantity: claim.Can, Needs: claim.NeedsCalls,
	Precondition: "the connection was empty when it was drained, and the late reply came after",
	Rule: each(func(v *tcp.View) []exchange { return by(drain, v) }, func(c *claim.Case, x exchange) {
		c.If(x.wrong())
		empty := c.Take(drained(&x))
		c.Given(empty != nil, "the connection was not seen to be empty before %s was sent", x.request)
		c.Holds("the connection was drained, and was empty, and still the reply to %s was taken for the answer to %s", x.reply, x.request)
	}),
}

// drained is the read by which a client found its connection empty, just before it made a
// request; nil: it did not.
func drained(x *exchange) *journal.Event {
	last := tcp.Last(tcp.Where(x.socket.Calls, func(e *journal.Event) bool { return e.N < x.asked.N }))
	if last != nil && last.Call.Op == "recvfrom" && last.Call.Errno == journal.EAGAIN {
		return last
	}
	return nil
}
