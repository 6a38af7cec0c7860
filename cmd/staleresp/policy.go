package main

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

// looks says whether a policy looks at the number in a reply.
func (p policy) looks() bool { return p == compare || p == discard || p == pipeline }

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
