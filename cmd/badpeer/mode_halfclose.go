package main

import (
	"math"
	"time"

	"sockproof/cmd/badpeer/internal/protocol"
	"sockproof/lib/journal"
)

// halfCloseMode ends one direction, and reads on.
var halfCloseMode = mode{
	name: "half-close", usage: "send a FIN, and read on (shutdown(SHUT_WR))",
	copes:    "as a server it sends the whole reply after the FIN; as a client it reads the end, and uses the connection no more",
	untried:  "let it make a request",
	asServer: true, before: true, flags: strictFlags(),
	play:  func(p *play) player { return &halfCloser{well: well{p}} },
	judge: judgeHalfClose,
}

type halfCloser struct {
	well
	on    *conn     // that the end is sent on
	first time.Time // when something came on it
	last  time.Time // and when that was the last time
	known bool      // what the program made of the end is
}

// idleFor is for how long a program has to wait for more before it gets the end, where that is all
// there is to be seen: one that is done has closed by then.
const idleFor = 50 * time.Millisecond

// quietFor is for how long nothing else has to come before a reply is sent, with the end: a program
// that does not wait for it has sent its next request by then.
const quietFor = 20 * time.Millisecond

// ends says whether the connection's end is all that is to be seen: the protocol says of no
// request that it is used again.
func (h *halfCloser) ends() bool { return h.protocol == "raw" || h.protocol == "line" }

// request sends the whole reply, and then the FIN, when no other request is on its way.
func (h *halfCloser) request(c *conn, r protocol.Request) {
	switch {
	case h.acted && c.bad: // what is asked on the connection that has ended has no reply
		if c.begun < c.beforeFIN {
			h.note(early, c, []byte(r.Same), "%s", map[bool]string{true: orLater}[c.beforeFIN == math.MaxInt64])
		}
		return
	case h.acted:
		c.answer(r)
		return
	}
	h.cork(c)
	if h.protocol != "raw" {
		c.answer(r)
	}
	h.ask(c, r)
}

// orLater is the detail of a request that came when the FIN had been sent, and more were coming.
const orLater = "or when it had come"

// ask notes that something came on the connection, whose end is put off. It is kept until then.
func (h *halfCloser) ask(c *conn, r protocol.Request) {
	if h.on == nil {
		h.on, h.first = c, time.Now()
		c.owed = append(c.owed, r)
	}
	if h.on == c {
		h.last = time.Now()
	}
}

// cork holds back what is written, so that the FIN comes in the same segment: a program that
// has read the reply can know of the end, too, and does not race against it. Where the end is all that
// is to be seen, it comes alone.
func (h *halfCloser) cork(c *conn) {
	if h.on == nil && !h.ends() {
		c.end.Set(journal.TCPCork, 1)
	}
}

// turn does not wait for ever for a program that says nothing where nothing is due.
func (h *halfCloser) turn() {
	switch {
	case h.acted && h.on != nil:
		h.look()
	case h.acted:
	case h.on != nil:
		h.end()
	default:
		for _, c := range h.conns {
			if h.protocol == "raw" && c.mine && c.open() && c.up == nil && time.Since(c.opened) >= usual {
				h.ask(c, protocol.Request{})
			}
		}
	}
}

// end sends the FIN to a program that waits.
func (h *halfCloser) end() {
	c := h.on
	quiet := time.Since(h.last)
	far, found := h.clients.Find(c.far, c.near())
	idle := quiet >= idleFor && far.RxQueue == 0 || quiet >= quietFor && !h.ends()
	switch {
	case !c.open() || c.fin && !c.held(): // it has gone
		h.on, c.owed = nil, nil
		c.close()
	case idle || time.Since(h.first) > usual:
		c.owed = nil
		h.known = !h.ends() || !idle || !found || far.Inode == 0 // or it will not be
		if !h.known {
			h.t.Host("a").In(func() error {
				h.known = h.clients.Follow(far) != nil
				return nil // it is not known then
			})
		}
		c.halfClose()
		if !idle {
			c.beforeFIN = math.MaxInt64
		}
	}
}

