package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// lastConnect is the client's last retry.
func lastConnect(d *doctor) *journal.Event {
	c := claim.Calls(d.Journal, "", "connect")
	return c[len(c)-1]
}

// goReturnedIt lets net.Dial succeed, with its own address as its peer's.
func goReturnedIt(d *doctor) {
	e := d.first(call(goDial))
	e.Call.Result, e.Call.Errno, e.Call.Out = 0, "", targetOf(e)+" → "+targetOf(e)
}

// doctoredCure: SC9.
var doctoredCure = []doctored{
	{name: "Go returned the self-connection", of: "detect-and-retry", do: goReturnedIt, claim: "SC9", want: claim.Refuted},
	// What Go does is a finding, and does not change whether the cure holds.
	{name: "Go returned the self-connection", of: "detect-and-retry", do: goReturnedIt, outcome: claim.Reproduced},
	{name: "Go connected to another", of: "detect-and-retry", do: func(d *doctor) {
		e := d.first(call(goDial))
		e.Call.Result, e.Call.Errno, e.Call.Out = 0, "", "192.0.2.1:50000 → "+targetOf(e)
	}, claim: "SC9", want: claim.Inconclusive},
	{name: "Go timed out", of: "detect-and-retry", do: func(d *doctor) { d.first(call(goDial)).Call.Errno = "ETIMEDOUT" }, claim: "SC9", want: claim.Inconclusive},
	{name: "Go had no accident", of: "detect-and-retry", do: func(d *doctor) {
		target := targetOf(d.first(call(goDial)))
		d.dropAll(func(e *journal.Event) bool {
			return packetAt(journal.AtDelivered, "SYN", "ACK")(e) && e.Packet.Src == target
		})
	}, claim: "SC9", want: claim.Inconclusive},
	{name: "Go was not tried", of: "detect-and-retry", do: func(d *doctor) { d.drop(call(goDial)) }, claim: "SC9", want: claim.Inconclusive},
	{name: "a dial without arguments", of: "detect-and-retry", do: func(d *doctor) { d.first(call(goDial)).Call.Args = nil }, claim: "SC9", want: claim.Inconclusive},
	{name: "the retry hit itself too", of: "detect-and-retry", do: func(d *doctor) { hitAgain(lastConnect(d).Socket)(d) }, claim: "SC9", want: claim.Refuted},
	{name: "the retry hit itself too", of: "detect-and-retry", do: func(d *doctor) { hitAgain(lastConnect(d).Socket)(d) }, outcome: claim.NotReproduced},
	{name: "not dropped", of: "detect-and-retry", do: func(d *doctor) {
		s := d.first(call("getpeername")).Socket
		d.dropAll(of(s, call("close")))
	}, outcome: claim.OutcomeUnresolved},
	{name: "nothing was tried again", of: "detect-and-retry", do: func(d *doctor) {
		last := lastConnect(d).N
		d.dropAll(func(e *journal.Event) bool { return e.N == last })
	}, claim: "SC9", want: claim.Inconclusive},
	{name: "not dropped", of: "detect-and-retry", do: func(d *doctor) {
		s := d.first(call("getpeername")).Socket
		d.dropAll(of(s, call("close")))
	}, claim: "SC9", want: claim.Inconclusive},
	{name: "dropped too late", of: "detect-and-retry", do: func(d *doctor) {
		s := d.first(call("getpeername")).Socket
		d.swap(d.first(of(s, call("close"))), lastConnect(d))
	}, claim: "SC9", want: claim.Inconclusive},
	{name: "the retry not refused", of: "detect-and-retry", do: func(d *doctor) { d.dropAll(call("getsockopt")) }, claim: "SC9", want: claim.Inconclusive},
	{name: "the retry not refused", of: "detect-and-retry", do: func(d *doctor) { d.first(call("getsockopt")).Call.Out = "0" }, claim: "SC9", want: claim.Inconclusive},
	{name: "no accident", of: "detect-and-retry", do: peerOf("192.0.2.1:1"), claim: "SC9", want: claim.Inconclusive},
	{name: "no connect", of: "detect-and-retry", do: func(d *doctor) { d.dropAll(call("connect")) }, claim: "SC9", want: claim.Inconclusive},
}
