package main

import (
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
	play:  func(p *play) player { return &halfCloser{well{p}} },
	judge: judgeHalfClose,
}

type halfCloser struct{ well }

// request sends the whole reply, then the FIN; what has no replies is given the FIN at once.
func (h *halfCloser) request(c *conn, r protocol.Request) {
	if h.acted {
		if !c.bad { // what is asked on the connection that has ended has no reply
			c.answer(r)
		}
		return
	}
	if h.protocol != "raw" {
		c.cork()
		c.answer(r)
	}
	c.halfClose()
}

// cork holds back what is written, so that the FIN comes in the same segment: a program that
// has read the reply can know of the end, too, and does not race against it.
func (c *conn) cork() { c.end.Set(journal.TCPCork, 1) }

// turn does not wait for ever for a program that says nothing where nothing is due.
func (h *halfCloser) turn() {
	for _, c := range h.conns {
		if !h.acted && c.mine && c.open() && c.up == nil && h.protocol == "raw" && time.Since(c.opened) >= usual {
			c.halfClose()
		}
	}
}

func (c *conn) halfClose() {
	c.misbehave(func() { c.end.ShutdownWrite() }, "sent a FIN, and reads on: shutdown(SHUT_WR)")
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
	on := r.first(did).Conn
	for _, f := range since.facts {
		if f.Conn == on && f.What == asked || f.Conn == on && f.What == readOn {
			if !r.wants("raw") && !r.wants("line") {
				return fails("it used the connection again on which the FIN had come behind a whole reply")
			}
		}
	}
	if r.wants("raw") || r.wants("line") {
		if r.end.byItself() {
			return copes("it read the end, and %s, %s", r.end.how(), r.sinceDid())
		}
		return hangs("it did not end by itself after its peer's FIN")
	}
	for _, f := range since.of(asked) {
		if f.Conn != on && r.fresh(f.Conn) {
			return copes("it made its next request on another connection")
		}
	}
	return open("let it make another request after the first: only that shows whether it would use the connection again", "it made no other request after its peer's FIN, and %s", r.end.how())
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
