package main

import "sockproof/lib/scenario"

// cancelled: a pool of one connection. A request is cancelled between its write
// and its read, as an asynchronous framework or a context does it, and the
// connection goes back to the pool; then others borrow it.
func cancelled(r *scenario.Run) error {
	s, err := serve(r)
	if err != nil {
		return err
	}
	for _, p := range []policy{naive, discard, dirtyMark} {
		c, err := newClient(r, s, p)
		if err != nil {
			return err
		}
		if err := c.cancel(users[0]); err != nil {
			return err
		}
		if err := c.play(step{users[1], inTime}, step{users[2], inTime}, step{users[3], inTime}); err != nil {
			return err
		}
	}
	return nil
}

// cancel makes a user's request that is cancelled as soon as it is sent, and puts
// the connection back. The server answers in time.
func (c *client) cancel(user string) error {
	o, err := c.put(user)
	if err != nil {
		return err
	}
	c.note(o, didCancel, nil)
	c.service.reply(c.conn.Server, o.question)
	if c.policy == dirtyMark {
		return c.again()
	}
	return nil
}
