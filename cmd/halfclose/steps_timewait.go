package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// timeWait: how long TIME_WAIT lasts, what may change that, and what it keeps
// from being bound. The server closes first, so that it is its port.
func timeWait(t *scenario.T) {
	lastsLong(t)
	if t.OnWire() {
		finTwice(t)
	}
	binds(t)
}

// watched is how long the timer of a TIME_WAIT is watched.
const watched = 2 * time.Second

// lastsLong reads the timer of a TIME_WAIT at its start and later, of one made
// as the settings are and of one made with a tcp_fin_timeout that is short.
func lastsLong(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	all := []*scenario.End{closedByServer(l)}
	if t.OnHost() {
		t.Note("a short tcp_fin_timeout: left out, the host's settings are never changed")
	} else {
		setFinTimeout(t, "b")
		all = append(all, closedByServer(l))
	}
	t.Wait(watched)
	for _, e := range all {
		e.Look()
	}
	l.Close()
}

// closedByServer makes a connection and closes it, the server's end first, which it
// returns.
func closedByServer(l *scenario.Listener) *scenario.End {
	client, server := l.Connect()
	server.Close()
	client.Recv()
	client.Close()
	server.Look()
	return server
}

// retransmission bounds the wait for a FIN to be sent again: after a fifth of a
// second, and twice that the next time.
const retransmission = 3 * time.Second

// finTwice loses the acknowledgement of the peer's FIN, so that the peer sends it
// again, to a socket in TIME_WAIT.
func finTwice(t *scenario.T) {
	client, server := t.Listen(scenario.ServerPort + 1).Connect()
	server.Close()
	t.Drop(scenario.Once(func(p *wire.Packet) bool { return p.From == "b" }))
	client.Close()
	t.Rule(nil)
	t.Await(retransmission, client.Gone)
}

// binds tries to bind a port that a TIME_WAIT has, with and without
// SO_REUSEADDR on the listener from which that came, and on the new one.
func binds(t *scenario.T) {
	for i, old := range [][]scenario.SocketOption{nil, {reuse}} {
		l := t.Listen(scenario.ServerPort+10+uint16(i), old...)
		server := closedByServer(l)
		l.Close()
		bindAgain(t, l)
		server.Look() // that the TIME_WAIT was there all the while
		bindAgain(t, l, reuse)
		server.Look()
	}
}

// reuse sets SO_REUSEADDR.
var reuse = scenario.Opt(journal.SOReuseAddr, 1)

// bindAgain binds a server's port once more, and lets go of it.
func bindAgain(t *scenario.T, l *scenario.Listener, options ...scenario.SocketOption) {
	e := t.Host("b").Socket(options...)
	e.Bind(l.At) // its errno is evidence
	e.Close()
}
