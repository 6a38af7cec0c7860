package main

import (
	"cmp"
	"strings"

	"sockproof/cmd/badpeer/internal/protocol"
)

// idleCloseMode closes a connection that was kept alive while the next request is on its way.
var idleCloseMode = mode{
	name: "idle-close", usage: "close a kept-alive connection so that its FIN crosses the next request",
	copes:     "it tries a request again that may be (GET HEAD PUT DELETE OPTIONS, --safe) and succeeds; one that may not be (POST, --unsafe) it reports, and does not try again unless with the same Idempotency-Key",
	untried:   "let it make two requests, one after the other, on a connection that is kept alive",
	protocols: dialogues, flags: retryFlags(),
	play:  func(p *play) player { return &crosser{well: well{p}} },
	judge: judgeIdleClose,
}

// crosser answers one request, and closes when the next has left and not arrived.
type crosser struct {
	well
	idle    *conn // the connection that is kept alive, which the path to is dead
	dropped int64 // segments, when it became so
	weak    bool  // a filter may not be attached: the request is read, and then reset
	crossed *protocol.Request
	others  []attempt // since, on other connections
}

// attempt is a request that may be made for the one that crossed.
type attempt struct {
	c *conn
	protocol.Request
}

func (x *crosser) request(c *conn, r protocol.Request) {
	switch {
	case c == x.idle && !x.acted: // the filter could not be attached
		c.misbehave(func() { c.end.Reset() },
			"reset the connection when the request had arrived (a variant: a FIN that crosses needs a socket filter, which this user may not attach; --isolate lets it)")
		x.cross(c, r)
	case c == x.idle: // sent again by the kernel, after the FIN
		x.cross(c, r)
		x.t.AtOnce(func() { c.end.Reset() })
	case x.idle == nil && !r.Last:
		c.answer(r)
		x.idle, x.dropped = c, c.end.Dropped()
		x.weak = c.end.TryDropAll() != ""
	default:
		c.answer(r)
		if x.acted {
			x.another(attempt{c, r})
		}
	}
}

// cross notes the request that crossed. Other attempts may have come before it is known.
func (x *crosser) cross(c *conn, r protocol.Request) {
	x.note(crossed, c, []byte(r.Same), "%s", labels(r))
	if x.crossed == nil {
		x.crossed = &r
		for _, a := range x.others {
			x.compare(a)
		}
	}
}

// another takes in a request that comes on another connection.
func (x *crosser) another(a attempt) {
	x.others = append(x.others, a)
	if x.crossed != nil {
		x.compare(a)
	}
}

// compare notes what a request has in common with the one that crossed, if it is not known by its
// text that it is the same.
func (x *crosser) compare(a attempt) {
	sameKey := a.Key != "" && a.Key == x.crossed.Key
	switch {
	case a.Same == x.crossed.Same && a.Key != x.crossed.Key:
		x.note(rekeyed, a.c, []byte(a.Same), "")
	case a.Same != x.crossed.Same && sameKey:
		x.note(akin, a.c, []byte(a.Same), withTheKey)
	case a.Same != x.crossed.Same && a.Kin == x.crossed.Kin:
		x.note(akin, a.c, []byte(a.Same), "")
	}
}

// withTheKey is the detail of a request of another content.
const withTheKey = "with the same Idempotency-Key"

// turn sends the FIN once the next request has been dropped. The kernel sends that again: then
// it is read, for attempts at it to be counted, and reset as it is by a server that has closed.
func (x *crosser) turn() {
	c := x.idle
	if c == nil || x.weak || x.acted || !c.open() || c.end.Dropped() == x.dropped {
		return
	}
	x.dropped = c.end.Dropped()
	far, found := x.clients.Find(c.far, x.at)
	switch {
	case found && far.StateName() == "ESTABLISHED" && far.TxQueue == 0: // an acknowledgement alone
	case found && far.StateName() == "ESTABLISHED":
		c.misbehave(func() {
			c.end.ShutdownWrite()
			c.end.DropNothing()
		}, "closed the connection while a request of %d bytes was on its way: its FIN crossed the request", far.TxQueue)
	default: // the program has closed first
		x.t.AtOnce(func() { c.end.DropNothing() })
		x.idle = nil
	}
}

// done is never: the program must end.
func (x *crosser) done() bool { return false }

