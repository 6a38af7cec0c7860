package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
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

var lr15 = claim.Claim{
	ID: "LR15", Statement: "SO_LINGER {on, n} makes close() wait up to n seconds for the data to be acknowledged, on non-blocking sockets too",
	Source: "socket(7)", Quantity: claim.Always, Needs: claim.NeedsCalls,
	Precondition: "data is unsent at the close, for the peer has not read, and no signal comes",
	Rule: claim.Each(uninterrupted, func(c *claim.Case, l lingering) {
		c.About(l.Who)
		c.Cite(l.set, l.read)
		took := c.Took(l.By)
		if l.read == nil && took < l.n-slack {
			l.mayNotHaveWaited(c)
			c.ExpectSeen(false, "the peer did not read, and close() of %s, %s, took %s, less than %s", l.Who.ID, l.kind(), seconds(took), l.n)
		}
		c.Expect(took <= 2*l.n, "close() of %s took %s, more than %s", l.Who.ID, seconds(took), l.n)
		claim.ChallengedByEach(c, uninterrupted(c.View), (*lingering).wait, "no close() %s", waitedBlocking, waitedNonBlocking, untilRead)
		c.Holds("close() of %s, %s, took %s: %s", l.Who.ID, l.kind(), seconds(took), l.meanwhile())
	}),
}

// uninterrupted lists the calls of close() that no signal interrupted.
func uninterrupted(v *tcp.View) []lingering {
	return tcp.Where(lingerings(tcp.Closed)(v), func(l lingering) bool { return l.signal == nil })
}

// mayNotHaveWaited asks that a close() which returned early did not wait at all. A wait ends early where there
// is nothing left to wait for, as after a time-out, or where something interrupts it, which also leaves
// FIN_WAIT1: a signal, a tracer, the freezer of a control group.
func (l *lingering) mayNotHaveWaited(c *claim.Case) {
	const atOnce = time.Millisecond
	next := c.CallAfter(l.By.N)
	c.Given(next != nil, "%s was not looked at after close()", l.Who.ID)
	state := c.StateAt(l.Who, journal.SockDiag, next.N)
	c.Given(state == journal.FinWait1, "close() of %s returned after %s, and its connection was in %s: there was nothing left to wait for", l.Who.ID, seconds(l.took()), state)
	c.Given(l.took() < atOnce, "close() of %s waited for %s, and its connection was still in FIN_WAIT1: something interrupted it", l.Who.ID, seconds(l.took()))
}

var lr17 = claim.Claim{
	ID: "LR17", Statement: "SO_LINGER makes shutdown() wait too",
	Source: "socket(7)", Quantity: claim.Always, Needs: claim.NeedsCalls,
	Precondition: "data is unsent",
	Rule: claim.Each(lingerings(tcp.ShutWrite), func(c *claim.Case, l lingering) {
		c.About(l.Who)
		c.Cite(l.set)
		reads := l.Peer().Reads(l.By.N, 0)
		c.Given(tcp.Moved(reads) > 0, "the peer of %s was not seen to read the data then", l.Who.ID)
		c.First(reads)
		took := c.Took(l.By)
		c.Expect(took >= l.n-slack, "shutdown() of %s took %v, before the peer had read anything", l.Who.ID, took)
		c.Holds("shutdown() of %s took %s", l.Who.ID, seconds(took))
	}),
}
