package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// incarnation: the reply of a connection that was reset arrives in the one that
// was opened after it between the same addresses and ports, where its sequence
// number is just the one that is awaited: without TCP timestamps, and with.
func incarnation(t *scenario.T) {
	s := serve(t)
	for _, on := range withTimestamps(t.Option(timestampsFlag)) {
		setTimestamps(t, on)
		reincarnate(s)
	}
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
func setTimestamps(t *scenario.T, on bool) {
	value := "0"
	if on {
		value = "1"
	}
	for _, host := range ab {
		t.Sysctl(host, timestampsSetting, value)
	}
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
func reincarnate(s *service) {
	c := &client{t: s.t, policy: reconnect, service: s}
	bulk := int64(isnClock * (patience(s.t)*5/4 + margin).Seconds())
	for range tries {
		dead := c.die(bulk)
		switch {
		case dead == nil:
			return
		case c.fit(dead):
			c.haunted(dead)
			return
		}
		s.t.Note("the clock of initial sequence numbers was faster than %d bytes: tried again with four times as many", bulk)
		s.t.Discard(dead, overtaken)
		c.reset()
		bulk *= 4
	}
}

// die makes a connection on which so many bytes are moved both ways, asks, loses
// its patience with the reply on the wire, and resets the connection. It returns
// the reply; nil: there was none.
func (c *client) die(bulk int64) *wire.Packet {
	c.open()
	c.move(bulk, bulk)
	holdReplies(c.t)
	o := c.put(users[0])
	o.until = time.Now().Add(patience(c.t))
	c.service.reply(c.server, o.question)
	if _, errno := c.receive(o); errno != journal.EAGAIN {
		c.note(o, didFail, nil)
		c.reset()
		return nil // the run has been altered, and its journal shows how
	}
	c.note(o, didTimeOut, nil)
	c.reset()
	c.t.Rule(nil)
	return c.keepOne()
}

// keepOne is the reply that the wire holds. What the server has sent again since is
// dropped: one is enough.
func (c *client) keepOne() *wire.Packet {
	held := c.t.Held("b")
	if len(held) == 0 {
		return nil // the run has been altered
	}
	for _, again := range held[1:] {
		c.t.Discard(again, "it repeats what is held")
	}
	return held[0]
}

// fixedPort is the client's port, as it would be for one that binds it.
const fixedPort = 40001

// open connects from the port that the client always has.
func (c *client) open(options ...scenario.SocketOption) {
	c.call(options...)
	c.accept()
}

// call lets the client connect from that port, and waits for what becomes of it.
func (c *client) call(options ...scenario.SocketOption) {
	c.end = c.service.Dial(append(options, scenario.From(fixedPort))...)
}

// accept takes the server's end of the connection.
func (c *client) accept() {
	c.asked = c.first
	c.server = c.service.AcceptFrom(c.end)
}

// move transfers bytes from the client to the server, and the other way.
func (c *client) move(out, back int64) {
	c.t.Transfer(c.end, c.server, out)
	c.t.Transfer(c.server, c.end, back)
}

// reset ends the connection without TIME_WAIT, at both ends.
func (c *client) reset() {
	c.end.Reset()
	c.server.Reset()
}

// fit opens the connection again, and moves just as many bytes both ways as it
// takes for a segment of the dead one to be the one that is awaited. It cannot if
// the new numbers are beyond the old ones.
func (c *client) fit(dead *wire.Packet) (fits bool) {
	first := watchOpening(c.t)
	c.open()
	out, back := int32(dead.Ack-messageSize-first.ours), int32(dead.Seq-first.theirs)
	if out < 0 || back < 0 {
		return false
	}
	c.move(int64(out), int64(back))
	return true
}

// opening are the sequence numbers of the first bytes that the client and the
// server have to send.
type opening struct{ ours, theirs uint32 }

// watchOpening reads them from the SYNs of the connection that is opened next.
func watchOpening(t *scenario.T) *opening {
	first := &opening{}
	t.Watch(func(p *wire.Packet) {
		switch {
		case p.Flags&packet.SYN == 0:
		case p.From == "b":
			first.theirs = p.Seq + 1
		default:
			first.ours = p.Seq + 1
		}
	})
	return first
}

// haunted asks over the new connection; the dead one's reply arrives before its
// own. Then it goes on.
func (c *client) haunted(dead *wire.Packet) {
	c.t.Wait(pawsTick)
	holdReplies(c.t)
	o := c.put(users[1])
	c.service.reply(c.server, o.question)
	c.t.Filter("b", "the dead connection's reply is let go, and then the new one's")
	c.t.Rule(nil)
	c.t.Carry(dead)
	c.t.Release()
	c.hear(o, inTime)
	c.t.Count()
	c.ask(users[2])
	c.reset()
}
