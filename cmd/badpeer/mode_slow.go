package main

import (
	"strings"
	"time"

	"sockproof/cmd/badpeer/internal/protocol"
	"sockproof/cmd/badpeer/internal/token"
	"sockproof/lib/scenario"
)

// slowMode answers a byte at a time, or takes nothing in.
var slowMode = mode{
	name: "slow", usage: "answer a byte each 100 ms for 60 s, or take nothing in (a zero window)",
	copes:    "it ends or gives up, and its memory stays below --max-rss",
	untried:  "let it make a request; with --how zero-window, send much",
	asServer: true, before: true, flags: slowFlags(),
	play:  func(p *play) player { return &slow{well: well{p}} },
	judge: judgeSlow,
}

const (
	drip    = 100 * time.Millisecond
	dripFor = 60 * time.Second
)

type slow struct {
	well
	on    *conn
	left  []byte
	since time.Time
	gone  bool // the program has let go of the connection
}

// opened: with a zero window nothing is read.
func (s *slow) opened(c *conn) {
	if s.how == "zero-window" && !s.acted {
		c.deaf, s.on = true, c
	}
}

// listen gives its sockets little room where they are to be filled.
func (s *slow) listen(e *scenario.End) {
	if s.how == "zero-window" {
		scenario.SmallReceiver(e)
	}
	s.listener = e.Listen(backlog)
}

func (s *slow) request(c *conn, r protocol.Request) {
	if s.acted {
		c.answer(r)
		return
	}
	s.on, s.since = c, time.Now()
	s.left = c.codec.Reply(r, strings.Repeat(token.Of(r.Text).String(), int(dripFor/drip)/len(token.Of(r.Text).String())+1))
	c.misbehave(func() {}, "answers a byte each %v", drip)
}

func (s *slow) turn() {
	c := s.on
	switch {
	case c == nil || !c.open():
	case s.how == "zero-window":
		s.fill(c)
	case c.fin && !s.gone && !c.held(): // its FIN alone says no more than that it asks for nothing else
		s.gone = true
		s.note(gaveUp, c, nil, "by closing the connection")
	case len(s.left) > 0 && time.Since(s.since) >= drip:
		s.since = s.since.Add(drip)
		c.write(s.left[:1])
		s.left = s.left[1:]
	}
}

// fill notes when the program waits for a window.
func (s *slow) fill(c *conn) {
	if s.acted || c.end.Unread() == 0 {
		return
	}
	if far, found := s.clients.Find(c.far, c.near()); found && far.TxQueue > 0 && far.TimerName() == "persist" {
		c.misbehave(func() {}, "took nothing in: %d bytes unread here, %d more wait in the program's socket", c.end.Unread(), far.TxQueue)
	}
}

// call of a client that asks a byte at a time, or takes no reply.
func (s *slow) call(c *conn) {
	c.deaf = true
	ask := s.asker().Ask(len(s.conns), s.send)
	if s.how == "zero-window" {
		s.on = c
		c.write(ask)
		s.t.Await(s.timeout, func() bool { s.fill(c); return s.acted && !c.held() || s.cmd != nil && s.cmd.Ended() })
		if s.acted && !c.held() {
			s.note(ended, c, nil, "by giving the connection up")
		}
		return
	}
	c.misbehave(func() {}, "asks a byte each %v", drip)
	c.deaf = false
	s.t.Await(s.timeout, func() bool {
		if len(ask) > 0 && time.Since(s.since) >= drip {
			s.since = time.Now()
			c.write(ask[:1])
			ask = ask[1:]
		}
		c.raw()
		return !c.open() || c.fin || len(ask) == 0 && c.read > 0 || s.cmd != nil && s.cmd.Ended()
	})
	if c.read > 0 {
		s.note(ended, c, nil, "by answering the request")
	}
}

func judgeSlow(r *record) verdict {
	most := r.limit("max-rss")
	switch {
	case r.end.MaxRSS > most && most > 0:
		return fails("it took %d MiB of memory, more than --max-rss %d MiB", r.end.MaxRSS>>20, most>>20)
	case r.end.byItself() && r.tooSoon(r.first(did), r.end.AtNS):
		return open(waitForIt, "it %s, %s: that is too soon for a timeout", r.end.how(), r.sinceDid())
	case r.end.byItself():
		return copes("it %s, %s; %d MiB of memory at most", r.end.how(), r.sinceDid(), r.end.MaxRSS>>20)
	}
	for _, f := range r.after(r.first(did)) {
		if f.What == gaveUp || f.What == ended && (r.wants("server") || f.Detail != byFIN) {
			return copes("it gave up %s, %s later; %d MiB of memory at most", f.Detail, short(f.AtNS-r.first(did).AtNS), r.end.MaxRSS>>20)
		}
	}
	return hangs("it neither ended nor gave up in %s", short(r.first(stopped).AtNS-r.first(did).AtNS))
}
