package load

import (
	"errors"
	"io"
	"slices"
	"syscall"
)

// client is the end of a connection that asks. When the connection is made again
// it stays the same client.
type client struct {
	*shard
	end
	server *server // the other end
	index  int     // which of all connections
	asked  int64   // requests that were sent
	quota  int64   // requests to be sent
	under  []*waiting
	// On this connection:
	gaveUp  uint64 // the request that was given up last
	gaveUps int64  // how many were
}

// start sends as many requests as may be under way.
func (c *client) start() error {
	for range min(int64(c.config.Client.Depth), c.quota) {
		w := &waiting{client: c}
		c.under = append(c.under, w)
		if err := c.send(w, c.now()); err != nil {
			return err
		}
	}
	return nil
}

// send sends the next request, in the place of one that has ended.
func (c *client) send(w *waiting, now int64) error {
	if c.config.Client.Drains {
		if err := c.drain(); err != nil {
			return err
		}
	}
	c.asked++
	w.number, w.sent, w.since = numberOf(c.index, c.asked), now, now
	r := request{w.number, now, c.gaveUp}
	var b [frameSize]byte
	r.put(b[:])
	for {
		n, err := syscall.Write(c.fd, b[:])
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return c.failed("write", err)
		case n != frameSize:
			return c.failed("write", io.ErrShortWrite)
		}
		c.patience.push(w)
		return nil
	}
}

// drain reads what is there.
func (c *client) drain() error {
	for {
		b, _, err := c.read(c.scratch)
		if err != nil || len(b) == 0 {
			return err
		}
		c.keep(b[len(b)-len(b)%frameSize:])
	}
}

// ready reads one reply, if it is there in full.
func (c *client) ready() error {
	b, _, err := c.read(c.scratch[:frameSize])
	if err != nil {
		return err
	}
	if len(b) < frameSize {
		c.keep(b)
		return nil
	}
	return c.hear(replyIn(b))
}

// hear makes of a reply what the policy has it make.
func (c *client) hear(r reply) error {
	w := c.whose(r)
	switch {
	case w == nil:
		return nil
	case r.answers(w.number):
		c.counts.Right++
	case c.config.Client.Mismatch == Refuses && r.number != w.number:
		c.counts.Refused++
	default:
		c.counts.Wrong++
	}
	return c.ended(w)
}

// whose is the request under way that the client takes a reply for; nil: none's.
func (c *client) whose(r reply) *waiting {
	if c.config.Client.Mismatch != Discards {
		return c.under[0]
	}
	i := slices.IndexFunc(c.under, func(w *waiting) bool { return w.number == r.number })
	if i < 0 {
		return nil
	}
	return c.under[i]
}

// ended notes that a request has come to its end, and sends the next one.
func (c *client) ended(w *waiting) error {
	w.leave()
	now := c.now()
	c.counts.Requests++
	if c.plan.late(w.number) {
		c.counts.Late++
	}
	_ = c.latency.RecordValue(min(now-w.sent, maxLatency)) // in its range, then
	if c.asked < c.quota {
		return c.send(w, now)
	}
	c.under = slices.DeleteFunc(c.under, func(u *waiting) bool { return u == w })
	if len(c.under) == 0 {
		c.left--
		c.disconnect() // what comes yet is nobody's
	}
	return nil
}

// giveUp is what happens when patience with a request is at its end.
//
// It is given up only where that is the server's doing. A reply that is on its
// way, while the machine was too busy to bring it, is waited for once more: else
// the totals would tell how busy it was.
func (c *client) giveUp(w *waiting) error {
	if !c.server.keeps(w.number, c.gaveUps) {
		w.leave()
		w.since = c.now()
		c.patience.push(w)
		return nil
	}
	c.counts.TimedOut++
	if w.number != numberOf(c.index, c.quota) {
		c.counts.Followed++
	}
	if c.config.Client.Reconnects {
		c.counts.Reconnected++
		if err := c.connect(c); err != nil {
			return err
		}
	} else {
		c.gaveUp = w.number
		c.gaveUps++
	}
	return c.ended(w)
}
