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
	e := d.First(journaltest.Call(goDial))
	e.Call.Result, e.Call.Errno, e.Call.Out = 0, "", journal.PairText(e.Call.Address(), e.Call.Address())
}

// alteredCure: SC9.
var alteredCure = []journaltest.Case{
	{Name: "Go returned the self-connection", Of: "detect-and-retry", Do: goReturnedIt, Refuted: "SC9", Outcome: claim.Reproduced},
	// What Go does is a finding, and does not change whether the cure holds.
	{Name: "Go connected to another", Of: "detect-and-retry", Do: func(d *journaltest.Journal) {
		e := d.First(journaltest.Call(goDial))
		e.Call.Result, e.Call.Errno, e.Call.Out = 0, "", journal.PairText("192.0.2.1:50000", e.Call.Address())
	}, Inconclusive: "SC9"},
	{Name: "Go timed out", Of: "detect-and-retry", Do: func(d *journaltest.Journal) { d.First(journaltest.Call(goDial)).Call.Errno = "ETIMEDOUT" }, Inconclusive: "SC9"},
	{Name: "Go had no accident", Of: "detect-and-retry", Do: func(d *journaltest.Journal) {
		target := d.First(journaltest.Call(goDial)).Call.Address()
		d.DropAll(func(e *journal.Event) bool {
			return journaltest.PacketAt(journal.AtDelivered, journal.SYN|journal.ACK)(e) && e.Packet.Src == target
		})
	}, Inconclusive: "SC9"},
	{Name: "Go was not tried", Of: "detect-and-retry", Do: func(d *journaltest.Journal) { d.Drop(journaltest.Call(goDial)) }, Inconclusive: "SC9"},
	{Name: "a dial without arguments", Of: "detect-and-retry", Do: func(d *journaltest.Journal) { d.First(journaltest.Call(goDial)).Call.Args = nil }, Inconclusive: "SC9"},
	{Name: "the retry hit itself too", Of: "detect-and-retry", Do: func(d *journaltest.Journal) { hitAgain(lastConnect(d).Socket)(d) }, Refuted: "SC9", Outcome: claim.NotReproduced},
	{Name: "not dropped", Of: "detect-and-retry", Do: func(d *journaltest.Journal) {
		s := d.First(journaltest.Call("getpeername")).Socket
		d.DropAll(journaltest.Of(s, journaltest.Call("close")))
	}, Inconclusive: "SC9", Outcome: claim.OutcomeUnresolved},
	{Name: "nothing was tried again", Of: "detect-and-retry", Do: func(d *journaltest.Journal) {
		last := lastConnect(d).N
		d.DropAll(func(e *journal.Event) bool { return e.N == last })
	}, Inconclusive: "SC9"},
	{Name: "dropped too late", Of: "detect-and-retry", Do: func(d *journaltest.Journal) {
		s := d.First(journaltest.Call("getpeername")).Socket
		d.Swap(d.First(journaltest.Of(s, journaltest.Call("close"))), lastConnect(d))
	}, Inconclusive: "SC9"},
	{Name: "SO_ERROR not asked for", Of: "detect-and-retry", Do: func(d *journaltest.Journal) { d.DropAll(journaltest.Call("getsockopt")) }, Inconclusive: "SC9"},
	{Name: "the retry not refused", Of: "detect-and-retry", Do: func(d *journaltest.Journal) { d.First(journaltest.Call("getsockopt")).Call.Out = "0" }, Inconclusive: "SC9"},
	{Name: "no accident", Of: "detect-and-retry", Do: peerOf("192.0.2.1:1"), Inconclusive: "SC9"},
	{Name: "no connect", Of: "detect-and-retry", Do: func(d *journaltest.Journal) { d.DropAll(journaltest.Call("connect")) }, Inconclusive: "SC9"},
}
