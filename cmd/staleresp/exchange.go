package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// exchange is what an application made of a request, with the calls that show it.
type exchange struct {
	*journal.Event                // of kind answer
	policy         policy         //
	did            string         //
	asked, read    *journal.Event // the calls
	request, reply question       // as the bytes say, not as the application does
	prize          string         // what the reply brings
}

// exchanges lists what applications made of their requests, in order. What they
// say is not believed: whose request and whose reply it was stands in the bytes
// that were written and read. An exchange whose calls are not in the journal, or
// show something else, is left out, and unfounded.
func exchanges(j *journal.Journal) (all []exchange, unfounded *journal.Event) {
	calls := map[int]*journal.Event{}
	for i := range j.Events {
		if e := &j.Events[i]; e.Call != nil {
			calls[e.N] = e
		}
	}
	for i := range j.Events {
		e := &j.Events[i]
		if e.Answer == nil || j.Played != 0 && e.N > j.Played {
			continue
		}
		x, ok := founded(e, calls)
		if !ok {
			unfounded = e
			continue
		}
		all = append(all, x)
	}
	return all, unfounded
}

// founded reads an exchange from the calls that it names.
func founded(e *journal.Event, calls map[int]*journal.Event) (x exchange, ok bool) {
	a := e.Answer
	x = exchange{Event: e, policy: policy(a.Policy), did: a.Did, asked: calls[a.Asked], read: calls[a.Read]}
	if x.asked == nil || x.asked.Socket != e.Socket || x.asked.N > e.N {
		return x, false
	}
	if x.request, _, ok = parse(x.asked.Call.Data, askWord); !ok {
		return x, false
	}
	replied := slices.Contains([]string{didTake, didRefuse, didDiscard}, a.Did)
	if !replied {
		return x, true
	}
	if x.read == nil || x.read.Socket != e.Socket || x.read.N > e.N {
		return x, false
	}
	x.reply, x.prize, ok = parse(x.read.Call.Data, replyWord)
	return x, ok
}

// right says whether the reply that was read is the request's.
func (x *exchange) right() bool { return x.reply == x.request }

// wrong says whether another's reply was taken for the answer.
func (x *exchange) wrong() bool { return x.did == didTake && !x.right() }

// cite are the events that show an exchange.
func (x *exchange) cite() []*journal.Event { return []*journal.Event{x.asked, x.read, x.Event} }

// cited are the numbers of the events that show exchanges, and of others.
func cited(xs []exchange, others ...*journal.Event) []int {
	for i := range xs {
		others = append(others, xs[i].cite()...)
	}
	return claim.Numbers(others...)
}

// of narrows a list to the exchanges of a policy.
func of(p policy, xs []exchange) []exchange {
	return slices.DeleteFunc(slices.Clone(xs), func(x exchange) bool { return x.policy != p })
}

// on narrows a list to those on a socket, after an event.
func on(socket string, after *journal.Event, xs []exchange) []exchange {
	return slices.DeleteFunc(slices.Clone(xs), func(x exchange) bool { return x.Socket != socket || x.N <= after.N })
}

// judged lets a check judge the exchanges of a journal, if what every application
// says can be seen in it.
func judged(check func(j *journal.Journal, xs []exchange) claim.Finding) claim.Check {
	return func(j *journal.Journal) claim.Finding {
		xs, unfounded := exchanges(j)
		if unfounded != nil {
			return claim.Unclear("what %s says in event %d, its calls do not show", unfounded.Socket, unfounded.N)
		}
		return check(j, xs)
	}
}
