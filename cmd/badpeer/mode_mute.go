package main

import (
	"sockproof/cmd/badpeer/internal/protocol"
	"sockproof/lib/scenario"
	"sockproof/lib/witness/tcpstate"
)

const (
	givesUp    = "it gives up by itself within --timeout"
	untriedTry = "let it connect, and make a request"
	refuseName = "refuse"
)

// The modes in which the peer says nothing.
var (
	silentMode = mode{
		name: "silent", usage: "accept the connection, read, and never answer", copes: givesUp, untried: untriedTry,
		asServer: true, before: true, play: func(p *play) player { return &mute{well: well{p}} }, judge: judgeGaveUp,
	}
	neverAcceptsMode = mode{
		name: "never-accepts", usage: "listen, and never accept: the kernel alone answers", copes: givesUp, untried: untriedTry,
		play: func(p *play) player { return &unaccepting{watching: watching{well: well{p}}} }, judge: judgeGaveUp,
	}
	noConnectMode = mode{
		name: "no-connect", usage: "answer no SYN: the listener's queue is kept full", copes: givesUp, untried: untriedTry,
		play: func(p *play) player { return &unreachable{watching: watching{well: well{p}}} }, judge: judgeGaveUp,
	}
	refuseMode = mode{
		name: refuseName, usage: "refuse the connection: nobody listens", copes: givesUp, untried: untriedTry,
		play: func(p *play) player { return &refusing{well{p}} }, judge: judgeGaveUp,
	}
)

// mute reads, and never answers.
type mute struct{ well }

func (m *mute) request(c *conn, _ protocol.Request) {
	if !m.acted {
		c.misbehave(func() {}, "read the request, and said nothing")
	}
}

// turn: where there are no requests, to say nothing is to misbehave from the beginning.
func (m *mute) turn() {
	for _, c := range m.conns {
		if !m.acted && c.mine && c.open() && c.up == nil && m.protocol == "raw" {
			c.misbehave(func() {}, "accepted the connection, and said nothing")
		}
	}
}

// call asks nothing, or half a request, and waits for the server to give up.
func (m *mute) call(c *conn) {
	c.misbehave(func() {}, "connected, and asked nothing")
	c.deaf = true
	m.t.Await(m.timeout, func() bool { c.raw(); return !c.open() || c.fin || m.cmd != nil && m.cmd.Ended() })
	if c.fin {
		c.close()
	}
}

// watching sees the program's sockets by sock_diag alone.
type watching struct {
	well
}

// watch notes that the program tries to connect, once.
func (w *watching) watch(does string, states ...uint8) {
	if w.acted || w.cmd == nil {
		return
	}
	for _, s := range w.clients.To(w.at) {
		for _, state := range states {
			if s.State != state {
				continue
			}
			if o, held, _ := w.holds(s.Inode); held { // it is looked at again and again
				w.acted = true
				w.victims = append(w.victims, victim{inode: s.Inode})
				w.watchHolders()
				w.note(attempted, nil, nil, "from %s, %s (pid %d), in %s", s.Local, o.Program, o.PID, tcpstate.Name(s.State))
				w.note(did, nil, nil, "%s", does)
				return
			}
		}
	}
}

// unaccepting has a listener from whose queue nothing is taken.
type unaccepting struct{ watching }

func (u *unaccepting) listen(e *scenario.End) { e.Listen(backlog) }

func (u *unaccepting) turn() { u.watch("did not accept its connection", tcpstate.Established) }

// unreachable has a listener whose queue is full.
type unreachable struct{ watching }

// listen fills the queue: one connection more than the backlog has room for is enough, and
// the kernel drops each SYN that comes then (tcp_conn_request, net/ipv4/tcp_input.c).
func (u *unreachable) listen(e *scenario.End) {
	l := e.Listen(0)
	u.t.Dial(l.At).Local()
}

func (u *unreachable) turn() { u.watch("answered no SYN", tcpstate.SynSent) }

// refusing has an address at which nobody listens.
type refusing struct{ well }

// listen does not: the socket is bound, so that nobody else can listen there. What comes is
// told by the packets alone: a socket whose connect() failed has forgotten whom it called.
func (r *refusing) listen(e *scenario.End) { r.t.WatchPort(e.Local().Port()) }

func (r *refusing) opened(*conn) {}

// judgeGaveUp says whether the program gave up.
func judgeGaveUp(r *record) verdict {
	switch {
	case r.wants("server"):
		return judgeServerGaveUp(r)
	case r.end.byItself() && !r.wants(refuseName) && r.tooSoon(r.first(did), r.end.AtNS):
		return open(waitForIt, "it %s, %s: that is too soon for a timeout", r.end.how(), r.sinceDid())
	case r.end.byItself():
		return copes("it gave up by itself: it %s, %s", r.end.how(), r.sinceDid())
	case !r.has(stopped):
		return open("give CMD", "the peer %s, and no program was run", r.first(did).Detail)
	}
	return hangs("no timeout: it was still running %s later", short(r.first(stopped).AtNS-r.first(did).AtNS))
}

// judgeServerGaveUp says whether a server gave up a client that says nothing.
func judgeServerGaveUp(r *record) verdict {
	on := r.first(did)
	up := (&record{facts: r.after(on)}).first(ended)
	switch {
	case up.What == "":
		return fails("no timeout: the server had not given up %s later", short(r.facts[len(r.facts)-1].AtNS-on.AtNS))
	case r.tooSoon(on, up.AtNS):
		return open("see why it closes a connection at once", "the server ended the connection %s, %s later: that is too soon for a timeout", up.Detail, short(up.AtNS-on.AtNS))
	}
	return copes("the server gave up %s, %s later", up.Detail, short(up.AtNS-on.AtNS))
}
