package main

import (
	"errors"
	"io/fs"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// unsentFor is the scenario unsent, with a kernel that gives orphans up after so many
// retransmissions: data that the kernel has taken and not sent, for the peer's window
// is full, when the connection is closed or shut down for writing: to a peer that
// reads, one that reads late, one that never does.
func unsentFor(retries string) func(*scenario.T) {
	return func(t *scenario.T) {
		l := t.Listen(scenario.ServerPort, scenario.SmallReceiver)
		for _, end := range []ending{closing, shut(journal.ShutWrite)} {
			unsentTo(t, l, end, 0)
			unsentTo(t, l, end, late)
		}
		neverRead(t, l, retries)
	}
}

// late is how late the peer reads that reads late: after the kernel has found
// its window closed and begun to probe it.
const late = 500 * time.Millisecond

// unsentTo ends a connection with unsent data, to a peer that begins to read
// after a while.
func unsentTo(t *scenario.T, l *scenario.Listener, end ending, after time.Duration) {
	client, server := l.Connect()
	client.WriteBulk(scenario.MoreThanFits)
	t.AtOnce(func() { end(client) })
	t.Wait(after)
	server.ReadToEnd()
}

// neverRead ends two connections with unsent data to a peer that never reads,
// and waits until the closed one has been given up, with the settings that make
// that a matter of seconds.
func neverRead(t *scenario.T, l *scenario.Listener, retries string) {
	if t.OnHost() {
		t.Note("a peer that never reads: left out here, it takes minutes without settings that the host network never changes")
		return
	}
	err := t.TrySysctl("a", "net.ipv4.tcp_rto_max_ms", "1000")
	if errors.Is(err, fs.ErrNotExist) { // before Linux 6.15
		t.Note("a peer that never reads: left out, for without net.ipv4.tcp_rto_max_ms it takes minutes")
		return
	}
	t.Must(err)
	t.Sysctl("a", "net.ipv4.tcp_orphan_retries", retries)
	shutDown, itsPeer := l.Connect()
	shutDown.WriteBulk(scenario.MoreThanFits)
	t.AtOnce(func() { shutDown.ShutdownWrite() })
	closed, peer := l.Connect()
	closed.WriteBulk(scenario.MoreThanFits)
	t.AtOnce(func() { closed.Close() })
	t.Await(givenUp, closed.Gone)
	shutDown.Look()
	peer.ReadToEnd()
	itsPeer.ReadToEnd()
}

// givenUp bounds the wait for an orphan to be given up.
const givenUp = 6 * time.Second

// The client's receive buffer, and an answer that is larger: what the kernel
// has not sent when the server closes is at stake.
const (
	clientBuffer = 8 << 10
	answerSize   = 32 << 10
)

// truncated: a server answers before it has read the whole request, and closes;
// then the same server shuts down instead, reads to the end, and closes.
func truncated(t *scenario.T) {
	for _, end := range []func(t *scenario.T, client, server *scenario.End){closeAtOnce, lingeringClose} {
		client, server := t.Connection(scenario.Opt(journal.SOReceiveBuffer, clientBuffer))
		client.Send("POST /upload")
		server.Read(len("POST"))
		server.WriteBulk(answerSize)
		end(t, client, server)
	}
}

// closeAtOnce is the bug: the rest of the request is still unread.
func closeAtOnce(t *scenario.T, client, server *scenario.End) {
	t.AtOnce(func() { server.Close() })
	t.Deliver()
	client.ReadToEnd()
}

// lingeringClose is what servers do instead (RFC 9112 §9.6): no more is sent,
// and the client's last bytes are read, until it closes too.
func lingeringClose(t *scenario.T, client, server *scenario.End) {
	t.AtOnce(func() { server.ShutdownWrite() })
	t.Deliver()
	server.Recv() // the rest of the request
	client.ReadToEnd()
	client.Close()
	server.ReadToEnd()
	server.Close()
}
