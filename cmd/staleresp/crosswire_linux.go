package main

import (
	"fmt"
	"slices"

	"sockproof/lib/scenario"
)

// crosswire: the server writes one client's reply to another's connection, and
// what each policy makes of it.
func crosswire(r *scenario.Run) error {
	s, err := serve(r)
	if err != nil {
		return err
	}
	for _, p := range append(slices.Clone(policies), compareUnique, discardUnique) {
		if err := crossed(r, s, p); err != nil {
			return err
		}
	}
	return nil
}

// uniqueFrom is the number from which a second connection counts, where no two
// use the same.
const uniqueFrom = 1000

// crossed lets two clients ask, and the second one read the first one's reply
// before its own. Then the second one goes on.
func crossed(r *scenario.Run, s *service, p policy) error {
	one, err := newClient(r, s, p)
	if err != nil {
		return err
	}
	other := &client{Run: r, policy: p, service: s}
	if p.unique() {
		other.first = uniqueFrom
	}
	if err := other.connect(); err != nil {
		return err
	}
	robbed, err := one.put(users[0])
	if err != nil {
		return err
	}
	cheated, err := other.put(users[1])
	if err != nil {
		return err
	}
	s.reply(other.conn.Server, robbed.question)
	s.reply(other.conn.Server, cheated.question)
	if err := other.settle(cheated); err != nil {
		return err
	}
	if err := one.settle(robbed); err != nil {
		return err
	}
	return other.play(step{users[2], inTime}, step{users[3], inTime})
}

// put sends a user's request, which the server reads and does not answer yet. What it
// has not read it must not answer.
func (c *client) put(user string) (outstanding, error) {
	if c.policy == drain {
		c.drain()
	}
	o := c.send(user)
	if _, ok := c.service.take(c.conn.Server); !ok {
		return o, fmt.Errorf("the server has not read the request %q", said(o.request()))
	}
	return o, nil
}

// settle waits for the reply to the one request that is under way.
func (c *client) settle(o outstanding) error {
	if c.policy == pipeline {
		return c.resolve(map[int]outstanding{o.number: o}, o)
	}
	return c.hear(o)
}
