package main

import (
	"sockproof/cmd/badpeer/internal/protocol"
)

// The modes in which the right client gets a wrong reply.
var (
	dupMode = mode{
		name: "dup", usage: "answer a request twice", copes: lateMode.copes, untried: "let it make a request",
		protocols: dialogues, flags: patienceFlags(),
		play: func(p *play) player { return &twice{well{p}} }, judge: judgeWrong,
	}
	crossMode = mode{
		name: "cross", usage: "answer with the reply to another connection's request", copes: lateMode.copes,
		untried:   "let it make requests on two connections at the same time",
		protocols: dialogues, flags: patienceFlags(),
		play: func(p *play) player { return &swapper{well: well{p}} }, judge: judgeWrong,
	}
)

type twice struct{ well }

func (x *twice) request(c *conn, r protocol.Request) {
	if x.acted {
		c.answer(r)
		return
	}
	b := c.reply(r)
	c.misbehave(func() { c.write(append(b, b...)) }, "answered the first request twice")
	c.bad = false // and it behaves well from now on
}

// swapper withholds the reply to one connection's request until another's comes, and gives
// each the other's.
type swapper struct {
	well
	first *conn
}

func (x *swapper) request(c *conn, r protocol.Request) {
	switch {
	case x.acted:
		c.answer(r)
	case x.first == nil || !x.first.open():
		x.first = c
		c.withhold(r)
	case x.first == c:
		c.owed = append(c.owed, r)
	default:
		other := x.first.owed[0]
		x.first.strike()
		c.misbehave(func() {
			c.write(c.reply(other))
			x.first.write(x.first.reply(r))
		}, "answered two connections' requests with each other's replies")
		for _, more := range x.first.owed[1:] {
			x.first.answer(more)
		}
		c.bad, x.first.owed = false, nil
	}
}

// judgeWrong says whether the program took a reply for another request's.
func judgeWrong(r *record) verdict {
	on := r.first(did)
	switch outcome, why := r.told(); outcome {
	case "":
	case "stale":
		return fails("it took a reply for another request's: %s", why)
	case "clean":
		return copes("it took no reply for another request's: %s", why)
	default:
		return open(readBy, "%s", why)
	}
	again := false
	for _, f := range r.after(on) {
		again = again || f.What == asked && f.Conn == on.Conn
	}
	if !again && r.wants("dup") && r.closedAfter(on) {
		for _, f := range r.after(on) {
			if f.What == asked {
				return copes("it used the connection no more, and made its next request on another")
			}
		}
	}
	return open(byLog, "what it took the replies for cannot be seen from outside")
}

// closedAfter says whether the program ended the connection after a fact.
func (r *record) closedAfter(on fact) bool {
	for _, f := range r.after(on) {
		if f.What == ended && f.Conn == on.Conn {
			return true
		}
	}
	return false
}
