package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// readAfterReset: what the next calls return after a RST that came in
// CLOSE_WAIT, and after one that came in ESTABLISHED.
func readAfterReset(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	inCloseWait(l)
	inEstablished(l)
	dataBefore(l)
	writeFirst(t, l)
	acceptAfter(l)
}

// inCloseWait: the peer closes in an orderly way, with nothing unread, and the
// first write draws the RST.
func inCloseWait(l *scenario.Listener) {
	client, server := l.Connect()
	server.Close()
	client.Send("first")
	client.Recv()
	client.SendMsg("second", journal.MSGNoSignal)
}

// inEstablished: the peer resets.
func inEstablished(l *scenario.Listener) {
	client, server := l.Connect()
	server.Reset()
	client.Recv()
	client.Recv()
	client.SendMsg("first", journal.MSGNoSignal)
}

// dataBefore: something had arrived before the RST, and is read after it.
func dataBefore(l *scenario.Listener) {
	client, server := l.Connect()
	server.Send("before")
	server.Reset()
	client.Recv()
	client.Recv()
}

// writeFirst: the first call after the RST is a write, of a process that
// SIGPIPE kills.
func writeFirst(t *scenario.T, l *scenario.Listener) {
	w := newWriter(t, l, journal.DefaultSIGPIPE)
	w.peer.Reset()
	w.write("first")
	w.write("second")
}

// acceptAfter: the client resets while it is still in the listener's queue. Whether it
// is accepted is evidence.
func acceptAfter(l *scenario.Listener) {
	l.Dial().Reset()
	if accepted := l.Accept(); accepted != nil {
		accepted.Recv()
	}
}

// shutWrContrast: the peer only shuts down its write side, and one's writes go
// on arriving.
func shutWrContrast(t *scenario.T) {
	for _, end := range []ending{(*scenario.End).ShutdownWrite, (*scenario.End).Close} {
		client, server := t.Connection()
		end(server)
		for _, line := range []string{"first", "second", "third"} {
			client.SendMsg(line, journal.MSGNoSignal)
			server.Recv()
		}
	}
}

// ending is a call that ends a connection, or a direction of it.
type ending = func(*scenario.End) journal.Errno
