package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

type disposition = journal.Disposition

// linger0: close with SO_LINGER {1, 0}, on a connection at rest and on one with
// data unsent; the same connection closed plainly; and linger 0 on a connection
// that is in TIME_WAIT already. After each the same addresses are tried again.
func linger0(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	port := closeAndGoOn(t, l, abortive)
	tryPair(t, l, port)
	closeAndGoOn(t, l)
	plainlyAgain(t, l)
	unsentDropped(t)
	afterTimeWait(l)
}

// closeAndGoOn closes a connection, and lets the peer make its next calls one by one: it
// reads, reads again, writes, and writes again if it lives. The peer is a process of its
// own, for one of its calls may end it. It returns the client's port.
func closeAndGoOn(t *scenario.T, l *scenario.Listener, set ...scenario.SocketOption) (port uint16) {
	client, server := l.Connect()
	port = client.Local().Port()
	for _, prepare := range set {
		prepare(client)
	}
	peer := t.Handover(journal.DefaultSIGPIPE, server)
	client.Close()
	peer.Recv(server)
	peer.Recv(server)
	peer.Write(server, "anybody?")
	if !peer.Ended() {
		peer.Write(server, "anybody?")
	}
	return port
}

// tryPair connects once more from a port that a connection to the server had.
// Whether that succeeds is evidence.
func tryPair(t *scenario.T, l *scenario.Listener, port uint16) {
	if _, errno := t.DialFrom(port, l.At); errno == "" {
		l.Accept()
	}
}

// plainlyAgain closes another connection plainly at both ends, so that it comes
// to TIME_WAIT, and tries its pair of addresses again.
func plainlyAgain(t *scenario.T, l *scenario.Listener) {
	client, server := l.Connect()
	port := client.Local().Port()
	client.Close()
	server.Close()
	tryPair(t, l, port)
}

// unsentDropped closes with linger 0 while the kernel has data that it has not
// sent, for the peer's window is full.
func unsentDropped(t *scenario.T) {
	client, server := t.Listen(scenario.ServerPort+1, scenario.SmallReceiver).Connect()
	client.WriteBulk(scenario.MoreThanFits)
	abortive(client)
	client.Close()
	server.ReadToEnd()
}

// afterTimeWait sets linger 0 on a socket of which only a TIME_WAIT is left, and
// closes it.
func afterTimeWait(l *scenario.Listener) {
	client, server := l.Connect()
	client.ShutdownWrite()
	server.Close()
	abortive(client)
	client.Close()
	client.Look()
}

// lingerOff: close as SO_LINGER is by default, with it set to {0, 0}, and to {1, 0}.
func lingerOff(t *scenario.T) {
	for _, set := range []scenario.SocketOption{(*scenario.End).Linger, scenario.Linger(false, 0), abortive} {
		client, server := t.Connection()
		set(client)
		client.Close()
		server.Recv()
	}
}
