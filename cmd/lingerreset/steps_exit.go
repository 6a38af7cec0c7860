package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// exit: a process that returns from main, and one that is killed, with
// SO_LINGER {1, 0}, with {1, n}, and without; then a listener with {1, 0}, whose
// accepted socket is closed.
func exit(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	for _, end := range []func(*scenario.Child){exits, isKilled} {
		endsWith(t, l, end, abortive)
		endsWith(t, l, end, patient)
		endsWith(t, l, end)
	}
	inherited(t)
}

func exits(c *scenario.Child) { c.Exit(0) }

func isKilled(c *scenario.Child) { c.Kill(journal.SIGKILL) }

// endsWith ends a process that alone holds a connection's end.
func endsWith(t *scenario.T, l *scenario.Listener, end func(*scenario.Child), set ...scenario.SocketOption) {
	w := newWriter(t, l, journal.DefaultSIGPIPE, set...)
	end(w.Child)
	w.peer.Recv()
}

// inherited sets SO_LINGER on a listener alone.
func inherited(t *scenario.T) {
	client, server := t.Listen(scenario.ServerPort+1, abortive).Connect()
	server.Linger()
	server.Close()
	client.Recv()
}
