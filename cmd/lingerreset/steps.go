package main

import "sockproof/lib/scenario"

// abortive makes close end with RST, and patient makes it wait.
var (
	abortive = scenario.Linger(true, 0)
	patient  = scenario.Linger(true, lingerTime)
)

// lingerTime is the n of SO_LINGER {1, n}, in seconds.
const lingerTime = 1

// writer is a process of its own that holds the client's end of a connection.
type writer struct {
	*scenario.Child
	end, peer *scenario.End
}

// newWriter makes a connection, sets the client's end up, and gives it to a
// process alone.
func newWriter(t *scenario.T, l *scenario.Listener, d disposition, set ...scenario.SocketOption) writer {
	client, server := l.Connect()
	for _, prepare := range set {
		prepare(client)
	}
	return writer{t.Handover(d, client), client, server}
}

func (w writer) write(line string) { w.Write(w.end, line) }
