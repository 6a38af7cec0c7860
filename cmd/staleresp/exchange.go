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
	for i := range j.Events {
		e := &j.Events[i]
		if e.Answer == nil || j.Played != 0 && e.N > j.Played {
			continue
		}
		x, ok := founded(j, e)
		if !ok {
			unfounded = e
			continue
		}
		all = append(all, x)
	}
	return all, unfounded
}

// untold is a request of a client that tells what becomes of them, with no word on
// what became of this one; nil: there is none.
func untold(j *journal.Journal, xs []exchange) *journal.Event {
	told, tells := map[int]bool{}, map[string]bool{}
	for _, x := range xs {
		told[x.asked.N], tells[x.Socket] = true, true
	}
	for _, e := range claim.Calls(j, "", "write") {
		if _, _, ok := parse(e.Call.Data, askWord); ok && tells[e.Socket] && !told[e.N] {
			return e
		}
	}
	return nil
}

// founded reads an exchange from the calls that it names.
func founded(j *journal.Journal, e *journal.Event) (x exchange, ok bool) {
	a := e.Answer
	x = exchange{Event: e, policy: policy(a.Policy), did: a.Did, asked: callOf(j, a.Asked), read: callOf(j, a.Read)}
	if x.asked == nil || x.asked.Socket != e.Socket || x.asked.N > e.N {
		return x, false
	}
	if x.request, _, ok = parse(x.asked.Call.Data, askWord); !ok {
		return x, false
	}
	if a.Did == didCancel {
		return x, true // nothing was read
	}
	if x.read == nil || x.read.Socket != e.Socket || x.read.N < x.asked.N || x.read.N > e.N {
		return x, false
	}
	switch a.Did {
	case didTimeOut:
		return x, x.read.Call.Errno == "EAGAIN"
	case didFail:
		return x, x.read.Call.Result <= 0
	}
	x.reply, x.prize, ok = parse(x.read.Call.Data, replyWord)
	return x, ok
}

// callOf is the call of that number; nil: there is none.
func callOf(j *journal.Journal, n int) *journal.Event {
	i, ok := slices.BinarySearchFunc(j.Events, n, func(e journal.Event, n int) int { return e.N - n })
	if !ok || j.Events[i].Call == nil {
		return nil
	}
	return &j.Events[i]
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

// on narrows a list to those on a socket, after an event, or with nil to all on it.
func on(socket string, after *journal.Event, xs []exchange) []exchange {
	return slices.DeleteFunc(slices.Clone(xs), func(x exchange) bool {
		return x.Socket != socket || after != nil && x.N <= after.N
	})
}

// judged lets a check judge the exchanges of a journal, if what every application
// says can be seen in it.
func judged(check func(j *journal.Journal, xs []exchange) claim.Finding) claim.Check {
	return func(j *journal.Journal) claim.Finding {
		xs, unfounded := exchanges(j)
		if unfounded != nil {
			return claim.Unclear("what %s says in event %d, its calls do not show", unfounded.Socket, unfounded.N)
		}
		if e := untold(j, xs); e != nil && j.Stopped == "" {
			return claim.Unclear("what became of the request of event %d is not in the journal", e.N)
		}
		return check(j, xs)
	}
}
