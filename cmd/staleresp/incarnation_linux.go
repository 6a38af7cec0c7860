package main

import (
	"errors"
	"slices"
	"syscall"
	"time"

	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// incarnation: the reply of a connection that was reset arrives in the one that
// was opened after it between the same addresses and ports, where its sequence
// number is just the one that is awaited: without TCP timestamps, and with.
func incarnation(r *scenario.Run) error {
	s, err := serve(r)
	if err != nil {
		return err
	}
	for _, on := range withTimestamps(r.Option(timestampsFlag)) {
		if err := setTimestamps(r, on); err != nil {
			return err
		}
		if err := reincarnate(r, s); err != nil {
			return err
		}
	}
	return nil
}

// withTimestamps lists the ways to try it.
func withTimestamps(asked string) []bool {
	switch asked {
	case timestampsOn:
		return []bool{true}
	case timestampsOff:
		return []bool{false}
	}
	return []bool{false, true}
}

// setTimestamps lets both hosts offer TCP timestamps (RFC 7323), or not.
func setTimestamps(r *scenario.Run, on bool) error {
	value := "0"
	if on {
		value = "1"
	}
	for _, host := range ab {
		if err := r.Host(host).Set(timestampsSetting, value); err != nil {
			return err
		}
	}
	return nil
}

const (
	// isnClock is how fast initial sequence numbers of the same addresses and
	// ports rise, in bytes a second: 64 ns each (seq_scale in
	// net/core/secure_seq.c; RFC 9293 §3.4.1 has 4 µs).
	isnClock = 1e9 / 64
	// margin is what else than the client's patience passes between two openings.
	margin = 100 * time.Millisecond
	// tries bounds how often it is tried, with four times as many bytes each time:
	// a machine may be slow.
	tries = 4
	// pawsTick is more than the difference of timestamps that PAWS tolerates:
	// TCP_PAWS_WINDOW, in milliseconds (include/net/tcp.h).
	pawsTick = 10 * time.Millisecond
)

// reincarnate makes a connection, resets it with a reply under way, makes it again
// and lets that reply arrive.
func reincarnate(r *scenario.Run, s *service) error {
	c := &client{Run: r, policy: reconnect, service: s}
	bulk := int64(isnClock * (c.patience()*5/4 + margin).Seconds())
	for range tries {
		dead, err := c.die(bulk)
		if err != nil || dead == nil {
			return err
		}
		fits, err := c.fit(dead)
		if err != nil {
			return err
		}
		if fits {
			return c.haunted(dead)
		}
		r.Note("the clock of initial sequence numbers was faster than %d bytes: tried again with four times as many", bulk)
		if err := r.Wire().Drop(dead, overtaken); err != nil {
			return err
		}
		if err := c.reset(); err != nil {
			return err
		}
		bulk *= 4
	}
	return nil
}

// die makes a connection on which so many bytes are moved both ways, asks, loses
// its patience with the reply on the wire, and resets the connection. It returns
// the reply; nil: there was none.
func (c *client) die(bulk int64) (*wire.Packet, error) {
	if err := c.open(); err != nil {
		return nil, err
	}
	if err := c.move(bulk, bulk); err != nil {
		return nil, err
	}
	if err := c.beImpatient(); err != nil {
		return nil, err
	}
	holdReplies(c.Run)
	o, err := c.put(users[0])
	if err != nil {
		return nil, err
	}
	c.service.reply(c.conn.Server, o.question)
	if _, err := c.receive(); !errors.Is(err, syscall.EAGAIN) {
		c.note(o, didFail, nil)
		return nil, c.reset() // the run has been altered, and its journal tells how
	}
	c.note(o, didTimeOut, nil)
	if err := c.reset(); err != nil {
		return nil, err
	}
	c.Wire().SetRule(nil)
	return c.keepOne()
}

// keepOne is the reply that the wire holds. What the server has sent again since is
// dropped: one is enough.
func (c *client) keepOne() (*wire.Packet, error) {
	held := slices.Clone(c.Wire().Held("b"))
	if len(held) == 0 {
		return nil, nil // the run has been altered
	}
	for _, again := range held[1:] {
		if err := c.Wire().Drop(again, "it repeats what is held"); err != nil {
			return nil, err
		}
	}
	return held[0], nil
}

// open connects from the port that the client always has, and leaves the sockets
// non-blocking.
func (c *client) open(setUp ...scenario.SetUp) error {
	if err := c.call(setUp...); err != nil {
		return err
	}
	return c.accept()
}

// call lets the client call from that port, and waits for what becomes of it.
func (c *client) call(setUp ...scenario.SetUp) (err error) {
	c.conn.Client, err = c.Host("a").CallAt(c.service.At, fixedPort, setUp...)
	return err
}

// accept takes the server's end of the connection.
func (c *client) accept() (err error) {
	c.asked = c.first
	c.conn.Server, err = c.service.AcceptFrom(c.conn.Client)
	return err
}

// fixedPort is the client's port, as it would be for one that binds it.
const fixedPort = 40001

// move transfers bytes from the client to the server, and the other way.
func (c *client) move(out, back int64) error {
	if err := c.Transfer(c.conn.Client, c.conn.Server, out); err != nil {
		return err
	}
	return c.Transfer(c.conn.Server, c.conn.Client, back)
}

// reset ends the connection without TIME_WAIT, at both ends.
func (c *client) reset() error {
	if err := c.conn.Client.Reset(); err != nil {
		return err
	}
	c.Settle()
	return c.conn.Server.Reset()
}

// fit opens the connection again, and moves just as many bytes both ways as it
// takes for a segment of the dead one to be the one that is awaited. It cannot if
// the new numbers are beyond the old ones.
func (c *client) fit(dead *wire.Packet) (fits bool, err error) {
	first := c.watchOpening()
	if err := c.open(); err != nil {
		return false, err
	}
	out, back := int32(dead.Ack-messageSize-first.ours), int32(dead.Seq-first.theirs)
	if out < 0 || back < 0 {
		return false, nil
	}
	if err := c.move(int64(out), int64(back)); err != nil {
		return false, err
	}
	return true, c.beImpatient()
}

// opening are the sequence numbers of the first bytes that the client and the
// server have to send.
type opening struct{ ours, theirs uint32 }

// watchOpening reads them from the SYNs of the connection that is opened next.
func (c *client) watchOpening() *opening {
	first := &opening{}
	c.Wire().SetRule(func(p *wire.Packet) wire.Fate {
		switch {
		case p.Flags&packet.SYN == 0:
		case p.From == "b":
			first.theirs = p.Seq + 1
		default:
			first.ours = p.Seq + 1
		}
		return wire.Wait
	})
	return first
}

// haunted asks over the new connection; the dead one's reply arrives before its
// own. Then it goes on.
func (c *client) haunted(dead *wire.Packet) error {
	c.Await(pawsTick, scenario.Never)
	holdReplies(c.Run)
	o, err := c.put(users[1])
	if err != nil {
		return err
	}
	c.service.reply(c.conn.Server, o.question)
	c.Rule("b", "the dead connection's reply is let go, and then the new one's")
	c.Wire().SetRule(nil)
	if err := c.Wire().Deliver(dead); err != nil {
		return err
	}
	c.Wire().ReleaseAll()
	c.Settle()
	if err := c.hear(o); err != nil {
		return err
	}
	c.Count()
	if err := c.ask(users[2], inTime); err != nil {
		return err
	}
	return c.reset()
}
