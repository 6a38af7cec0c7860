package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// server is the n-th bind of a server, from 0.
func server(d *journaltest.Journal, n int) *journal.Event { return d.Nth(n, call("bind")) }

// bound lets the first server have bound beside the thief, and then listened.
func bound(result int64, errno journal.Errno) journaltest.Change {
	return func(d *journaltest.Journal) {
		b := server(d, 0)
		b.Call.Result, b.Call.Errno = 0, ""
		d.Call(b.N, b.Socket, "listen", result, errno, b.Socket, "1")
	}
}

// alteredTheft: SC10.
var alteredTheft = []journaltest.Case{
	{Name: "the server came up beside it", Of: "port-theft", Do: bound(0, ""), Refuted: "SC10", Outcome: claim.NotReproduced},
	{Name: "the server bound, and could not listen", Of: "port-theft", Do: bound(-1, journal.EADDRINUSE), Inconclusive: "SC10"},
	{Name: "the thief too had set SO_REUSEADDR", Of: "port-theft", Do: func(d *journaltest.Journal) {
		thief := d.First(call("getpeername")).Socket
		d.Call(before(d), thief, "setsockopt", 0, "", thief, "SO_REUSEADDR", "1")
		bound(0, "")(d)
	}, Inconclusive: "SC10"},
	{Name: "refused for another cause", Of: "port-theft", Do: func(d *journaltest.Journal) { server(d, 0).Call.Errno = "EACCES" }, Inconclusive: "SC10"},
	{Name: "refused afterwards too", Of: "port-theft", Do: changedNth(
		1, call("bind"), returned(-1, journal.EADDRINUSE)), Inconclusive: "SC10", Outcome: claim.OutcomeUnresolved},
	{Name: "not listening afterwards", Of: "port-theft", Do: dropped(call("listen")), Inconclusive: "SC10"},
	{Name: "not tried while it lasted", Of: "port-theft", Do: dropped(call("bind")), Inconclusive: "SC10"},
	{Name: "tried before it began", Of: "port-theft", Do: func(d *journaltest.Journal) {
		d.Again(before(d), server(d, 0), nil)
		d.Drop(journaltest.Numbered(server(d, 1).N))
		d.Again(server(d, 0).N-2, d.First(journaltest.Option("SO_REUSEADDR")), nil)
	}, Inconclusive: "SC10"},
	{Name: "never closed", Of: "port-theft", Do: neverClosed, Inconclusive: "SC10"},
	{Name: "on another port", Of: "port-theft", Do: func(d *journaltest.Journal) { server(d, 0).Call.Args[1] = "0.0.0.0:40001" }, Inconclusive: "SC10"},
	{Name: "without SO_REUSEADDR", Of: "port-theft", Do: dropped(journaltest.Option("SO_REUSEADDR")), Inconclusive: "SC10"},
	{Name: "no theft", Of: "port-theft", Do: droppedAll(call("getpeername")), Inconclusive: "SC10"},
	{Name: "the second theft left out, as on host", Of: "port-theft", Do: func(d *journaltest.Journal) {
		n := d.Nth(1, call("connect")).N
		d.DropAll(func(e *journal.Event) bool { return e.N >= n })
	}, Confirmed: "SC10"},
}
