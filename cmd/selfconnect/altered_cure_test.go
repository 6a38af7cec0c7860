package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/tcp"
)

// lastConnect is the client's last retry.
func lastConnect(d *journaltest.Journal) *journal.Event {
	c := tcp.New(d.Journal).Calls("connect")
	return c[len(c)-1]
}

// goReturnedIt lets net.Dial succeed, with its own address as its peer's.
func goReturnedIt(d *journaltest.Journal) {
	e := d.First(call(goDial))
	e.Call.Result, e.Call.Errno, e.Call.Out = 0, "", journal.PairText(e.Call.Address(), e.Call.Address())
}

// neverClosed lets the socket that connected to itself not have been dropped.
func neverClosed(d *journaltest.Journal) {
	d.DropAll(of(d.First(call("getpeername")).Socket, call("close")))
}

// alteredCure: SC9.
var alteredCure = []journaltest.Case{
	{Name: "Go returned the self-connection", Of: "detect-and-retry", Do: goReturnedIt, Refuted: "SC9", Outcome: claim.Reproduced},
	// What Go does is a finding, and does not change whether the cure holds.
	{Name: "Go connected to another", Of: "detect-and-retry", Do: all(goReturnedIt, changed(
		call(goDial), func(e *journal.Event) { e.Call.Out = journal.PairText("192.0.2.1:50000", e.Call.Address()) })), Inconclusive: "SC9"},
	{Name: "Go timed out", Of: "detect-and-retry", Do: func(d *journaltest.Journal) { d.First(call(goDial)).Call.Errno = "ETIMEDOUT" }, Inconclusive: "SC9"},
	{Name: "Go had no accident", Of: "detect-and-retry", Do: func(d *journaltest.Journal) {
		target := d.First(call(goDial)).Call.Address()
		d.DropAll(func(e *journal.Event) bool {
			return journaltest.PacketAt(journal.AtDelivered, journal.SYN|journal.ACK)(e) && e.Packet.Src == target
		})
	}, Inconclusive: "SC9"},
	{Name: "Go was not tried", Of: "detect-and-retry", Do: dropped(call(goDial)), Inconclusive: "SC9"},
	{Name: "a dial without arguments", Of: "detect-and-retry", Do: func(d *journaltest.Journal) { d.First(call(goDial)).Call.Args = nil }, Inconclusive: "SC9"},
	{Name: "the retry hit itself too", Of: "detect-and-retry", Do: func(d *journaltest.Journal) {
		hitAgain(lastConnect(d).Socket)(d)
	}, Refuted: "SC9", Outcome: claim.NotReproduced},
	{Name: "not dropped", Of: "detect-and-retry", Do: neverClosed, Inconclusive: "SC9", Outcome: claim.OutcomeUnresolved},
	{Name: "nothing was tried again", Of: "detect-and-retry", Do: func(d *journaltest.Journal) {
		d.Drop(journaltest.Numbered(lastConnect(d).N))
	}, Inconclusive: "SC9"},
	{Name: "dropped too late", Of: "detect-and-retry", Do: func(d *journaltest.Journal) {
		s := d.First(call("getpeername")).Socket
		d.Swap(d.First(of(s, call("close"))), lastConnect(d))
	}, Inconclusive: "SC9"},
	{Name: "SO_ERROR not asked for", Of: "detect-and-retry", Do: droppedAll(call("getsockopt")), Inconclusive: "SC9"},
	{Name: "the retry not refused", Of: "detect-and-retry", Do: changed(call("getsockopt"), said("0")), Inconclusive: "SC9"},
	{Name: "no accident", Of: "detect-and-retry", Do: unhit, Inconclusive: "SC9"},
	{Name: "no connect", Of: "detect-and-retry", Do: droppedAll(call("connect")), Inconclusive: "SC9"},
}
