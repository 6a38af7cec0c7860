package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// sigpipe: the peer closes; the first write draws a RST, the next raises
// SIGPIPE: with each disposition of it, and by every call that can raise it.
func sigpipe(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	for _, d := range []disposition{journal.DefaultSIGPIPE, journal.IgnoreSIGPIPE, journal.HandleSIGPIPE, journal.BlockSIGPIPE} {
		writesTwice(t, l, d, (*scenario.Child).Write)
	}
	for _, by := range otherCalls {
		writesTwice(t, l, journal.DefaultSIGPIPE, by)
	}
	afterOwnShutdown(t, l)
	if t.OnWire() { // elsewhere the RST is back before the first write returns
		manyUnderWay(t, l)
	}
}

// send is a call by which a process sends.
type send func(c *scenario.Child, e *scenario.End, line string)

// otherCalls are the calls besides write that send, the first without a signal.
var otherCalls = []send{
	func(c *scenario.Child, e *scenario.End, line string) { c.SendMsg(e, line, journal.MSGNoSignal) },
	(*scenario.Child).Writev,
	(*scenario.Child).Sendfile,
	(*scenario.Child).Splice,
	func(c *scenario.Child, e *scenario.End, _ string) { c.Write(e, "") },
}

// writesTwice lets the peer close, and a process write once, and when the RST
// has come back, send again.
func writesTwice(t *scenario.T, l *scenario.Listener, d disposition, again send) {
	w := newWriter(t, l, d)
	w.peer.Close()
	w.write("first")
	again(w.Child, w.end, "second")
}

// afterOwnShutdown: the process itself has shut down for writing; no RST is
// needed then.
func afterOwnShutdown(t *scenario.T, l *scenario.Listener) {
	w := newWriter(t, l, journal.DefaultSIGPIPE)
	w.Shutdown(w.end, journal.ShutWrite)
	w.write("too late")
}

// manyUnderWay: until the RST has come back, writes go on succeeding.
func manyUnderWay(t *scenario.T, l *scenario.Listener) {
	w := newWriter(t, l, journal.DefaultSIGPIPE)
	w.peer.Close()
	t.AtOnce(func() {
		w.write("more")
		w.write("more")
		w.write("more")
	})
	t.Settle()
	w.write("the last")
}

// goRuntime: what Go's runtime makes of SIGPIPE, on descriptor 1, on 2, and on
// another.
func goRuntime(t *scenario.T) {
	for which := range 3 {
		goWrites(t, which)
	}
}

// goWrites gives a Go process three connections, as its descriptors 1 and 2 and
// as another, and lets it write twice to one whose peer has closed.
func goWrites(t *scenario.T, which int) {
	var clients, servers [3]*scenario.End
	for i := range clients {
		clients[i], servers[i] = t.Connection()
	}
	child := t.SpawnPiped(journal.GoSIGPIPE, clients[0], clients[1], clients[2])
	for _, c := range clients {
		c.Close()
	}
	servers[which].Close()
	child.WriteByGo(clients[which], "first")
	child.WriteByGo(clients[which], "second")
}
