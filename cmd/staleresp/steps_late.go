package main

import (
	"slices"
	"time"

	"sockproof/lib/scenario"
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
