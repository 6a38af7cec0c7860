package main

import (
	"fmt"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// noneLate is the finding where no policy was put to the test.
func noneLate(j *journal.Journal, p policy) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("no client with the policy %s was seen to meet a late reply", p)
}

// gaveUp is the first of some exchanges that was given up; ok: there is one.
func gaveUp(xs []exchange) (x exchange, ok bool) {
	for _, x := range xs {
		if x.did == didTimeOut || x.did == didCancel {
			return x, true
		}
	}
	return x, false
}

// anyWrong is the first of some exchanges in which another's reply was taken; ok:
// there is one.
func anyWrong(xs []exchange) (x exchange, ok bool) {
	for _, x := range xs {
		if x.wrong() {
			return x, true
		}
	}
	return x, false
}

// takesAnothers refutes a claim by an exchange.
func takesAnothers(x exchange) claim.Finding {
	return claim.Refute(cited([]exchange{x}), "%s took the reply to %s for the answer to %s", x.policy, x.reply, x.request)
}

var sr3 = claim.Claim{
	ID: "SR3", Statement: "closing and reconnecting after a timeout is the simplest cure",
	Source: article000, Quantity: claim.Always,
	Precondition: "a request timed out, and others were made over a new connection; whether a cure is simple cannot be tested, only that it is one",
	Needs:        needsCalls,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		mine := of(reconnect, xs)
		if x, wrong := anyWrong(mine); wrong {
			return takesAnothers(x)
		}
		var told []exchange
		for i, x := range mine {
			if x.did != didTimeOut || i+1 >= len(mine) {
				continue
			}
			next := mine[i+1]
			if next.Socket == x.Socket {
				return claim.Unclear("%s went on over the same connection", x.policy)
			}
			if next.did == didTake {
				told = append(told, x, next)
			}
		}
		if told == nil {
			return noneLate(j, reconnect)
		}
		return claim.Confirm(cited(told), "over the new connection the next request had its own reply, and no reply was taken for another's")
	}),
}

var sr7 = claim.Claim{
	ID: "SR7", Statement: "with a sequence id in request and reply, a wrong reply is never taken for the right one",
	Source: article000, Quantity: claim.Always,
	Precondition: "the client compares the id, and a reply came that is another request's",
	Needs:        needsCalls,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		var met, unique, wrong []exchange
		for _, x := range xs {
			switch {
			case !x.policy.looks() || x.did == didTimeOut || x.did == didFail || x.did == didCancel:
			case x.wrong():
				wrong = append(wrong, x)
			case x.right():
			case x.policy.unique():
				unique = append(unique, x)
			default:
				met = append(met, x)
			}
		}
		switch {
		case wrong != nil:
			return claim.Refute(cited(append(unique, wrong...)), "%s", takenByID(wrong, unique))
		case met == nil && unique == nil:
			return noneLate(j, compare)
		}
		return claim.Confirm(cited(append(met, unique...)), "none of the replies to another request that were read was taken: %d", len(met)+len(unique))
	}),
}

// takenByID says why another's reply passed for a request's own.
func takenByID(wrong, unique []exchange) string {
	x := wrong[0]
	said := fmt.Sprintf("%s took the reply to %s for the answer to %s", x.policy, x.reply, x.request)
	if x.reply.number == x.request.number {
		said += ": the ids are the same, for each connection counts its own"
	}
	if len(unique) > 0 && !slices.ContainsFunc(wrong, func(x exchange) bool { return x.policy.unique() }) {
		said += fmt.Sprintf("; none of those that were read with ids that no other connection uses was taken: %d", len(unique))
	}
	return said
}

// minAfter is how many requests have to follow, for a connection to be said not
// to recover.
const minAfter = 2

var sr8 = claim.Claim{
	ID: "SR8", Statement: "an id that is only compared, with an error on mismatch, leaves the connection off by one for good",
	Source: fieldReports, Quantity: claim.Always,
	Precondition: "a late reply came, and at least two more requests follow on the connection",
	Needs:        needsCalls,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		mine := of(compare, xs)
		first, ok := gaveUp(mine)
		if !ok {
			return noneLate(j, compare)
		}
		after := on(first.Socket, first.Event, mine)
		if len(after) < minAfter {
			return noneLate(j, compare)
		}
		for _, x := range after {
			if x.did == didTake {
				return claim.Refute(cited([]exchange{first, x}), "after %s had been given up, the answer to %s was %s: it had recovered", first.request, x.request, x.reply)
			}
		}
		return claim.Confirm(cited(append(after, first)), "of the %d requests after the one that was given up, none had an answer: the replies were there, each one request too late", len(after))
	}),
}

var sr9 = claim.Claim{
	ID: "SR9", Statement: "an id with discard-and-keep-reading recovers without reconnecting",
	Source: fieldReports, Quantity: claim.Always,
	Precondition: "a late reply came, and was read",
	Needs:        needsCalls,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		mine := of(discard, xs)
		var told []exchange
		for i, x := range mine {
			if x.did != didDiscard || i+1 >= len(mine) {
				continue
			}
			next := mine[i+1]
			switch {
			case next.Socket != x.Socket || next.did == didFail:
				return claim.Refute(cited([]exchange{x, next}), "after a reply had been discarded the connection was given up")
			case next.did == didTake && next.right():
				told = append(told, x, next)
			case next.did != didDiscard && next.did != didTimeOut:
				return claim.Refute(cited([]exchange{x, next}), "after %s had been discarded, %s was %s", x.reply, next.request, next.did)
			}
		}
		if told == nil {
			return noneLate(j, discard)
		}
		return claim.Confirm(cited(told), "each reply that was discarded was followed, on the same connection, by that of the request that had met it")
	}),
}

var sr10 = claim.Claim{
	ID: "SR10", Statement: "draining the socket before each send is not a cure: the late reply can arrive just after",
	Source: fieldReports, Quantity: claim.Can,
	Precondition: "the connection was empty when it was drained, and the late reply came after",
	Needs:        needsCalls,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		for _, x := range of(drain, xs) {
			if !x.wrong() {
				continue
			}
			if empty := drained(j, &x); empty != nil {
				return claim.Confirm(cited([]exchange{x}, empty), "the connection was drained, and was empty, and still the reply to %s was taken for the answer to %s", x.reply, x.request)
			}
		}
		return noneLate(j, drain)
	}),
}

// drained is the read by which a client found its connection empty, just before
// it made a request; nil: it did not.
func drained(j *journal.Journal, x *exchange) *journal.Event {
	var last *journal.Event
	for i := range j.Events {
		if e := &j.Events[i]; e.Call != nil && e.Socket == x.Socket && e.N < x.asked.N {
			last = e
		}
	}
	if last != nil && last.Call.Op == "recvfrom" && last.Call.Errno == "EAGAIN" {
		return last
	}
	return nil
}
