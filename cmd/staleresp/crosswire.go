package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// crossing is a reply that the server wrote to another connection than that of
// its request.
type crossing struct {
	of    exchange       // the request
	reply *journal.Event // the call that wrote it
	to    claim.Connection
}

// crossings lists those of clients with a policy.
func crossings(j *journal.Journal, p policy, xs []exchange) []crossing {
	var all []crossing
	mine := of(p, xs)
	if len(mine) == 0 {
		return nil
	}
	conns := claim.Connections(j)
	for _, x := range mine {
		for _, c := range conns {
			theirs := on(c.Client, nil, mine)
			if len(theirs) == 0 || slices.ContainsFunc(theirs, func(y exchange) bool { return y.request == x.request }) {
				continue // it is its own reply
			}
			for _, e := range c.Calls(c.Server, x.asked, "write") {
				if q, _, ok := parse(e.Call.Data, replyWord); ok && q == x.request {
					all = append(all, crossing{x, e, c})
				}
			}
		}
	}
	return all
}

// noneCrossed is the finding where no reply went astray.
func noneCrossed(j *journal.Journal) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("no reply was written to another's connection")
}

var sr6 = claim.Claim{
	ID: "SR6", Statement: "a server that writes A's reply to B's connection causes the same confusion",
	Source: article000, Quantity: claim.Always,
	Precondition: "B has asked, does not look whose reply it reads, and asks again",
	Needs:        needsCalls,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		var told []int
		for _, c := range crossings(j, naive, xs) {
			theirs := on(c.to.Client, c.reply, of(naive, xs))
			if len(theirs) < minAfter {
				continue
			}
			first, next := theirs[0], theirs[1]
			seen := cited([]exchange{c.of, first, next}, c.reply)
			if first.reply != c.of.request {
				return claim.Refute(seen, "the reply to %s was written to %s's connection, and %s was %s: %s", c.of.request, c.to.Client, first.request, first.did, first.reply)
			}
			if next.reply != first.request {
				return claim.Refute(seen, "after %s had been told the reply to %s, %s was told the reply to %s", first.request, first.reply, next.request, next.reply)
			}
			told = append(told, seen...)
		}
		if told == nil {
			return noneCrossed(j)
		}
		return claim.Confirm(told, "B was told A's answer, and from then on each time the one before its own")
	}),
}

// crosswired is the phenomenon: somebody was told an answer that another's
// connection should have had.
var crosswired = claim.Phenomenon{
	Needs: needsCalls,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		all := crossings(j, naive, xs)
		if all == nil {
			return claim.Refuse(j, cited(of(naive, xs)), "every reply was written to the connection of its request")
		}
		for _, c := range all {
			for _, x := range on(c.to.Client, c.reply, of(naive, xs)) {
				if x.wrong() && x.reply == c.of.request {
					return claim.Confirm(cited([]exchange{c.of, x}, c.reply), "%s was told that %s has won %s: the server had written it to the wrong connection",
						x.request.user, x.reply.user, x.prize)
				}
			}
		}
		return claim.Refuse(j, cited(of(naive, xs)), "a reply was written to the wrong connection, and nobody took it")
	}),
}
