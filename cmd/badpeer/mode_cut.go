package main

import (
	"cmp"
	"time"

	"sockproof/cmd/badpeer/internal/protocol"
)

// cutMode lets the path go dead: no FIN, no RST, nothing.
var cutMode = mode{
	name: "cut", usage: "let the path go dead: no FIN, no RST, nothing",
	copes:    "it notices within --timeout: it ends, or gives the connection up",
	untried:  "let it connect, and make a request (--when outstanding) or two (--when idle)",
	asServer: true, before: true, flags: cutFlags(),
	play:  func(p *play) player { return &cutter{well: well{p}} },
	judge: judgeCut,
}

type cutter struct {
	well
	dead *conn
	used bool // the program was seen to use the dead connection
}

// noFilter is why a path cannot be made dead.
const noFilter = "it takes a socket filter, which this user may not attach: give --isolate, or run as root"

// opened: with data outstanding the path is dead from the beginning, so that what the program
// sends first is never acknowledged.
func (x *cutter) opened(c *conn) {
	if !x.acted && x.when == "outstanding" && x.protocol == "raw" && c.up == nil {
		x.die(c)
	}
}

func (x *cutter) request(c *conn, r protocol.Request) {
	if !x.acted && x.when == "outstanding" {
		x.die(c)
		return
	}
	c.answer(r)
	if !x.acted {
		x.die(c)
	}
}

func (x *cutter) die(c *conn) {
	if errno := c.end.TryDropAll(); errno != "" {
		x.t.Stop("cut: %s (%s)", noFilter, errno)
	}
	x.dead, c.deaf = c, true
	c.misbehave(func() {}, "let the path go dead, %s", map[bool]string{true: "with a request unanswered", false: "with the connection idle"}[x.when == "outstanding"])
}

// call of a client whose path goes dead when it has asked: the reply is never acknowledged.
func (x *cutter) call(c *conn) {
	c.deaf = true
	c.write(x.asker().Ask(len(x.conns), x.send))
	x.die(c)
	x.t.Await(x.timeout, func() bool { x.turn(); return x.done() || x.cmd != nil && x.cmd.Ended() })
}

// turn sees by sock_diag whether the program has given the connection up. One that has only sent
// its FIN waits on: its socket has a descriptor still.
func (x *cutter) turn() {
	c := x.dead
	if c == nil || c.fin {
		return
	}
	far, found := x.clients.Find(c.far, c.near())
	switch {
	case !found && c.kept(): // its kernel has ended the connection, and the program does not act on that yet
	case !found:
		c.fin = true
		x.note(ended, c, nil, "by giving its end up: it is no more")
	case far.Inode == 0:
		c.fin = true
		x.note(ended, c, nil, "by closing its end, which is in %s", far.StateName())
	case !x.used && far.TxQueue > 0:
		x.used = true
		x.note(exposed, c, nil, "%s of what it sent are not acknowledged", count(int(far.TxQueue), "byte"))
	case !x.used && far.TimerName() == "keepalive" && far.Retransmits > 0:
		x.used = true
		x.note(exposed, c, nil, "%s of its kernel's got no answer", count(int(far.Retransmits), "keepalive probe"))
	}
}

func (x *cutter) done() bool {
	return x.dead != nil && x.dead.fin && (x.cmd == nil || x.server.IsValid() || time.Since(x.began) > x.timeout)
}

// judgeCut says whether the program noticed. What ends a connection that it does not use, or sooner
// than it can know, has noticed nothing.
func judgeCut(r *record) verdict {
	since := r.first(did)
	if r.wants("idle") || r.wants("server") {
		since = r.first(exposed)
	}
	up := r.givenUp()
	if at := cmp.Or(up.AtNS, r.end.AtNS); up.What != "" || r.end.byItself() {
		switch {
		case since.What == "":
			return open(useIt, "it ended, or closed the connection, and had not used it since the path was dead: there was nothing to notice")
		case r.tooSoon(since, at):
			return open(waitForIt, "it ended, or closed the connection, %s after it could first have noticed: that is too soon for a timeout", short(at-since.AtNS))
		}
	}
	switch {
	case up.What != "":
		return copes("it noticed %s, %s later", up.Detail, short(up.AtNS-r.first(did).AtNS))
	case r.end.byItself():
		return copes("it noticed: it %s, %s", r.end.how(), r.sinceDid())
	case !r.has(stopped):
		return open("give CMD", "no program was run")
	}
	return hangs("it had not noticed %s later", short(r.first(stopped).AtNS-r.first(did).AtNS))
}

const (
	useIt     = "let it use the connection again, or send keepalive probes on it"
	waitForIt = "let it wait for what it has asked for"
)

// givenUp is how the program gave the connection up, before it ended; the zero fact: it did not.
func (r *record) givenUp() (f fact) {
	for _, f := range r.after(r.first(did)) {
		if f.What == ended && (!r.end.Ended || f.AtNS < r.end.AtNS) {
			return f
		}
	}
	return f
}