// look finds out whether the program has read the end, which its socket has as one byte until then.
func (h *halfCloser) look() {
	if h.known {
		return
	}
	far, found := h.clients.Find(h.on.far, h.on.near())
	if found && far.Inode != 0 {
		if h.known = far.StateName() == "CLOSE_WAIT" && far.RxQueue == 0; h.known {
			h.note(readEnd, h.on, nil, "it has nothing unread in its socket")
		}
		return
	}
	if last, told := h.clients.Ended(); told {
		h.known = true
		if last.RxQueue == 0 {
			h.note(readEnd, h.on, nil, "it had nothing unread in its socket when it closed that")
		} else {
			h.note(leftEnd, h.on, nil, "it was in its socket when it closed that")
		}
	}
}

// halfClose sends the FIN, and notes how much had been sent before.
func (c *conn) halfClose() {
	c.misbehave(func() {
		c.beforeFIN = c.read + int64(c.end.Unread())
		c.end.ShutdownWrite()
	}, "sent a FIN, and reads on: shutdown(SHUT_WR)")
}

// call is a client that has said all: it half-closes behind its request.
func (h *halfCloser) call(c *conn) {
	c.deaf = true
	asker := h.asker()
	c.write(asker.Ask(len(h.conns), h.send))
	c.halfClose()
	n, whole, why := c.await(asker, h.patience)
	switch {
	case whole:
		h.note(replied, c, nil, "whole: %s", sized(asker, n))
	case c.reset:
		h.note(ended, c, nil, "by a reset")
	default:
		h.note(replied, c, nil, "not whole: %s", why)
	}
	h.t.AtOnce(func() { c.end.Close() })
}

func judgeHalfClose(r *record) verdict {
	since := &record{facts: r.after(r.first(did))}
	if r.wants("server") {
		return judgeHalfClosedServer(r, since)
	}
	if r.wants("raw") || r.wants("line") {
		return judgeEndRead(r, since)
	}
	on := r.first(did).Conn
	if since.on(on, asked) > since.on(on, early) {
		return fails("it used the connection again on which the FIN had come behind a whole reply")
	}
	for _, f := range since.of(early) {
		if f.Detail == orLater {
			return open("let it wait for each reply before its next request", "it did not stop asking: whether it used the connection again when it had its peer's FIN is not seen")
		}
	}
	for _, f := range since.of(asked) {
		if f.Conn != on && r.fresh(f.Conn) {
			return copes("it made its next request on another connection")
		}
	}
	if since.on(on, asked) < len(since.of(asked)) {
		return open("let it have one connection", "it made its next request on a connection that it had before its peer's FIN")
	}
	return open("let it make another request after the first: only that shows whether it would use the connection again", "it made no other request after its peer's FIN, and %s", r.end.how())
}

// on counts the facts of one kind on a connection.
func (r *record) on(conn string, w what) (n int) {
	for _, f := range r.of(w) {
		if f.Conn == conn {
			n++
		}
	}
	return n
}

// judgeEndRead is the verdict where the end is all that is to be seen.
func judgeEndRead(r, since *record) verdict {
	const wait = "let it wait for more until its peer's FIN comes"
	switch {
	case !r.end.byItself():
		return hangs("it did not end by itself after its peer's FIN")
	case since.has(readEnd):
		return copes("it read the end, and %s, %s", r.end.how(), r.sinceDid())
	case since.has(leftEnd):
		return open(wait, "it %s, and had not read the end", r.end.how())
	}
	return open(wait, "it %s, and whether it had read the end is not seen", r.end.how())
}

func judgeHalfClosedServer(r, since *record) verdict {
	switch f := since.first(replied); {
	case since.has(ended) && r.wants("strict"):
		return fails("it answered the FIN with a reset (--strict)")
	case since.has(ended):
		return copes("it answered the FIN with a reset, which RFC 9112 §9.6 allows; --strict does not")
	case f.Detail == "":
		return fails("it sent nothing after the FIN")
	case len(f.Detail) > 3 && f.Detail[:3] == "not":
		return fails("it sent no whole reply after the FIN: %s", f.Detail)
	default:
		if was, is, worse := r.worse(f.Detail); worse {
			return fails("it answered a client that had half-closed with status %s, and one that had not with %s", is, was)
		}
		return copes("the reply arrived after the FIN, %s", f.Detail)
	}
}
