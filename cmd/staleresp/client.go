package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// client is an application that shares one connection among its users, and gives
// up waiting for a reply after a time.
type client struct {
	t           *scenario.T
	policy      policy
	service     *service
	end, server *scenario.End       // of its connection: its own and the server's
	first       int                 // the number before that of a connection's first request
	asked       int                 // that of its last request
	waiting     map[int]outstanding // of a pipeline: the requests without a reply
}

// newClient makes one, and connects it.
func newClient(s *service, p policy) *client {
	c := &client{t: s.t, policy: p, service: s, waiting: map[int]outstanding{}}
	c.connect()
	return c
}

// connect gives the client a connection.
func (c *client) connect() {
	c.end, c.server = c.service.Connect()
	c.asked = c.first
}

// again closes the connection and makes another.
func (c *client) again() {
	c.t.AtOnce(func() { c.end.Close() })
	c.t.Deliver()
	c.connect()
}

// patience is how long a client waits for a reply that is late.
func patience(t *scenario.T) time.Duration { return durationOf(t.Option(patienceFlag), usualPatience) }

// enough is how long it waits for one that is not: a machine may be busy.
const enough = 500 * time.Millisecond

// outstanding is a request that was sent.
type outstanding struct {
	question
	n     int       // the number of the call that sent it
	until time.Time // when the client gives up
}

// send sends a user's request, and lets it arrive.
func (c *client) send(user string, a arrival) outstanding {
	c.asked++
	q := question{c.asked, user}
	c.end.Write(string(q.request()))
	wait := patience(c.t)
	if a == inTime {
		wait = max(wait, enough)
	}
	o := outstanding{q, c.end.Latest(), time.Now().Add(wait)}
	c.t.Deliver()
	return o
}

// note journals what became of a request; reply: what the last call has read.
func (c *client) note(o outstanding, did string, reply []byte) {
	a := journal.Answer{Policy: string(c.policy), Did: did, Request: said(o.request()), Reply: said(reply), Asked: o.n}
	if did != didCancel {
		a.Read = c.end.Latest()
	}
	c.t.Answer(c.end, a)
}

// ask makes a user's request, whose reply comes in time, and waits for that.
func (c *client) ask(user string) { askAll(c.service, []*client{c}, user, inTime) }

// askAll makes a user's request through each client at the same time, whose replies come
// as they may. What is late from before comes after a client has drained its connection,
// if it does, and before it sends.
func askAll(s *service, clients []*client, user string, a arrival) {
	for _, c := range clients {
		c.drain()
	}
	s.deliverOwed()
	var asked []outstanding
	for _, c := range clients {
		asked = append(asked, c.begin(user, a))
	}
	if s.lateBy < patience(s.t) {
		s.deliverOwed()
	}
	for i, c := range clients {
		c.hear(asked[i], a)
	}
}

// begin sends a user's request, which the server reads, and answers as it may.
func (c *client) begin(user string, a arrival) outstanding {
	due := time.Now().Add(c.service.lateBy)
	o := c.send(user, a)
	q, ok := c.service.take(c.server)
	switch {
	case !ok:
	case a == inTime:
		c.service.reply(c.server, q)
	default:
		c.service.postpone(owed{c.server, q, due, a})
	}
	return o
}

// put sends a user's request, which the server reads and does not answer yet. What it
// has not read it must not answer.
func (c *client) put(user string) outstanding {
	c.drain()
	o := c.send(user, inTime)
	if _, ok := c.service.take(c.server); !ok {
		c.t.Stop("the server has not read the request %q", said(o.request()))
	}
	return o
}

// drain reads what is there, where that is the client's policy.
func (c *client) drain() {
	for c.policy == drain {
		if b, errno := c.end.ReadNow(messageSize); errno != "" || len(b) == 0 {
			return
		}
	}
}

// hear waits for the reply to a request, as the policy has it. A pipeline does not
// wait for one that is late: the next request goes out behind it.
func (c *client) hear(o outstanding, a arrival) {
	if c.policy == pipeline {
		c.waiting[o.number] = o
		if a == inTime {
			c.resolve(o)
		}
		return
	}
	for did := didDiscard; did == didDiscard; {
		reply, errno := c.receive(o)
		if errno != "" || len(reply) == 0 {
			did = unanswered(errno)
		} else {
			q, _, ok := parse(reply, replyWord)
			did = c.policy.makesOf(ok && q.number == o.number)
		}
		c.note(o, did, reply)
		if did == didFail || did == didTimeOut && (c.policy == reconnect || c.policy == counted) {
			c.again()
		}
	}
}

// receive waits for a message until the client gives the request up.
func (c *client) receive(o outstanding) ([]byte, journal.Errno) {
	c.t.Await(time.Until(o.until), c.end.Readable)
	return c.end.Read(messageSize)
}

// unanswered is what has become of a request when a read has brought no reply.
func unanswered(errno journal.Errno) string {
	if errno == journal.EAGAIN {
		return didTimeOut
	}
	return didFail
}

// resolve reads until no request is without a reply. Each reply finds its request by its
// number; one that finds none is thrown away. last is the request made last.
func (c *client) resolve(last outstanding) {
	for len(c.waiting) > 0 {
		reply, errno := c.receive(last)
		if errno != "" || len(reply) == 0 {
			c.abandon(last, errno)
			return
		}
		q, _, _ := parse(reply, replyWord)
		o, is := c.waiting[q.number]
		if !is {
			c.note(last, didDiscard, reply)
			continue
		}
		c.note(o, didTake, reply)
		delete(c.waiting, q.number)
	}
}

// abandon gives up every request that is without a reply, in the order in which they
// were made.
func (c *client) abandon(last outstanding, errno journal.Errno) {
	did := unanswered(errno)
	for n := range last.number + 1 {
		if o, is := c.waiting[n]; is {
			c.note(o, did, nil)
			delete(c.waiting, n)
		}
	}
	if did == didFail {
		c.again()
	}
}
