package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// record is what a policy made of a run.
type record struct {
	policy
	requests []exchange // what became of each request at last, in order
	conns    []*tcp.Conn
}

// comparePolicies is the table of what became of each policy's requests.
func comparePolicies(v *tcp.View) *claim.Comparison {
	var records []record
	for _, p := range everyPolicy {
		if len(by(p, v)) > 0 {
			records = append(records, recordOf(v, p))
		}
	}
	return claim.Across("What each policy made of it", records, func(r *record) string { return string(r.policy) },
		tally("requests", func(exchange) bool { return true }),
		tally("right answers", exchange.answered),
		tally("wrong answers", exchange.wrong),
		tally("timeouts", func(x exchange) bool { return x.did == didTimeOut }),
		tally("other errors", func(x exchange) bool { return x.did == didRefuse || x.failed() }),
		claim.Show("answers lost", lost),
		claim.Show("connections", func(r *record) claim.Cell { return claim.Told(strconv.Itoa(len(r.conns))) }),
		claim.Show("segments", segments),
		claim.Show("right again", rightAgain),
		claim.Show("the tablet goes to", winners),
	)
}

// recordOf collects what a policy made of a run. A reply that was discarded is not the last
// word on a request.
func recordOf(v *tcp.View, p policy) record {
	return record{
		policy:   p,
		requests: tcp.Where(by(p, v), func(x exchange) bool { return x.did != didDiscard }),
		conns:    tcp.Where(v.Conns, func(c *tcp.Conn) bool { return ownerOf(c, accountOf(v).all) == p }),
	}
}

// ownerOf is the policy of the client that made a connection. One over which
// nothing was asked is that of the client that gave up last: it has connected again.
func ownerOf(c *tcp.Conn, xs []exchange) policy {
	var last policy
	for _, x := range xs {
		if x.socket == c.Client {
			return x.policy
		}
		if x.N < c.Connect.N {
			last = x.policy
		}
	}
	return last
}

// tally shows how many requests came out so.
func tally(what string, is func(exchange) bool) claim.Aspect[record] {
	return claim.Show(what, func(r *record) claim.Cell {
		some := tcp.Where(r.requests, is)
		return claim.Told(strconv.Itoa(len(some)), shown(some...)...)
	})
}

// lost counts the replies that were sent and reached nobody who had asked for them.
func lost(r *record) claim.Cell {
	var never []*journal.Event
	for _, c := range r.conns {
		for _, e := range c.Server.CallsOf(0, 0, "write") {
			q, _, ok := parse(e.Call.Data, replyWord)
			if ok && !slices.ContainsFunc(r.requests, func(x exchange) bool {
				return x.socket == c.Client && x.request == q && x.answered()
			}) {
				never = append(never, e)
			}
		}
	}
	return claim.Told(strconv.Itoa(len(never)), never...)
}

// segments counts what both ends sent, repetitions aside.
func segments(r *record) claim.Cell {
	n := 0
	for _, c := range r.conns {
		if len(c.Segments) == 0 {
			return claim.Told("")
		}
		n += len(c.FirstSent())
	}
	return claim.Told(strconv.Itoa(n))
}

// rightAgain tells how soon after the first request without its own answer every
// later one had it.
func rightAgain(r *record) claim.Cell {
	bad := tcp.Where(r.requests, func(x exchange) bool { return !x.answered() })
	if len(bad) == 0 {
		return claim.Told("")
	}
	first, last := bad[0], bad[len(bad)-1]
	switch last.N {
	case r.requests[len(r.requests)-1].N:
		return claim.Told("never", shown(last)...)
	case first.N:
		return claim.Told("at once", shown(first)...)
	}
	return claim.Told("after "+time.Duration(last.T-first.T).Round(time.Millisecond).String(), shown(last)...)
}

// winners names who was told to have won the tablet.
func winners(r *record) claim.Cell {
	told := tcp.Where(r.requests, func(x exchange) bool { return x.did == didTake && x.prize == tablet })
	if len(told) == 0 {
		return claim.Told("nobody")
	}
	var names []string
	for _, x := range told {
		names = append(names, x.request.user)
	}
	return claim.Told(strings.Join(names, ", "), shown(told...)...)
}
