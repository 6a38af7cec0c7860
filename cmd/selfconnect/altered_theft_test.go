package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// server is the n-th bind of a server, from 0.
func server(d *journaltest.Journal, n int) *journal.Event { return d.Nth(n, journaltest.Call("bind")) }

// serverUp lets the first server come up beside the thief.
func serverUp(d *journaltest.Journal) {
	b := server(d, 0)
	b.Call.Result, b.Call.Errno = 0, ""
	d.Call(b.N, b.Socket, "listen", 0, "", b.Socket, "1")
}

// alteredTheft: SC10.
var alteredTheft = []journaltest.Case{
	{Name: "the server came up beside it", Of: "port-theft", Do: serverUp, Refuted: "SC10", Outcome: claim.NotReproduced},
	{Name: "the server bound, and could not listen", Of: "port-theft", Do: func(d *journaltest.Journal) {
		b := server(d, 0)
		b.Call.Result, b.Call.Errno = 0, ""
		d.Call(b.N, b.Socket, "listen", -1, "EADDRINUSE", b.Socket, "1")
	}, Inconclusive: "SC10"},
	{Name: "the thief too had set SO_REUSEADDR", Of: "port-theft", Do: func(d *journaltest.Journal) {
		thief := d.First(journaltest.Call("getpeername")).Socket
		d.Call(d.First(journaltest.Call("connect")).N-journaltest.Spread, thief, "setsockopt", 0, "", thief, "SO_REUSEADDR", "1")
		serverUp(d)
	}, Inconclusive: "SC10"},
	{Name: "refused for another cause", Of: "port-theft", Do: func(d *journaltest.Journal) { server(d, 0).Call.Errno = "EACCES" }, Inconclusive: "SC10"},
	{Name: "refused afterwards too", Of: "port-theft", Do: func(d *journaltest.Journal) {
		b := server(d, 1)
		b.Call.Result, b.Call.Errno = -1, "EADDRINUSE"
	}, Inconclusive: "SC10", Outcome: claim.OutcomeUnresolved},
	{Name: "not listening afterwards", Of: "port-theft", Do: func(d *journaltest.Journal) { d.Drop(journaltest.Call("listen")) }, Inconclusive: "SC10"},
	{Name: "not tried while it lasted", Of: "port-theft", Do: func(d *journaltest.Journal) {
		n := server(d, 0).N
		d.DropAll(func(e *journal.Event) bool { return e.N == n })
	}, Inconclusive: "SC10"},
	{Name: "tried before it began", Of: "port-theft", Do: func(d *journaltest.Journal) {
		b := server(d, 0)
		d.Again(d.First(journaltest.Call("connect")).N-journaltest.Spread, b, nil)
		n := d.Nth(1, journaltest.Call("bind")).N
		d.DropAll(func(e *journal.Event) bool { return e.N == n })
		o := d.First(journaltest.Option("SO_REUSEADDR"))
		d.Again(d.First(journaltest.Call("bind")).N-2, o, nil)
	}, Inconclusive: "SC10"},
	{Name: "never closed", Of: "port-theft", Do: func(d *journaltest.Journal) {
		d.DropAll(journaltest.Of(d.First(journaltest.Call("getpeername")).Socket, journaltest.Call("close")))
	}, Inconclusive: "SC10"},
	{Name: "on another port", Of: "port-theft", Do: func(d *journaltest.Journal) { server(d, 0).Call.Args[1] = "0.0.0.0:40001" }, Inconclusive: "SC10"},
	{Name: "without SO_REUSEADDR", Of: "port-theft", Do: func(d *journaltest.Journal) { d.Drop(journaltest.Option("SO_REUSEADDR")) }, Inconclusive: "SC10"},
	{Name: "no theft", Of: "port-theft", Do: func(d *journaltest.Journal) { d.DropAll(journaltest.Call("getpeername")) }, Inconclusive: "SC10"},
	{Name: "the second theft left out, as on host", Of: "port-theft", Do: func(d *journaltest.Journal) {
		n := d.Nth(1, journaltest.Call("connect")).N
		d.DropAll(func(e *journal.Event) bool { return e.N >= n })
	}, Confirmed: "SC10"},
}
