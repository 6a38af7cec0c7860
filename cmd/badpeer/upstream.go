package main

import (
	"sockproof/cmd/badpeer/internal/protocol"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/witness/tcpstate"
)

// upstream is a real server, before which the peer stands: what the program sends goes there,
// and what comes from there goes to the program, until it is time to misbehave.
type upstream struct {
	c     *conn
	end   *scenario.End
	out   []byte
	ends  bool  // the program has sent its FIN, which is to be passed on
	ended bool  // and was
	fin   bool  // the server has sent its own
	back  int64 // bytes that came from there
}

// dial connects to the real server for a connection of the program's.
func (p *play) dial(c *conn) *upstream {
	e := p.t.Dial(p.upstream)
	if e.State() != tcpstate.Name(tcpstate.Established) {
		p.t.Stop("%s: --upstream %s: %s", p.mode.name, p.upstream, e.Err())
	}
	return &upstream{c: c, end: e}
}

// send passes on what the program sent.
func (u *upstream) send(b []byte, ends bool) {
	u.out = append(u.out, b...)
	u.ends = u.ends || ends
	u.flush()
}

func (u *upstream) flush() {
	for len(u.out) > 0 && u.end.IsOpen() {
		n, errno := u.end.WriteSome(u.out)
		if errno != "" {
			if errno != journal.EAGAIN {
				u.out = nil
			}
			return
		}
		u.out = u.out[n:]
	}
	if u.ends && !u.ended && u.end.IsOpen() {
		u.ended = true
		u.c.t.AtOnce(func() { u.end.ShutdownWrite() })
	}
}

// turn passes on what came from the server. So much is under way to the program at most: its
// window is the server's.
func (u *upstream) turn() {
	u.flush()
	for n := 0; n < pieces && u.end.IsOpen() && !u.fin && len(u.c.out) == 0 && u.end.Readable(); n++ {
		b, errno := u.end.Read(piece)
		switch {
		case errno == journal.EAGAIN:
			return
		case errno != "" || len(b) == 0:
			u.fin = true
		}
		if u.c.before(b) {
			return
		}
		u.back += int64(len(b))
		u.c.write(b)
	}
	if u.fin && u.c.open() && !u.c.bad {
		u.c.t.AtOnce(func() { u.c.end.ShutdownWrite() })
		if u.c.fin {
			u.c.close()
		}
	}
}

func (u *upstream) close() {
	if u.end.IsOpen() {
		u.c.t.AtOnce(func() { u.end.Close() })
	}
}

// before misbehaves on a piece of the server's reply, where it is time to.
func (c *conn) before(b []byte) bool {
	r, is := c.player.(relayed)
	return is && c.mine && !c.acted && len(b) > 0 && r.piece(c, b)
}

// relayed is a player of a mode in which the peer may stand before a real server.
type relayed interface {
	// piece is told of each piece of a reply before it is passed on, and says whether it was
	// used up.
	piece(c *conn, b []byte) bool
}

// due says whether a piece is the one with which it is time to misbehave, and how much of it is
// passed on first.
func (c *conn) due(b []byte) (first int, is bool) {
	switch {
	case c.after > 0:
		left := c.after - c.up.back
		return int(max(min(left, int64(len(b))), 0)), left <= int64(len(b))
	case c.midReply:
		return len(b) / 2, true
	}
	return 0, c.afterTime == 0
}

func (e *ender) piece(c *conn, b []byte) bool {
	first, is := c.due(b)
	if is {
		c.write(b[:first])
		e.end(c)
		c.up.close()
	}
	return is
}

func (l *leaver) piece(c *conn, b []byte) bool {
	_, is := c.due(b)
	if is {
		c.deaf = true
		c.write(b)
		l.t.Await(usual, func() bool { return c.end.Unread() > 0 })
		if c.end.Unread() > 0 {
			c.doCloseUnread()
		}
		c.up.close()
	}
	return is
}

func (h *halfCloser) piece(c *conn, b []byte) bool {
	h.cork(c)
	c.write(b)
	h.ask(c, protocol.Request{})
	return true
}

func (x *truncater) piece(c *conn, b []byte) bool {
	first := max(len(b)/2, 1)
	if f, is := c.due(b); x.after > 0 {
		if !is {
			return false
		}
		first = f
	}
	c.write(b[:first])
	c.misbehave(func() { c.end.Close() }, "closed in the middle of a reply of the real server's, after %d bytes", c.up.back+int64(first))
	c.up.close()
	return true
}

func (m *mute) piece(c *conn, _ []byte) bool {
	c.misbehave(func() {}, "kept the real server's reply back, and said nothing")
	return true
}

func (x *cutter) piece(c *conn, b []byte) bool {
	if x.when == "idle" {
		c.write(b)
	}
	x.die(c)
	return true
}

func (s *slow) piece(c *conn, b []byte) bool {
	if s.on == nil {
		s.on, s.since = c, c.opened
		c.misbehave(func() {}, "passes the real server's reply on, a byte each %v", drip)
	}
	s.left = append(s.left, b...)
	return true
}
