package main

import (
	"cmp"
	"time"

	"sockproof/cmd/badpeer/internal/protocol"
	"sockproof/cmd/badpeer/internal/token"
)

// lateMode withholds a reply until the program has given up on it.
var lateMode = mode{
	name: "late", usage: "withhold a reply until the program has given up on it, and then send it",
	copes:     "it never takes the reply for another request's",
	untried:   "let it make a request",
	protocols: dialogues, flags: append(patienceFlags(), everyFlag()),
	play:  func(p *play) player { return &latecomer{well: well{p}} },
	judge: judgeLate,
}

// dialogues are the protocols that have requests and replies.
var dialogues = []string{"line", "http", "resp", "modbus", "postgres"}

type latecomer struct {
	well
	count int       // requests so far
	owing *conn     // the connection on which a reply is withheld; nil: on none
	since time.Time // when it was
	again time.Time // when the program asked again on it; zero: it has not
	moved time.Time // when it asked on another connection; zero: it has not
}

// grace is how long a program that asks again on a connection that owes it a reply has to
// be seen to wait.
const grace = 20 * time.Millisecond

func (l *latecomer) request(c *conn, r protocol.Request) {
	l.count++
	switch {
	case l.owing == nil && l.isDue():
		c.withhold(r)
		l.owing, l.since, l.again, l.moved = c, time.Now(), time.Time{}, time.Time{}
		l.acted = true
		c.strike()
		l.note(did, c, []byte(r.Same), "withheld a reply")
	case l.owing == nil:
		c.answer(r)
	case c == l.owing:
		if l.again.IsZero() {
			l.again = time.Now()
			l.note(gaveUp, c, []byte(r.Same), "by its next request on the same connection, or it pipelines")
		}
		c.owed = append(c.owed, r)
	default:
		if l.moved.IsZero() {
			l.moved = time.Now()
		}
		c.answer(r)
	}
}

// movedOn is how a program may give up that keeps the connection: if it does, for it may as well wait
// for the reply while it asks for others elsewhere.
const movedOn = "by asking on another connection"

// isDue says whether a request is one whose reply is late: the first, or with --every N the
// first of each N.
func (l *latecomer) isDue() bool {
	return !l.acted || l.every > 0 && l.count%l.every == 1%l.every
}

func (l *latecomer) turn() {
	c := l.owing
	if c == nil {
		return
	}
	switch {
	case c.reset || !c.end.IsOpen():
		l.owing = nil
		l.note(gaveUp, c, nil, "by resetting the connection")
	case c.fin && !c.held():
		l.owing = nil
		l.note(gaveUp, c, nil, "by closing the connection")
		c.close()
	case !l.moved.IsZero() && time.Since(l.moved) > tail: // it has had the time to let go of this one
		l.note(gaveUp, c, nil, movedOn)
		l.pay()
	case !l.again.IsZero() && time.Since(l.again) > grace:
		l.pay()
	}
}

// pay sends all that is owed, the reply that is late first.
func (l *latecomer) pay() {
	c := l.owing
	l.owing = nil
	for i, r := range c.owed {
		c.write(c.reply(r))
		if i == 0 {
			l.lateReplies[token.Of(r.Text)] = r.Same
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
	return l.owing != nil && l.again.IsZero() && time.Since(l.since) > l.patience
}

// judgeLate says whether the program took a late reply for another request's: what it said it
// got decides; else what became of each reply that was withheld, the worst first.
func judgeLate(r *record) verdict {
	outcome, why := r.told()
	if outcome == "stale" {
		return fails("it took a reply for another request's: %s", why)
	}
	worst := verdict{}
	for _, of := range r.of(withheld) {
		v := judgeGivingUp(r, of)
		if worst.Word == "" || v.Word == failed || v.Word == undecided && worst.Word == coped {
			worst = v
		}
	}
	switch {
	case worst.Word == failed, outcome == "":
		return worst
	case outcome == "clean" && r.has(late) && !r.gaveUpOnLate():
		return open("let it give up: a timeout of its own, shorter than --patience", "it took no reply for another request's, but gave up on none: it took each that was late for the one that it waited for")
	case outcome == "clean" && r.has(late):
		return copes("it took no reply for another request's: %s", why)
	case outcome == "clean":
		return worst
	}
	return open(readBy, "%s", why)
}

// gaveUpOnLate says whether there is a late reply that the program did not take for its request's,
// as one does that waits for several at once.
func (r *record) gaveUpOnLate() bool {
	taken := map[string]bool{}
	for _, f := range r.of(waited) {
		taken[f.Request] = true
	}
	for _, f := range r.of(late) {
		if !taken[f.Request] {
			return true
		}
	}
	return false
}

// readBy is what helps where a log says too little.
const readBy = "see what --replies reads: a line for each request and its reply"

// byLog is how it is decided whose reply a program took.
const byLog = "let CMD print each request and the reply that it took for it, request<TAB>reply, and give --replies"

// judgeGivingUp says what became of a reply that was withheld.
func judgeGivingUp(r *record, of fact) verdict {
	up := (&record{facts: r.after(of)}).first(gaveUp)
	if at := cmp.Or(up.AtNS, r.end.AtNS); up.Request == "" && (up.What != "" || r.end.byItself()) && r.tooSoon(of, at) {
		return open(waitForIt, "it ended, or went on, %s after it had asked: that is too soon for a timeout", short(at-of.AtNS))
	}
	switch {
	case up.What == "" && r.end.byItself():
		return copes("it gave up by ending: it %s, %s after it had asked", r.end.how(), short(r.end.AtNS-of.AtNS))
	case up.What == "" && r.has(alive):
		return hangs("no timeout: it waited for the reply for %s, and did not give up", short(r.first(alive).AtNS-of.AtNS))
	case up.What == "":
		return open("give it longer, or a shorter timeout of its own", "it had not given up on the reply when the run ended")
	case up.Detail == movedOn:
		return open(byLog, "it asked on another connection, and kept the one on which a reply was withheld: it had given up on that, or waited for both")
	case up.Request != "":
		return open(byLog, "two of its requests were outstanding on one connection: it pipelines, or had given up on the first")
	}
	for _, f := range r.after(up) {
		if f.What == asked && f.Conn == of.Conn {
			return open(byLog, "it made another request on the connection on which a reply was late: whether it took that reply for this request's cannot be seen from outside")
		}
	}
	return copes("it gave up %s, %s after it had asked, and used the connection no more", up.Detail, short(up.AtNS-of.AtNS))
}
