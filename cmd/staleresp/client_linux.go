package main

import (
	"errors"
	"syscall"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// client is an application that shares one connection among its users, and gives
// up waiting for a reply after a time.
type client struct {
	*scenario.Run
	policy  policy
	service *service
	conn    scenario.Conn
	first   int // the number before that of a connection's first request
	asked   int // that of its last request
}

// newClient makes one, and connects it.
func newClient(r *scenario.Run, s *service, p policy) (*client, error) {
	c := &client{Run: r, policy: p, service: s}
	return c, c.connect()
}

// connect gives the client a connection.
func (c *client) connect() (err error) {
	if c.conn, err = c.service.Connect(c.Host("a")); err != nil {
		return err
	}
	c.asked = c.first
	return c.beImpatient()
}

// beImpatient lets reads block, but for a time only.
func (c *client) beImpatient() error {
	if err := c.conn.Client.SetBlocking(); err != nil {
		return err
	}
	return c.conn.Client.SetReceiveTimeout(c.patience())
}

// patience is how long it waits for a reply.
func (c *client) patience() time.Duration { return durationOf(c.Option(patienceFlag), usualPatience) }

// again closes the connection and makes another.
func (c *client) again() error {
	_ = c.conn.Client.Close()
	c.Deliver()
	return c.connect()
}

// outstanding is a request that was sent.
type outstanding struct {
	question
	n  int       // the number of the call that sent it
	at time.Time // when
}

// send sends a user's request, and lets it arrive.
func (c *client) send(user string) outstanding {
	c.asked++
	q := question{c.asked, user}
	_, _ = c.conn.Client.Write(q.request())
	o := outstanding{q, c.conn.Client.Latest(), time.Now()}
	c.Deliver()
	return o
}

// note journals what became of a request; reply: what the last call has read.
func (c *client) note(o outstanding, did string, reply []byte) {
	a := journal.Answer{Policy: string(c.policy), Did: did, Request: said(o.request()), Reply: said(reply), Asked: o.n}
	if did != didCancel {
		a.Read = c.conn.Client.Latest()
	}
	c.Answer(c.conn.Client, a)
}

// ask makes a user's request, whose reply comes as it may, and tells what became
// of it. What is late from before comes after the client has drained its
// connection, if it does, and before it sends.
func (c *client) ask(user string, a arrival) error {
	if c.policy == drain {
		c.drain()
	}
	c.service.deliver()
	o := c.send(user)
	server := c.conn.Server
	q, ok := c.service.take(server)
	if ok && a == inTime {
		c.service.reply(server, q)
	}
	if ok && a != inTime {
		o.question = q
		c.service.postpone(server, o, a)
	}
	return c.hear(o)
}

// drain reads what is there.
func (c *client) drain() {
	for {
		b, err := c.conn.Client.ReadNow(messageSize)
		if err != nil || len(b) == 0 {
			return
		}
	}
}

// hear waits for the reply to a request, as the policy has it.
func (c *client) hear(o outstanding) error {
	for {
		reply, err := c.receive()
		switch {
		case errors.Is(err, syscall.EAGAIN):
			c.note(o, didTimeOut, nil)
			if c.policy == reconnect {
				return c.again()
			}
			return nil
		case err != nil || len(reply) == 0:
			c.note(o, didFail, nil)
			return c.again()
		}
		did := c.decide(o, reply)
		c.note(o, did, reply)
		if did != didDiscard {
			return nil
		}
	}
}

// decide is what the policy makes of a reply.
func (c *client) decide(o outstanding, reply []byte) string {
	q, _, ok := parse(reply, replyWord)
	switch {
	case !c.policy.looks(), ok && q.number == o.number:
		return didTake
	case c.policy.compares():
		return didRefuse
	}
	return didDiscard
}

// receive waits for a message until the client loses its patience. A process that
// is stopped and goes on finds its read interrupted, as by a signal (signal(7)), and
// reads again.
func (c *client) receive() (reply []byte, err error) {
	for {
		if reply, err = c.receiveOnce(); !errors.Is(err, syscall.EINTR) || !c.OK() {
			return reply, err
		}
	}
}

// receiveOnce makes one read. What is to come meanwhile does, if it is due.
func (c *client) receiveOnce() (reply []byte, err error) {
	s := c.conn.Client
	if s.Readable() {
		return s.Read(messageSize)
	}
	waiting := s.Background(func() { reply, err = s.Read(messageSize) })
	if len(c.service.owed) > 0 && c.service.lateBy < c.patience() {
		c.service.deliver()
	}
	awaitDone(c.Run, waiting)
	return reply, err
}

// awaitDone waits for a call that ends by itself.
func awaitDone(r *scenario.Run, p *sock.Pending) {
	for r.OK() && !p.Done() {
		r.Await(time.Millisecond, p.Done)
	}
}
