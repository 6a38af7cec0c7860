package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// listeners lists the listeners of both hosts: there is none, at any time.
func listeners(t *scenario.T) {
	t.Host("a").List(journal.Listen)
	t.Host("b").List(journal.Listen)
}

// cross: both SYNs are under way before either arrives.
func cross(t *scenario.T) {
	listeners(t)
	a, b := clients(t, 0)
	callEachOther(t, a, b)
	listeners(t)
	t.Host("a").List(journal.SynRecv, journal.Established)
	t.Host("b").List(journal.SynRecv, journal.Established)
	exchange(t, a, b)
	closeInTurn(a, b)
	listeners(t)
}

// closeCross: both ends close before either's FIN arrives. They shut down for writing
// first, so that TCP_INFO still shows CLOSING, and close only then.
func closeCross(t *scenario.T) {
	a, b := clients(t, 0)
	callEachOther(t, a, b)
	t.AtOnce(func() { a.ShutdownWrite(); b.ShutdownWrite() })
	t.Settle()
	t.AtOnce(func() { a.Close(); b.Close() })
}
