package main

import (
	"time"

	urfave "github.com/urfave/cli/v2"

	"sockproof/cmd/badpeer/internal/protocol"
	"sockproof/lib/journal"
)

// The three ways to end a connection early.
var (
	resetMode = mode{
		name: "reset", usage: "reset the connection (close with SO_LINGER {1, 0})", copes: survives, untried: untriedEnd,
		asServer: true, before: true, flags: whenFlags(),
		play: func(p *play) player { return &ender{well{p}, (*conn).doReset} }, judge: judgeEnd,
	}
	closeMode = mode{
		name: "close", usage: "close the connection in order: what is sent then draws a RST", copes: survives, untried: untriedEnd,
		asServer: true, before: true, flags: whenFlags(),
		play: func(p *play) player { return &ender{well{p}, (*conn).doClose} }, judge: judgeEnd,
	}
	closeUnreadMode = mode{
		name: "close-unread", usage: "close with the program's data unread, which resets", copes: survives, untried: untriedEnd,
		asServer: true, before: true, flags: []urfave.Flag{afterFlag()},
		play: func(p *play) player { return &leaver{well{p}} }, judge: judgeEnd,
	}
)

const (
	survives   = "no signal kills it, and it ends by itself; a server, or with --expect alive a worker, is alive and serves a fresh connection"
	untriedEnd = "let it send what the peer waits for, or give --after"
)

// ender ends the first connection of the program's when it is time, and behaves well on
// those that follow.
type ender struct {
	well
	end func(c *conn)
}

// usual is how long the peer waits where nobody says when, and nothing comes.
const usual = time.Second

func (e *ender) request(c *conn, r protocol.Request) {
	switch {
	case e.acted:
		c.answer(r)
	case e.midReply:
		b := c.reply(r)
		c.write(b[:len(b)/2])
		e.end(c)
	case e.after == 0 && e.afterTime == 0:
		e.end(c)
	case e.after > 0 && c.read >= e.after:
		e.end(c)
	default:
		c.answer(r)
	}
}

func (e *ender) turn() {
	for _, c := range e.conns {
		if e.acted || !c.mine || !c.open() || c.up != nil {
			continue
		}
		switch {
		case e.after > 0 && c.read >= e.after, e.afterTime > 0 && time.Since(c.opened) >= e.afterTime:
			e.end(c)
		case e.after == 0 && e.afterTime == 0 && c.read == 0 && e.protocol == "raw" && time.Since(c.opened) >= usual:
			e.end(c)
		case c.fin:
			e.end(c)
		}
	}
}

func (e *ender) done() bool { return e.expectAlive && e.acted && e.servedSince() }

// servedSince says whether a whole request of the program's was answered since.
func (p *play) servedSince() bool {
	r := record{facts: p.facts}
	return r.servedAfresh()
}

// servedAfresh says whether a request was answered on a connection that was made since the peer
// misbehaved.
func (r *record) servedAfresh() bool {
	for _, f := range r.after(r.first(did)) {
		if f.What == answered && r.fresh(f.Conn) {
			return true
		}
	}
	return false
}

// fresh says whether a connection was made since the peer misbehaved.
func (r *record) fresh(conn string) bool {
	for _, f := range r.after(r.first(did)) {
		if f.What == met && f.Conn == conn {
			return true
		}
	}
	return false
}

func (c *conn) doReset() {
	c.misbehave(func() { c.end.Reset() }, "reset the connection: close() with SO_LINGER {1, 0}, %d bytes read", c.read)
}

// doClose closes in order: from the shutdown on nothing more is taken in, and what had come
// is read, for a close with anything unread would be a reset.
func (c *conn) doClose() {
	c.misbehave(func() {
		c.end.Shutdown(journal.ShutBoth)
		for c.end.Unread() > 0 {
			if n, errno := c.end.ReadBulk(piece); n <= 0 || errno != "" {
				break
			}
		}
		c.end.Close()
	}, "closed the connection: shutdown(SHUT_RDWR) and close(), %d bytes read", c.read)
}

// leaver reads as much as --after says, and closes when there is more that it can leave
// unread.
type leaver struct{ well }

func (l *leaver) opened(c *conn) { c.deaf = !l.acted }

func (l *leaver) turn() {
	for _, c := range l.conns {
		if l.acted || !c.mine || !c.open() || c.up != nil {
			continue
		}
		if left := l.after - c.read; left > 0 && c.end.Readable() {
			c.take(int(min(left, piece)))
		}
		if c.read >= l.after && c.end.Unread() > 0 && time.Since(c.opened) >= l.afterTime {
			c.doCloseUnread()
		}
	}
}

func (l *leaver) done() bool { return l.expectAlive && l.acted && l.servedSince() }

func (c *conn) doCloseUnread() {
	unread := c.end.Unread()
	c.misbehave(func() { c.end.Close() }, "closed the connection with %s unread, which resets it", count(unread, "byte"))
}

// judgeEnd says whether the program lived on.
func judgeEnd(r *record) verdict {
	switch {
	case r.wants("server"):
		return judgeServed(r)
	case r.wants("alive") && r.end.byItself():
		return fails("it should have lived on, and %s, %s", r.end.how(), r.sinceDid())
	case r.wants("alive") && r.servedAfresh():
		return copes("it lived on, and made a request on a fresh connection, which was answered")
	case r.wants("alive") && (&record{facts: r.after(r.first(did))}).has(answered):
		return open("let it have one connection, and make that again", "it lived on, and made requests on a connection that it had before, and none on a fresh one")
	case r.wants("alive"):
		return hangs("it was alive, and made no request on a fresh connection in %s", short(r.first(alive).AtNS-r.first(did).AtNS))
	case r.end.byItself():
		return copes("it %s, %s", r.end.how(), r.sinceDid())
	case !r.end.Ended && !r.has(stopped):
		return open("give CMD, or look at the client", "the peer %s; no program was run, so that nobody saw what became of it", r.first(did).Detail)
	}
	return hangs("it did not end by itself (--expect alive, if it should not)")
}

// judgeServed says whether a server lived on and serves.
func judgeServed(r *record) verdict {
	since := &record{facts: r.after(r.first(did))}
	switch {
	case r.end.byItself():
		return fails("the server %s, %s", r.end.how(), r.sinceDid())
	case since.has(served):
		if was, is, worse := r.worse(since.first(served).Detail); worse {
			return fails("the server is alive, and answers a well-behaved client with status %s since; before, with %s", is, was)
		}
		return copes("the server lives on, and answered a well-behaved client: %s", since.first(served).Detail)
	}
	return fails("the server is alive, and answers no well-behaved client any more: %s", since.first(unserved).Detail)
}
