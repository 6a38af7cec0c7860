package main

import (
	"net/netip"
	"time"

	"sockproof/cmd/badpeer/internal/protocol"
	"sockproof/cmd/badpeer/internal/token"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

const (
	// piece is how much is read at once, in bytes, and pieces how often in a row: a program
	// that never stops sending must not keep the peer from looking up.
	piece  = 16 << 10
	pieces = 16
)

// conn is a connection, of which the peer has one end.
type conn struct {
	*play
	end       *scenario.End
	far       netip.AddrPort // the other end
	codec     protocol.Codec
	in        []byte // what came and is no whole request yet
	read      int64  // bytes, in all
	begun     int64  // where among them the last request begins
	beforeFIN int64  // how many had come before the peer's FIN was sent; the most there is: that is not known
	opened    time.Time
	mine      bool // it is the program's
	counted   int  // requests that were asked and are no set-up
	owed      []protocol.Request
	out       []byte // what could not be written yet
	deaf      bool   // the peer reads no more
	bad       bool   // the peer misbehaves on it
	wronged   bool   // and it has, at some time
	fin       bool   // the other end has sent its FIN
	reset     bool   // the other end has reset the connection
	inode     uint64 // of the other end, when the peer misbehaved; 0: it was not seen
	up        *upstream
}

// open says whether the peer can still use the connection.
func (c *conn) open() bool { return c.end.IsOpen() && !c.reset }

// turn takes in what has come.
func (c *conn) turn() {
	if !c.open() {
		return
	}
	c.flush()
	for n := 0; n < pieces && c.open() && !c.fin && !c.deaf && c.end.Readable(); n++ {
		c.take(c.room())
	}
	if c.up != nil {
		c.up.turn()
	}
}

// room is how much may be read at once: no more than the peer waits for.
func (c *conn) room() int {
	if left := c.after - c.read; left > 0 && !c.acted && c.up == nil && !c.server.IsValid() {
		return int(min(left, piece))
	}
	return piece
}

// flood is from how much on what comes where there are no requests is counted, and not kept,
// in bytes.
const flood = 64 << 10

// byFIN describes an end that only a FIN shows.
const byFIN = "by a FIN"

// take reads once, and hands on what is whole.
func (c *conn) take(size int) {
	if c.protocol == "raw" && c.up == nil && c.read >= flood {
		c.raw()
		return
	}
	b, errno := c.end.Read(size)
	switch {
	case errno == journal.EAGAIN:
		return
	case errno != "":
		c.reset = true
		c.note(ended, c, nil, "by a reset: read says %s", errno)
		c.end.Close()
		return
	case len(b) == 0:
		c.fin = true
		c.note(ended, c, nil, byFIN)
	}
	c.read += int64(len(b))
	if c.bad && len(b) > 0 {
		c.note(readOn, c, nil, "%d bytes", len(b))
	}
	if c.up != nil {
		c.up.send(b, c.fin)
		return
	}
	c.in = append(c.in, b...)
	c.parse()
	if c.fin && len(c.owed) == 0 && !c.bad {
		c.close()
	}
}

// parse hands on the requests that are whole.
func (c *conn) parse() {
	for c.open() && !c.deaf {
		c.begun = c.read - int64(len(c.in))
		r, n, err := c.codec.Next(c.in)
		if err != nil {
			c.note(asked, c, nil, notRequest+"%v", err)
			c.write(c.codec.Refuse(err))
			c.close()
			return
		}
		if n == 0 {
			return
		}
		c.in = c.in[n:]
		switch {
		case r.Setup != nil:
			c.write(r.Setup)
		case !c.mine:
			c.answer(r)
		default:
			c.counted++
			c.requests[token.Of(r.Text)] = string(r.Text)
			c.note(asked, c, []byte(r.Same), "%s", labels(r))
			c.player.request(c, r)
		}
		if r.Last && len(c.owed) == 0 && !c.bad {
			c.close()
		}
	}
}

// keyed is how the label ends of a request that has such a key.
const keyed = " with Idempotency-Key"

// labels is what a verdict must know of a request besides its text.
func labels(r protocol.Request) string {
	if r.Method == "" {
		return ""
	}
	if r.Key != "" {
		return r.Method + keyed
	}
	return r.Method
}

// reply is the right reply to a request.
func (c *conn) reply(r protocol.Request) []byte {
	return c.codec.Reply(r, token.Of(r.Text).String())
}

// answer behaves well.
func (c *conn) answer(r protocol.Request) {
	c.write(c.reply(r))
	if c.mine {
		c.note(answered, c, []byte(r.Same), "")
	}
}

// withhold owes a reply.
func (c *conn) withhold(r protocol.Request) {
	c.owed = append(c.owed, r)
	c.note(withheld, c, []byte(r.Same), "")
}

// write sends, as far as the kernel takes it now.
func (c *conn) write(b []byte) {
	c.out = append(c.out, b...)
	c.flush()
}

func (c *conn) flush() {
	for len(c.out) > 0 && c.open() {
		n, errno := c.end.WriteSome(c.out)
		if errno != "" {
			if errno != journal.EAGAIN {
				c.out = nil // the connection has ended; the next read tells how
			}
			return
		}
		c.out = c.out[n:]
	}
}

// close ends the connection in order.
func (c *conn) close() {
	if !c.end.IsOpen() {
		return
	}
	c.t.AtOnce(func() { c.end.Close() })
	if c.up != nil {
		c.up.close()
	}
}

// misbehave does what is done, and notes how.
func (c *conn) misbehave(do func(), format string, args ...any) {
	c.bad, c.acted = true, true
	if !c.wronged {
		c.strike()
	}
	if c.cmd != nil {
		c.cmd.Disposition() // is in the journal
	}
	c.t.AtOnce(do)
	c.note(did, c, nil, format, args...)
}

// held says whether the program still has a descriptor of its end, as sock_diag tells: one
// that has only shut down its sending side does, one that has closed does not.
func (c *conn) held() bool {
	s, found := c.clients.Find(c.far, c.near())
	return found && s.Inode != 0
}

// kept says whether a process of the program's is seen to have a descriptor still of its end, which
// the kernel may have ended.
func (c *conn) kept() bool {
	if c.cmd == nil || c.inode == 0 {
		return false
	}
	_, held, _ := c.holds(c.inode)
	return held
}

// near is the peer's own end's address.
func (c *conn) near() netip.AddrPort {
	if c.server.IsValid() {
		return c.end.Local()
	}
	return c.at
}

// raw takes in what has come, whatever it is.
func (c *conn) raw() {
	for n := 0; n < pieces && c.open() && !c.fin && c.end.Readable(); n++ {
		got, errno := c.end.ReadBulk(c.room())
		switch {
		case errno == journal.EAGAIN:
			return
		case errno != "":
			c.reset = true
			c.note(ended, c, nil, "by a reset: read says %s", errno)
			c.end.Close()
		case got == 0:
			c.fin = true
			c.note(ended, c, nil, byFIN)
		}
		c.read += int64(max(got, 0))
	}
}
