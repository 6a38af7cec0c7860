package main

import (
	"time"

	"sockproof/cmd/badpeer/internal/protocol"
)

// lateMode withholds a reply until the program has given up on it.
var lateMode = mode{
	name: "late", usage: "withhold a reply until the program has given up on it, and then send it",
	copes:     "it never takes the reply for another request's",
	untried:   "let it make a request",
	protocols: dialogues, flags: patienceFlags(),
	play:  func(p *play) player { return &latecomer{well: well{p}} },
	judge: judgeLate,
}

// dialogues are the protocols that have requests and replies.
var dialogues = []string{"line", "http", "resp", "modbus", "postgres"}

type latecomer struct {
	well
	owing  *conn     // the connection on which a reply is withheld
	since  time.Time // when it was
	asked2 time.Time // when the program asked again on it
	moved  bool      // it asked on another connection
	sent   bool      // the reply was sent, or cannot be any more
}

// grace is how long a program that asks again on a connection that owes it a reply has to
// be seen to wait.
const grace = 20 * time.Millisecond

func (l *latecomer) request(c *conn, r protocol.Request) {
	switch {
	case l.owing == nil:
		c.withhold(r)
		l.owing, l.since = c, time.Now()
		l.acted = true
		l.note(did, c, []byte(r.Same), "withheld the reply to the first request")
	case l.sent:
		c.answer(r)
	case c == l.owing:
		if l.asked2.IsZero() {
			l.asked2 = time.Now()
			l.note(gaveUp, c, []byte(r.Same), "by its next request on the same connection, or it pipelines")
		}
		c.owed = append(c.owed, r)
	default:
		l.moved = true
		c.answer(r)
	}
}

func (l *latecomer) turn() {
	c := l.owing
	if c == nil || l.sent {
		return
	}
	switch {
	case c.reset || !c.end.IsOpen():
		l.sent = true
		l.note(gaveUp, c, nil, "by resetting the connection")
	case c.fin && !c.held():
		l.sent = true
		l.note(gaveUp, c, nil, "by closing the connection")
		c.close()
	case l.moved:
		l.note(gaveUp, c, nil, "by asking on another connection")
		l.pay()
	case !l.asked2.IsZero() && time.Since(l.asked2) > grace:
		l.pay()
	}
}

// pay sends all that is owed, the reply that is late first.
func (l *latecomer) pay() {
	l.sent = true
	c := l.owing
	for i, r := range c.owed {
		c.write(c.reply(r))
		if i == 0 {
			l.note(late, c, []byte(r.Same), "")
		} else {
			l.note(answered, c, []byte(r.Same), "")
		}
	}
	c.owed = nil
	if c.fin {
		c.close()
	}
}

// done: a program that waits longer than --patience has no timeout.
func (l *latecomer) done() bool {
	return l.owing != nil && !l.sent && l.asked2.IsZero() && time.Since(l.since) > l.patience
}

// judgeLate says whether the program took the late reply for another request's.
func judgeLate(r *record) verdict {
	of, told := r.first(withheld), r.first(judged)
	up := r.first(gaveUp)
	switch {
	case told.Detail != "" && told.Request == "stale":
		return fails("%s", told.Detail)
	case up.What == "" && r.end.byItself():
		return copes("it gave up by ending: it %s, %s", r.end.how(), r.sinceDid())
	case up.What == "" && r.has(alive):
		return fails("no timeout: it waited for the reply for %s, and did not give up", short(r.first(alive).AtNS-of.AtNS))
	case up.What == "":
		return open("give it longer, or a shorter timeout of its own", "it had not given up on the reply when the run ended")
	case told.Request == "clean" && r.has(late):
		return judgeClean(r, told)
	case told.Request != "" && told.Request != "clean":
		return open("see what --replies reads: a line for each request and its reply", "%s", told.Detail)
	}
	for _, f := range r.after(up) {
		if f.What == asked && f.Conn == of.Conn || up.Request != "" {
			return open("let CMD print each request and the reply that it took for it, request<TAB>reply, and give --replies", "it made another request on the connection on which a reply was late: whether it took that reply for this request's cannot be seen from outside")
		}
	}
	if up.Request != "" {
		return open("let CMD print each request and the reply that it took for it, request<TAB>reply, and give --replies", "two of its requests were outstanding on one connection: it pipelines, or had given up on the first")
	}
	return copes("it gave up %s, %s after it had asked, and used the connection no more", up.Detail, short(up.AtNS-of.AtNS))
}

// judgeClean is the verdict on a program all of whose replies were right.
func judgeClean(r *record, told fact) verdict {
	if r.has(said) && r.wants("gave-up") {
		return copes("it gave up %s, and all replies were right: %s", r.first(gaveUp).Detail, told.Detail)
	}
	return copes("%s", told.Detail)
}
