package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// exchange is what an application made of a request, with the calls that show it.
type exchange struct {
	*journal.Event                // of kind answer
	socket         *tcp.Socket    //
	policy         policy         //
	did            string         //
	asked, read    *journal.Event // the calls
	request, reply question       // as the bytes say, not as the application does
	prize          string         // what the reply brings
}

// account is what applications made of their requests, in order. What they say is not
// believed: whose request and whose reply it was stands in the bytes that were written and
// read. An exchange whose calls are not in the journal, or show something else, is left
// out, and unfounded.
type account struct {
	all       []exchange
	unfounded *journal.Event
	missing   *journal.Event // a request with no word on what became of it
}

var accountOf = tcp.Derived(func(v *tcp.View) (a account) {
	for _, e := range v.Events(func(e *journal.Event) bool { return e.Answer != nil }) {
		if x, ok := founded(v, e); ok {
			a.all = append(a.all, x)
		} else {
			a.unfounded = e
		}
	}
	a.missing = unaccounted(v, a.all)
	return a
})

// unaccounted is a request, of a client that says what becomes of them, with no word on
// what became of this one; nil: there is none.
func unaccounted(v *tcp.View, xs []exchange) *journal.Event {
	known, speaks := map[int]bool{}, map[string]bool{}
	for _, x := range xs {
		known[x.asked.N], speaks[x.Socket] = true, true
	}
	for _, e := range v.Calls("write") {
		if _, _, ok := parse(e.Call.Data, askWord); ok && speaks[e.Socket] && !known[e.N] {
			return e
		}
	}
	return nil
}

// founded reads an exchange from the calls that it names.
func founded(v *tcp.View, e *journal.Event) (x exchange, ok bool) {
	a := e.Answer
	x = exchange{Event: e, socket: v.Socket(e.Socket), policy: policy(a.Policy), did: a.Did, asked: callOf(v, a.Asked), read: callOf(v, a.Read)}
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
		return x, x.read.Call.Errno == journal.EAGAIN
	case didFail:
		return x, x.read.Call.Result <= 0
	}
	x.reply, x.prize, ok = parse(x.read.Call.Data, replyWord)
	return x, ok && x.did == x.policy.makesOf(x.reply.number == x.request.number)
}

// callOf is the call of a number; nil: there is none.
func callOf(v *tcp.View, n int) *journal.Event {
	if e := v.Event(n); e != nil && e.Call != nil {
		return e
	}
	return nil
}

// right says whether the reply that was read is the request's.
func (x exchange) right() bool { return x.reply == x.request }

// answered says whether that was taken for the answer, and wrong whether another's was.
func (x exchange) answered() bool { return x.did == didTake && x.right() }
func (x exchange) wrong() bool    { return x.did == didTake && !x.right() }

// gaveUp says whether the application no longer waited for the reply.
func (x exchange) gaveUp() bool { return x.did == didTimeOut || x.did == didCancel }

// failed says whether its connection was lost.
func (x exchange) failed() bool { return x.did == didFail }

// shown are the events that show exchanges.
func shown(xs ...exchange) []*journal.Event {
	var all []*journal.Event
	for _, x := range xs {
		all = append(all, x.asked, x.read, x.Event)
	}
	return all
}

// cite lets a case rest on exchanges.
func cite(c *claim.Case, xs ...exchange) {
	for _, x := range xs {
		c.About(x.socket)
	}
	c.Cite(shown(xs...)...)
}

// Cite lets a case rest on an exchange.
func (x exchange) Cite(c *claim.Case) { cite(c, x) }

// by lists the exchanges of a policy's clients.
func by(p policy, v *tcp.View) []exchange {
	return tcp.Where(accountOf(v).all, func(x exchange) bool { return x.policy == p })
}

// on narrows a list to those on a socket, after an event, or with 0 to all on it.
func on(s *tcp.Socket, after int, xs []exchange) []exchange {
	return tcp.Where(xs, func(x exchange) bool { return x.socket == s && x.N > after })
}

// sound asks that what every application says can be seen in its calls.
func sound(c *claim.Case) {
	a := accountOf(c.View)
	c.Given(a.unfounded == nil, "what an application says of a request its calls do not show")
	c.Given(a.missing == nil || c.Journal.Stopped != "", "what became of a request is not in the journal")
}

// each tests everything of one kind in a sound run.
func each[T any](list func(v *tcp.View) []T, test func(c *claim.Case, x T)) claim.Rule {
	return claim.Each(list, func(c *claim.Case, x T) {
		sound(c)
		test(c, x)
	})
}

// repliesTo lists the calls by which a server's socket wrote the reply to a request, after it
// was made and before an event.
func repliesTo(x *exchange, s *tcp.Socket, before int) []*journal.Event {
	return tcp.Where(s.CallsOf(x.asked.N, before, "write"), func(e *journal.Event) bool {
		q, _, ok := parse(e.Call.Data, replyWord)
		return ok && q == x.request
	})
}

// replyTo is when the server wrote it to the request's own connection; nil: it was not seen to.
func replyTo(x *exchange, before int) *journal.Event {
	return tcp.First(repliesTo(x, x.socket.Peer(), before))
}
