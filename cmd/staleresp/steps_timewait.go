package main

import (
	"strconv"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// timeWait: connections that are closed as usual, one end of each left in
// TIME_WAIT. The client connects again from the same port to the same, in several
// ways; where it is connected, the dead connection's reply arrives. And one
// arrives at a TIME_WAIT itself.
func timeWait(t *scenario.T) {
	chosen := choosing(t)
	chosen.choose("0")
	bound(t, boundStamped, true, true)
	bound(t, boundPlain, false, true)
	bound(t, serverFirstStamped, true, false)
	bound(t, serverFirstPlain, false, false)
	assassinate(t, assassinated, "0")
	assassinate(t, protected, "1")
	t.Wait(time.Until(chosen.at.Add(reuseDelay)))
	chosen.choose("1")
}

// The ports of the services, one for each way.
const (
	autobind = scenario.ServerPort + iota
	boundStamped
	boundPlain
	serverFirstStamped
	serverFirstPlain
	assassinated
	protected
)

// reuseDelay is more than the kernel waits before it chooses a port that is in
// TIME_WAIT: a second (tcp_tw_reuse_delay; before 6.14 the next second of its
// clock).
const reuseDelay = 1100 * time.Millisecond

// reusable lets a port be bound that a TIME_WAIT has.
var reusable = scenario.Opt(journal.SOReuseAddr, 1)

// leftover is a client whose connection was closed, one end of it in TIME_WAIT.
type leftover struct {
	*client
	old *wire.Packet // a reply of that connection
	at  time.Time    // when it was closed
}

// leaving is a client of a service of its own that is not connected yet.
func leaving(t *scenario.T, port uint16) *leftover {
	return &leftover{client: &client{t: t, policy: naive, service: serveAt(t, port)}}
}

// left makes a connection to a service of its own, lets the server say more than
// the clock of initial sequence numbers counts meanwhile, and one reply; then both
// ends close, the client first or the server.
func left(t *scenario.T, port uint16, clientFirst bool) *leftover {
	l := leaving(t, port)
	l.open(reusable)
	l.leave(clientFirst)
	return l
}

// leave lets the connection say what it has to, and closes it.
func (l *leftover) leave(clientFirst bool) {
	l.move(0, int64(isnClock*margin.Seconds()))
	l.t.Watch(func(p *wire.Packet) {
		if isReply(p) {
			l.old = p
		}
	})
	l.ask(users[0])
	l.t.Rule(nil)
	first, second := l.end, l.server
	if !clientFirst {
		first, second = second, first
	}
	first.Close()
	second.Recv()
	second.Close()
	l.at = time.Now()
}

// bound connects again with the port bound: the kernel is told which one to take. Where
// the server has closed first, the client's SYN arrives at a TIME_WAIT, when its clock has
// moved on.
func bound(t *scenario.T, port uint16, stamped, clientFirst bool) {
	setTimestamps(t, stamped)
	l := left(t, port, clientFirst)
	if !clientFirst {
		t.Wait(pawsTick)
	}
	l.reopen(func() { l.call(reusable) })
}

// choosing leaves the client's port to the kernel, which has one only to choose
// from, and closes the connection.
func choosing(t *scenario.T) *leftover {
	only := strconv.Itoa(fixedPort + 1) // which no other socket binds: the kernel chooses none that is bound
	t.Sysctl("a", rangeSetting, only+" "+only)
	l := leaving(t, autobind)
	l.autobind()
	l.accept()
	l.leave(true)
	return l
}

// autobind connects without a bind.
func (l *leftover) autobind() {
	l.end = l.t.Host("a").Socket()
	if l.end.StartConnect(l.service.At) != journal.EINPROGRESS {
		return // its errno is evidence
	}
	l.end.Local()
	l.t.Settle()
}

// choose connects again, and leaves the port to the kernel again.
func (l *leftover) choose(reuse string) {
	setTimestamps(l.t, true)
	l.t.Sysctl("a", reuseSetting, reuse)
	l.reopen(l.autobind)
}

// reopen lets the client connect again. If that succeeds, and the new numbers are
// behind the old ones, it moves the bytes that it takes for the old reply to be
// the one that is awaited; then it asks, and both replies arrive.
func (l *leftover) reopen(call func()) {
	first := watchOpening(l.t)
	call()
	l.t.Rule(nil)
	if l.old == nil || l.end.State() != journal.Established {
		return
	}
	l.accept()
	if gap := int32(l.old.Seq - first.theirs); gap > 0 {
		l.move(0, int64(gap))
	}
	l.t.Wait(pawsTick)
	o := l.put(users[1])
	l.t.Filter("b", "the dead connection's reply arrives, and then the new one's")
	l.t.AtOnce(func() { l.t.Repeat(l.old) })
	l.service.reply(l.server, o.question)
	l.hear(o, inTime)
	l.t.Count()
	l.reset()
}

// assassinate lets an old reply arrive at a TIME_WAIT: it is acknowledged, and
// the other end, which has forgotten the connection, answers with a RST
// (RFC 1337).
func assassinate(t *scenario.T, port uint16, rfc1337 string) {
	t.Sysctl("a", rfc1337Setting, rfc1337)
	setTimestamps(t, true)
	l := left(t, port, true)
	if l.old == nil {
		return
	}
	l.end.Look()
	t.Filter("a", "a reply of the connection arrives once more")
	t.Repeat(l.old)
	l.end.Look()
}
