package main

import (
	"fmt"
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// lateReply: a request times out, and its reply is read by the next one; then
// what each policy makes of that.
func lateReply(t *scenario.T) { late(t, policies, 3, fromServer, 0) }

// slowServer: the server answers late.
func slowServer(t *scenario.T) { late(t, []policy{naive}, len(users), fromServer, 0) }

// slowNetwork: the server answers at once, and the network is slow.
func slowNetwork(t *scenario.T) { late(t, []policy{naive}, len(users), fromNetwork, 0) }

// policiesSideBySide: two replies are late, and what each policy makes of it.
func policiesSideBySide(t *scenario.T) {
	why := fromServer
	if t.OnWire() {
		why = fromNetwork
	}
	late(t, policies, len(users), why, 0, 2)
}

// late lets the first n users ask, each through one client of each policy at the same
// time. Some replies are late, for this reason.
func late(t *scenario.T, of []policy, n int, why arrival, lateOnes ...int) {
	s := serve(t)
	var clients []*client
	for _, p := range of {
		clients = append(clients, newClient(s, p))
	}
	for i, user := range users[:n] {
		arrives := inTime
		if slices.Contains(lateOnes, i) {
			arrives = why
		}
		askAll(s, clients, user, arrives)
	}
}

// cancelled: a pool of one connection. A request is cancelled between its write
// and its read, as an asynchronous framework or a context does it, and the
// connection goes back to the pool; then others borrow it.
func cancelled(t *scenario.T) {
	s := serve(t)
	for _, p := range []policy{naive, discard, dirtyMark} {
		c := newClient(s, p)
		c.cancel(users[0])
		if p == dirtyMark {
			c.again()
		}
		for _, user := range users[1:4] {
			c.ask(user)
		}
	}
}

// cancel makes a user's request that is cancelled as soon as it is sent. The server
// answers in time.
func (c *client) cancel(user string) {
	o := c.put(user)
	c.note(o, didCancel, nil)
	c.service.reply(c.server, o.question)
}

// uniqueFrom is the number from which a second connection counts, where no two
// use the same.
const uniqueFrom = 1000

// crosswire: the server writes one client's reply to another's connection, which the
// other reads before its own. Then the other one goes on. In the end those whose replies
// went astray have waited for long enough.
func crosswire(t *scenario.T) {
	s := serve(t)
	var giveUp []func()
	for _, p := range append(slices.Clone(policies), compareUnique, discardUnique) {
		one, other := newClient(s, p), newClient(s, p)
		if p.unique() {
			other.first, other.asked = uniqueFrom, uniqueFrom
		}
		robbed, cheated := one.put(users[0]), other.put(users[1])
		s.reply(other.server, robbed.question)
		s.reply(other.server, cheated.question)
		other.hear(cheated, inTime)
		other.ask(users[2])
		other.ask(users[3])
		robbed.until = time.Now().Add(patience(t))
		giveUp = append(giveUp, func() { one.hear(robbed, inTime) })
	}
	for _, f := range giveUp {
		f()
	}
}

// missed is a request that was given up on a connection which was used again, by a client
// that takes whatever comes.
type missed struct {
	exchange
	after []exchange // what was made of the requests after it, on that connection
}

func missedOnes(v *tcp.View) []missed {
	var all []missed
	xs := by(naive, v)
	for _, x := range xs {
		if after := on(x.socket, x.N, xs); x.gaveUp() && len(after) > 0 {
			all = append(all, missed{x, after})
		}
	}
	return all
}

const notGivenUp = "no request was given up whose connection was used again"

var sr1 = claim.Claim{
	ID: "SR1", Statement: "on a long connection, a request that timed out can leave its reply to be read by the next request",
	Source: claim.Article000, Quantity: claim.Can, Needs: claim.NeedsCalls, Precondition: notGivenUp,
	Rule: each(missedOnes, func(c *claim.Case, m missed) {
		c.If(m.did == didTimeOut)
		next := m.after[0]
		cite(c, next)
		reply := c.Take(replyTo(&m.exchange, next.N))
		c.Given(reply != nil && next.read != nil && reply.N < next.read.N, "the reply to %s was not seen to come before the next was read", m.request)
		c.Expect(next.did == didTake && next.reply == m.request, "%s was given up, and the next request, %s, was %s: %s", m.request, next.request, next.did, next.reply)
		c.Holds("the next request on the connection, %s, read the reply to %s, which was given up", next.request, m.request)
	}),
}

var sr2 = claim.Claim{
	ID: "SR2", Statement: "and then several replies, each answering the request before it",
	Source: claim.Article000, Quantity: claim.Can, Needs: claim.NeedsCalls,
	Precondition: "a reply was read by the request after its own, and another request follows on that connection",
	Rule: each(missedOnes, func(c *claim.Case, m missed) {
		c.If(len(m.after) >= minAfter && m.after[0].reply == m.request)
		off := 0
		before := m.exchange
		for _, x := range m.after {
			if x.did != didTake {
				break // another was given up: by two from here on
			}
			cite(c, x)
			c.Expect(x.reply == before.request, "the reply to %s was taken for the answer to %s", x.reply, x.request)
			off++
			before = x
		}
		c.Given(off >= minAfter, "only %d replies were taken after that", off)
		c.Holds("every reply taken after that on the same connection was the one before: %d", off)
	}),
}

// minAfter is how many requests have to follow, for a connection to be said not to recover.
const minAfter = 2

// misled is the phenomenon of the late reply: somebody got another's answer, because a
// request before it had been given up; cause asks why the reply was late.
func misled(cause func(c *claim.Case, m *missed) string) claim.Phenomenon {
	return claim.Phenomenon{
		Needs: claim.NeedsCalls,
		Rule: claim.Once(func(c *claim.Case) {
			sound(c)
			xs := by(naive, c.View)
			c.Given(len(xs) > 0, "no client asked that takes whatever comes")
			for _, m := range missedOnes(c.View) {
				next := m.after[0]
				if !next.wrong() || next.reply != m.request {
					continue
				}
				cite(c, m.exchange, next)
				c.Holds("%s was told that %s has won %s: %s", next.request.user, next.reply.user, next.prize, cause(c, &m))
			}
			cite(c, xs...)
			c.ExpectSeen(false, "%s", noneMisled(xs))
		}),
	}
}

// noneMisled says why no request got another's answer.
func noneMisled(xs []exchange) string {
	gave, failed, wrong := len(tcp.Where(xs, exchange.gaveUp)), len(tcp.Where(xs, exchange.failed)), len(tcp.Where(xs, exchange.wrong))
	if gave == 0 && failed == 0 && wrong == 0 {
		return "no request was given up: every reply came in time, and was taken for its own request's"
	}
	return fmt.Sprintf("requests that were given up: %d, that failed: %d; replies taken for another's: %d, none of them for that of the request after it", gave, failed, wrong)
}

// anyCause does not ask why the reply was late.
func anyCause(_ *claim.Case, m *missed) string { return m.request.user + " had given up waiting" }

// wasCancelled expects that the request had been cancelled, not waited for.
func wasCancelled(c *claim.Case, m *missed) string {
	c.Expect(m.did == didCancel, "%s had waited for the reply", m.request.user)
	return m.request.user + "'s request had been cancelled, and the connection used again"
}

// lateServer expects that the server had not answered when the client gave up.
func lateServer(c *claim.Case, m *missed) string {
	c.Expect(m.did == didTimeOut, "%s had not waited for the reply", m.request.user)
	reply := c.Take(replyTo(&m.exchange, m.after[0].N))
	c.Expect(reply != nil && reply.N > m.read.N, "the server had answered before %s gave up", m.request.user)
	return "the server answered after " + m.request.user + " had given up"
}

// lateNetwork expects that the server had answered before the client gave up, and that the
// segment arrived after.
func lateNetwork(c *claim.Case, m *missed) string {
	c.Expect(m.did == didTimeOut, "%s had not waited for the reply", m.request.user)
	reply := c.Take(replyTo(&m.exchange, m.read.N))
	c.Expect(reply != nil && reply.T <= m.read.T+m.read.Call.TookNS, "the server had not answered when %s gave up", m.request.user)
	return "the server had answered before " + m.request.user + " gave up, and the network was late"
}
