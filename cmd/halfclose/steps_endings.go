package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// ending is a call that ends a connection, or a direction of it.
type ending = func(*scenario.End) journal.Errno

func shut(h journal.How) ending {
	return func(e *scenario.End) journal.Errno { return e.Shutdown(h) }
}

func closing(e *scenario.End) journal.Errno { return e.Close() }

// endings: every way to end a connection from within the program, each on a
// connection of its own, with the same peer that sends the same late data.
func endings(t *scenario.T) {
	for _, end := range []ending{shut(journal.ShutWrite), shut(journal.ShutRead), shut(journal.ShutBoth), closing} {
		client, server := t.Connection()
		end(client)
		peerGoesOn(client, server)
	}
}

// peerGoesOn is what a peer does that does not know: it reads, sends, sends
// again, and reads. The client reads what came, if it still can.
func peerGoesOn(client, server *scenario.End) {
	server.Recv()
	server.Send("late data")
	client.Recv()
	server.Send("and more")
	server.Recv()
}

// lateData: the peer's data, after one's own SHUT_WR and after close; and, on the wire,
// data that was already under way when close was called. Elsewhere data arrives before
// the call that sent it returns.
func lateData(t *scenario.T) {
	for _, end := range []ending{shut(journal.ShutWrite), closing} {
		client, server := t.Connection()
		end(client)
		server.Send("late data")
		client.Recv()
		server.Recv()
	}
	if t.OnWire() {
		client, server := t.Connection()
		server.Write("crossing")
		client.Close()
		server.Recv()
	}
}

// unread: data that has arrived and has not been read, when the connection
// is closed, shut down for writing, shut down both ways.
func unread(t *scenario.T) {
	for _, end := range []ending{closing, shut(journal.ShutWrite), shut(journal.ShutBoth)} {
		client, server := t.Connection()
		server.Send("not read yet")
		end(client)
		client.Recv()
		server.Recv()
	}
}
