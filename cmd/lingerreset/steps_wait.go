package main

import (
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// The waits: for close to wait, for a reader that is late, before a signal is
// sent, and for a close that waits its whole time.
const (
	untilWaiting = 2 * time.Second

	late       = 300 * time.Millisecond
	beforeKill = 200 * time.Millisecond
	untilOver  = 3 * time.Second
)

// lingerN: close with SO_LINGER {1, n} while data is unsent, to a peer that
// reads, reads late, never reads; on a blocking and on a non-blocking socket;
// interrupted by a signal; and shutdown.
func lingerN(t *scenario.T) {
	l := t.Listen(scenario.ServerPort, scenario.SmallReceiver)
	for _, w := range []waiting{
		{peer: reads},
		{peer: reads, blocking: true},
		{peer: readsLate},
		{peer: neverReads},
		{peer: neverReads, blocking: true},
		{peer: neverReads, signal: true},
	} {
		w.steps(t, l)
	}
	shutdownWithLinger(t, l)
}

// What the peer does while close waits.
type reader int

const (
	reads reader = iota
	readsLate
	neverReads
)

// waiting is one close that may have to wait.
type waiting struct {
	peer     reader
	blocking bool // the socket
	signal   bool // interrupts it
}

// steps closes. The peer must not read before close has begun to wait: then it might not
// have to. Whether it waits at all is evidence.
func (w waiting) steps(t *scenario.T, l *scenario.Listener) {
	client, server := l.Connect()
	client.WriteBulk(scenario.MoreThanFits)
	if w.blocking {
		client.SetBlocking()
	}
	patient(client)
	closing := client.Background(func() { client.Close() })
	t.Await(untilWaiting, func() bool { return closing.Done() || closing.Blocked("close") })
	if w.signal {
		t.Await(beforeKill, closing.Done)
		closing.Interrupt()
	}
	if w.peer == readsLate {
		t.Await(late, closing.Done)
	}
	if w.peer != neverReads {
		server.ReadToEnd()
	}
	t.Await(untilOver, closing.Done)
	server.ReadToEnd() // what the kernel goes on delivering after close has returned
}

// shutdownWithLinger shuts down for writing, with data unsent and SO_LINGER set.
func shutdownWithLinger(t *scenario.T, l *scenario.Listener) {
	client, server := l.Connect()
	client.WriteBulk(scenario.MoreThanFits)
	patient(client)
	t.AtOnce(func() { client.Shutdown(journal.ShutWrite) })
	server.ReadToEnd()
}