// judgeIdleClose counts attempts at the request that crossed.
func judgeIdleClose(r *record) verdict {
	of := r.first(crossed)
	if of.What == "" {
		return open("see that it lives until its request is answered, or refused", "the request that crossed was not sent again by the program's kernel, so that it is not known which it was; the program %s", r.end.how())
	}
	own, again := r.attempts(of)
	like := r.alike()
	idempotent := r.wants("safe") || !r.wants("unsafe") && safeMethod(of.Detail)
	switch {
	case own > 0 && again > 0:
		return open(eachAnother, "it made the same request before and after: the second may be an attempt at the one that crossed, or a request of its own")
	case !idempotent && !r.wants("unsafe") && of.Detail == "":
		return open("say what it sends: --safe or --unsafe", "it made %s at the request that crossed; whether it may is not known", count(again, "other attempt"))
	case like > 0 && (again == 0 || !idempotent):
		return open(eachAnother, "it made %s since on another connection, and whether that is a second attempt is not known: only its content differs from that of the request that crossed", count(like, "request"))
	case !idempotent && again == 0 && !r.has(akin):
		return judgeReported(r)
	case !idempotent:
		return judgeSecond(r, of)
	case again == 0:
		return fails("it made no second attempt at a request that may be made again (%s), and %s", cmp.Or(of.Detail, "--safe"), r.end.how())
	}
	return judgeRetried(r)
}

const eachAnother = "let each of its requests be another (a number in the target), and the same in each attempt"

// alike counts the requests that may be second attempts, by all that is seen of them: those with the
// key of the one that crossed are.
func (r *record) alike() (n int) {
	for _, f := range r.of(akin) {
		if f.Detail != withTheKey {
			n++
		}
	}
	return n
}

// attempts counts how often the request that crossed was made before, and on other connections
// after. Where no filter could be attached it was read before the peer misbehaved: the last
// one on its connection is that request itself.
func (r *record) attempts(of fact) (own, again int) {
	since := r.first(did).AtNS
	read := true // it had arrived by then
	for _, f := range r.of(asked) {
		switch {
		case f.Request != of.Request:
		case f.AtNS < since:
			own++
		case f.Conn != of.Conn:
			again++
		default:
			read = false
		}
	}
	if read && own > 0 {
		own--
	}
	return own, again
}

// judgeRetried is the verdict on a request that may be made again, and was.
func judgeRetried(r *record) verdict {
	switch {
	case r.said("success"), !r.wants("success") && r.end.byItself() && r.end.Status == 0:
		return copes("it made a second attempt on another connection, and %s", r.end.how())
	case r.wants("success") && r.has(unkept):
		return open(lessOutput, "it made a second attempt; %s", r.first(unkept).Detail)
	case r.wants("success"):
		return fails("it made a second attempt, and its output has no --success")
	}
	return fails("it made a second attempt, which was answered, and yet %s", r.end.how())
}

// judgeReported is the verdict on a request that may not be made again, and was not.
func judgeReported(r *record) verdict {
	if r.said("error") || !r.wants("error") && r.end.byItself() && r.end.Status != 0 {
		return copes("it reported an error, and made no second attempt: it %s", r.end.how())
	}
	return open("give --error REGEX, by which its output tells that the request failed", "it made no second attempt, and %s: whether it knows that the request failed is not seen", r.end.how())
}

// judgeSecond is the verdict on a request that may not be made again, and was.
func judgeSecond(r *record, of fact) verdict {
	if !strings.HasSuffix(of.Detail, keyed) {
		return fails("it made a second attempt at a request that may not be made twice (%s)", of.Detail)
	}
	for _, f := range r.of(asked) {
		if f.Request == of.Request && f.Conn != of.Conn && f.AtNS >= r.first(did).AtNS && f.Detail != of.Detail {
			return fails("it made a second attempt without the Idempotency-Key of the first")
		}
	}
	if r.has(rekeyed) {
		return fails("it made a second attempt with another Idempotency-Key than the first, by which a server takes it for another request")
	}
	return copes("it made a second attempt with the same Idempotency-Key")
}

// safeMethod says whether a request of http may be made again (RFC 9110 §9.2.2). Of other
// protocols nobody knows.
func safeMethod(label string) bool {
	switch label {
	case "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE":
		return true
	}
	return false
}

// said says whether the program's output had what was looked for.
func (r *record) said(which string) bool {
	for _, f := range r.of(said) {
		if f.Detail == which {
			return true
		}
	}
	return false
}
