package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// server is the n-th bind of a server, from 0.
func server(d *doctor, n int) *journal.Event { return d.nth(n, call("bind")) }

// serverUp lets the first server come up beside the thief.
func serverUp(d *doctor) {
	b := server(d, 0)
	b.Call.Result, b.Call.Errno = 0, ""
	d.call(b.N, b.Socket, "listen", 0, "", b.Socket, "1")
}

// doctoredTheft: SC10.
var doctoredTheft = []doctored{
	{name: "the server came up beside it", of: "port-theft", do: serverUp, claim: "SC10", want: claim.Refuted},
	{name: "the server came up beside it", of: "port-theft", do: serverUp, outcome: claim.NotReproduced},
	{name: "the server bound, and could not listen", of: "port-theft", do: func(d *doctor) {
		b := server(d, 0)
		b.Call.Result, b.Call.Errno = 0, ""
		d.call(b.N, b.Socket, "listen", -1, "EADDRINUSE", b.Socket, "1")
	}, claim: "SC10", want: claim.Inconclusive},
	{name: "the thief too had set SO_REUSEADDR", of: "port-theft", do: func(d *doctor) {
		thief := d.first(call("getpeername")).Socket
		d.call(d.first(call("connect")).N-spread, thief, "setsockopt", 0, "", thief, "SO_REUSEADDR", "1")
		serverUp(d)
	}, claim: "SC10", want: claim.Inconclusive},
	{name: "refused for another cause", of: "port-theft", do: func(d *doctor) { server(d, 0).Call.Errno = "EACCES" }, claim: "SC10", want: claim.Inconclusive},
	{name: "refused afterwards too", of: "port-theft", do: func(d *doctor) {
		b := server(d, 1)
		b.Call.Result, b.Call.Errno = -1, "EADDRINUSE"
	}, claim: "SC10", want: claim.Inconclusive},
	{name: "refused afterwards too", of: "port-theft", do: func(d *doctor) {
		b := server(d, 1)
		b.Call.Result, b.Call.Errno = -1, "EADDRINUSE"
	}, outcome: claim.OutcomeUnresolved},
	{name: "not listening afterwards", of: "port-theft", do: func(d *doctor) { d.drop(call("listen")) }, claim: "SC10", want: claim.Inconclusive},
	{name: "not tried while it lasted", of: "port-theft", do: func(d *doctor) {
		n := server(d, 0).N
		d.dropAll(func(e *journal.Event) bool { return e.N == n })
	}, claim: "SC10", want: claim.Inconclusive},
	{name: "tried before it began", of: "port-theft", do: func(d *doctor) {
		b := server(d, 0)
		d.again(d.first(call("connect")).N-spread, b, nil)
		n := d.nth(1, call("bind")).N
		d.dropAll(func(e *journal.Event) bool { return e.N == n })
		o := d.first(option("SO_REUSEADDR"))
		d.again(d.first(call("bind")).N-2, o, nil)
	}, claim: "SC10", want: claim.Inconclusive},
	{name: "never closed", of: "port-theft", do: func(d *doctor) {
		d.dropAll(of(d.first(call("getpeername")).Socket, call("close")))
	}, claim: "SC10", want: claim.Inconclusive},
	{name: "on another port", of: "port-theft", do: func(d *doctor) { server(d, 0).Call.Args[1] = "0.0.0.0:40001" }, claim: "SC10", want: claim.Inconclusive},
	{name: "without SO_REUSEADDR", of: "port-theft", do: func(d *doctor) { d.drop(option("SO_REUSEADDR")) }, claim: "SC10", want: claim.Inconclusive},
	{name: "no theft", of: "port-theft", do: func(d *doctor) { d.dropAll(call("getpeername")) }, claim: "SC10", want: claim.Inconclusive},
	{name: "the second theft left out, as on host", of: "port-theft", do: func(d *doctor) {
		n := d.nth(1, call("connect")).N
		d.dropAll(func(e *journal.Event) bool { return e.N >= n })
	}, claim: "SC10", want: claim.Confirmed},
}
