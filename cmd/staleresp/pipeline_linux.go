package main

import (
	"errors"
	"syscall"
)

// step is a user's request, and how its reply comes.
type step struct {
	user  string
	comes arrival
}

// play makes requests, one after the other.
func (c *client) play(steps ...step) error {
	if c.policy == pipeline {
		return c.pipelined(steps)
	}
	for _, s := range steps {
		if err := c.ask(s.user, s.comes); err != nil {
			return err
		}
	}
	return nil
}

// pipelined makes requests without waiting for one whose reply is late: the next
// goes out behind it. Each reply finds its request in a map, by its number; what
// nobody waits for any more is thrown away.
func (c *client) pipelined(steps []step) error {
	waiting := map[int]outstanding{}
	for i, s := range steps {
		c.service.deliver()
		o := c.send(s.user)
		waiting[o.number] = o
		q, ok := c.service.take(c.conn.Server)
		switch {
		case !ok:
		case s.comes == inTime:
			c.service.reply(c.conn.Server, q)
		default:
			o.question = q
			c.service.postpone(c.conn.Server, o, s.comes)
		}
		if s.comes != inTime && i+1 < len(steps) {
			continue
		}
		if err := c.resolve(waiting, o); err != nil {
			return err
		}
	}
	return nil
}

// resolve reads until nobody waits any more; last is the request made last.
func (c *client) resolve(waiting map[int]outstanding, last outstanding) error {
	for len(waiting) > 0 {
		reply, err := c.receive()
		if err != nil || len(reply) == 0 {
			did := didFail
			if errors.Is(err, syscall.EAGAIN) {
				did = didTimeOut
			}
			for n := range last.number + 1 { // in the order in which they were made
				if o, is := waiting[n]; is {
					c.note(o, did, nil)
					delete(waiting, n)
				}
			}
			if did == didFail {
				return c.again()
			}
			return nil
		}
		q, _, _ := parse(reply, replyWord)
		o, is := waiting[q.number]
		if !is {
			c.note(last, didDiscard, reply)
			continue
		}
		c.note(o, didTake, reply)
		delete(waiting, q.number)
	}
	return nil
}
