package main

import (
	"fmt"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// missed is a request that timed out on a connection which was used again, by a
// client that takes whatever comes.
type missed struct {
	exchange
	after []exchange // what was made of the requests after it, on that connection
}

// missedOnes lists them.
func missedOnes(xs []exchange) []missed {
	var all []missed
	for _, x := range of(naive, xs) {
		if x.did != didTimeOut && x.did != didCancel {
			continue
		}
		if after := on(x.Socket, x.Event, of(naive, xs)); len(after) > 0 {
			all = append(all, missed{x, after})
		}
	}
	return all
}

// sentBy is when the server wrote the reply to a question, before an event; nil: it
// was not seen to.
func sentBy(j *journal.Journal, q question, before *journal.Event) *journal.Event {
	for _, e := range claim.Calls(j, "", "write") {
		if r, _, ok := parse(e.Call.Data, replyWord); ok && r == q && e.N < before.N {
			return e
		}
	}
	return nil
}

// noneMissed is the finding where nothing was put to the test.
func noneMissed(j *journal.Journal) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("no request was given up whose connection was used again")
}

var sr1 = claim.Claim{
	ID: "SR1", Statement: "on a long connection, a request that timed out leaves its reply to be read by the next request",
	Source: article000, Quantity: claim.Always,
	Precondition: "the reply comes before the next request's does, and the client does not look whose it is",
	Needs:        needsCalls,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		var told []int
		for _, m := range missedOnes(xs) {
			next := m.after[0]
			reply := sentBy(j, m.request, next.Event)
			if m.did != didTimeOut || reply == nil || next.read == nil || reply.N > next.read.N {
				continue
			}
			if next.did != didTake || next.reply != m.request {
				return claim.Refute(cited([]exchange{m.exchange, next}, reply), "%s was given up, and the next request, %s, was %s: %s", m.request, next.request, next.did, next.reply)
			}
			told = append(told, cited([]exchange{m.exchange, next}, reply)...)
		}
		if told == nil {
			return noneMissed(j)
		}
		return claim.Confirm(told, "each time the next request on the connection read the reply of the one that was given up")
	}),
}

var sr2 = claim.Claim{
	ID: "SR2", Statement: "from then on every reply answers the request before it",
	Source: article000, Quantity: claim.Always,
	Precondition: "a reply was read by the request after its own, and at least one more request follows on that connection",
	Needs:        needsCalls,
	Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
		var off []exchange
		for _, m := range missedOnes(xs) {
			if len(m.after) < 2 || m.after[0].reply != m.request {
				continue
			}
			for i := 1; i < len(m.after); i++ {
				x, before := m.after[i], m.after[i-1]
				if x.did != didTake {
					break // another was given up: by two from here on
				}
				if x.reply != before.request {
					return claim.Refute(cited([]exchange{before, x}), "the reply to %s was taken for the answer to %s", x.reply, x.request)
				}
				off = append(off, x)
			}
		}
		if off == nil {
			return noneMissed(j)
		}
		return claim.Confirm(cited(off), "every reply taken after that on the same connection was the one before: %d", len(off))
	}),
}

// misled is the phenomenon of the late reply: somebody was told another's answer,
// because a request before it had been given up.
func misled(reason func(j *journal.Journal, m *missed) claim.Finding) claim.Phenomenon {
	return claim.Phenomenon{
		Needs: needsCalls,
		Check: judged(func(j *journal.Journal, xs []exchange) claim.Finding {
			for _, m := range missedOnes(xs) {
				next := m.after[0]
				if !next.wrong() || next.reply != m.request {
					continue
				}
				why := reason(j, &m)
				if why.Verdict != claim.Confirmed {
					return why
				}
				return claim.Confirm(append(why.Events, cited([]exchange{m.exchange, next})...), "%s was told that %s has won %s: %s",
					next.request.user, next.reply.user, next.prize, why.Because)
			}
			if len(of(naive, xs)) == 0 {
				return noneMissed(j)
			}
			return claim.Refuse(j, cited(of(naive, xs)), "%s", noneTold(xs))
		}),
	}
}

// noneTold says why nobody was told another's answer.
func noneTold(xs []exchange) string {
	gave, wrong := 0, 0
	for _, x := range of(naive, xs) {
		if x.did == didTimeOut || x.did == didCancel {
			gave++
		}
		if x.wrong() {
			wrong++
		}
	}
	if gave == 0 && wrong == 0 {
		return "no request was given up: every reply came in time, and was taken for its own request's"
	}
	return fmt.Sprintf("%d requests were given up, and %d replies were taken for another's: none of the one before", gave, wrong)
}

// anyReason does not ask why the reply was late.
func anyReason(_ *journal.Journal, m *missed) claim.Finding {
	return claim.Confirm(nil, "%s had given up waiting", m.request.user)
}

// wasCancelled judges that the request had been cancelled, not waited for.
func wasCancelled(_ *journal.Journal, m *missed) claim.Finding {
	if m.did != didCancel {
		return claim.Refute(cited([]exchange{m.exchange}), "%s had waited for the reply", m.request.user)
	}
	return claim.Confirm(nil, "%s's request had been cancelled, and the connection used again", m.request.user)
}

// lateServer judges that the server had not answered when the client gave up.
func lateServer(j *journal.Journal, m *missed) claim.Finding {
	if m.did != didTimeOut {
		return claim.Refute(cited([]exchange{m.exchange}), "%s had not waited for the reply", m.request.user)
	}
	reply := sentBy(j, m.request, m.after[0].Event)
	if reply == nil || reply.N < m.read.N {
		return claim.Refute(claim.Numbers(m.read, reply), "the server had answered before %s gave up", m.request.user)
	}
	return claim.Confirm(claim.Numbers(m.read, reply), "the server answered after %s had given up", m.request.user)
}

// lateNetwork judges that the server had answered before the client gave up, and
// that the segment arrived after.
func lateNetwork(j *journal.Journal, m *missed) claim.Finding {
	if m.did != didTimeOut {
		return claim.Refute(cited([]exchange{m.exchange}), "%s had not waited for the reply", m.request.user)
	}
	reply := sentBy(j, m.request, m.read)
	if reply == nil || reply.T > m.read.T+m.read.Call.TookNS {
		return claim.Refute(claim.Numbers(m.read, reply), "the server had not answered when %s gave up", m.request.user)
	}
	return claim.Confirm(claim.Numbers(m.read, reply), "the server had answered before %s gave up, and the network was late", m.request.user)
}
