package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// room is how many connections the leaking server has descriptors for.
const room = 5

// leak: a server that accepts, and never closes, though every client does;
// until it has no descriptor left. Then every way out of CLOSE_WAIT.
func leak(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	child := t.Spawn(journal.DefaultSIGPIPE, l.End)
	child.EpollWait(l.End) // made before the descriptors run out
	child.LimitDescriptors(room)
	for range room + 1 {
		leakOne(l, child)
	}
	for range 2 { // nothing has changed: epoll goes on reporting a client, and accept goes on failing
		child.EpollWait(l.End)
		child.Accept(l)
	}
	waysOut(t)
}

// leakOne lets a client connect, say something, and end its direction. It does not close:
// its FIN_WAIT2 would go by itself.
func leakOne(l *scenario.Listener, child *scenario.Child) {
	c := l.Dial()
	accepted := child.Accept(l)
	if accepted == nil {
		accepted = l.Queued(c)
	}
	c.Send("unread")
	c.ShutdownWrite()
	accepted.Look()
}

// keepalive is after how many seconds a peer that is silent is asked whether it
// is still there.
const keepalive = 1

// noticedBy bounds the wait for that to have been found out.
const noticedBy = 4 * time.Second

// waysOut tries every way out of CLOSE_WAIT, each on a connection of its own: the
// ordinary close; the peer, which had only shut down, resets; what the server writes is
// answered with RST; and the kernel asks, when the peer's orphan has gone.
func waysOut(t *scenario.T) {
	l := t.Listen(scenario.ServerPort + 1)
	if !t.OnHost() {
		setFinTimeout(t, "a")
	}
	client, server := l.Connect()
	client.Close()
	server.Close()

	client, _ = l.Connect()
	client.ShutdownWrite()
	client.Reset()

	client, server = l.Connect()
	client.Close()
	server.Send("anybody there?")

	if t.OnHost() {
		t.Note("keepalive: left out, the peer's orphan lasts a minute without settings that the host network never changes")
		return
	}
	client, server = l.Connect()
	server.Set(journal.TCPKeepIdle, keepalive)
	server.Set(journal.TCPKeepInterval, keepalive)
	server.Set(journal.SOKeepAlive, 1)
	client.Close()
	t.Await(noticedBy, server.In(journal.Close))
}
