package main

import "slices"

// policy is how a client that shares a connection tells which reply is its own.
type policy string

// The policies.
const (
	naive     policy = "naive"     // takes whatever comes for the answer
	compare   policy = "compare"   // compares the number, and fails if it is another
	discard   policy = "discard"   // compares the number, throws away what is another's, and reads on
	reconnect policy = "reconnect" // closes after a timeout, and connects again
	drain     policy = "drain"     // reads what is there before it sends
	pipeline  policy = "pipeline"  // sends without waiting, and finds each reply's request by its number
)

// policies are all of them, in the order in which they are shown.
var policies = []policy{naive, compare, discard, reconnect, drain, pipeline}

// Policies that only some scenarios have.
const (
	// As compare and discard, with numbers that no other connection uses.
	compareUnique policy = "compare, unique ids"
	discardUnique policy = "discard, unique ids"
	// As naive, but a connection whose request has had no reply is not used again.
	dirtyMark policy = "dirty mark"
	// As reconnect, and compares the number, which each connection counts for itself.
	counted policy = "reconnect, ids of each connection"
)

// everyPolicy are those of all scenarios, in the order in which they are shown.
var everyPolicy = append(slices.Clone(policies), compareUnique, discardUnique, dirtyMark, counted)

// compares says whether a policy fails a request that meets another's reply.
func (p policy) compares() bool { return p == compare || p == compareUnique || p == counted }

// looks says whether a policy looks at the number in a reply.
func (p policy) looks() bool {
	return p.compares() || p == discard || p == discardUnique || p == pipeline
}

// unique says whether its numbers are used on one connection only.
func (p policy) unique() bool { return p == compareUnique || p == discardUnique }

// makesOf is what a client with the policy makes of a reply that it reads, with the number
// of its request or with another.
func (p policy) makesOf(sameNumber bool) string {
	switch {
	case !p.looks() || sameNumber:
		return didTake
	case p.compares():
		return didRefuse
	}
	return didDiscard
}

// What an application did, as a journal.Answer says it.
const (
	didTake    = "taken"
	didRefuse  = "refused"   // the reply was another's: the request has failed
	didDiscard = "discarded" // the reply was another's: it reads on
	didTimeOut = "timed out"
	didCancel  = "cancelled"
	didFail    = "failed" // the connection was lost
)

// What there is to win in the lottery: the first user who asks a service wins the
// tablet.
const (
	tablet = "a tablet"
	coupon = "a coupon"
)

// users take part in the lottery, in this order.
var users = []string{"alice", "bob", "carol", "dave", "erin", "frank"}

// prize is what a user has won.
func prize(q question) string {
	if q.user == users[0] {
		return tablet
	}
	return coupon
}
