package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// comesAgain lets the client's ACK come once more when there was room.
func comesAgain(d *journaltest.Journal) {
	room := d.Nth(1, call("accept4"))
	like := d.First(journaltest.From("40003", delivered("b", journal.ACK)))
	d.Carry(room.N, like, func(*journal.Packet) {})
}

// alteredCookieOverflow: a client that brings its cookie back to a full queue.
var alteredCookieOverflow = []journaltest.Case{
	{Name: "it came again", Of: "cookie-overflow", Do: comesAgain, Confirmed: "BL40", Outcome: claim.NotReproduced},
	{Name: "there was an entry", Of: "cookie-overflow", Do: listedOnly("40003"), Outcome: claim.NotReproduced},
	{Name: "it did not read", Of: "cookie-overflow", Do: dropped(read("a3")), Inconclusive: "BL40", Outcome: claim.OutcomeUnresolved},
	{Name: "without cookies", Of: "cookie-overflow", Do: withoutCookies, Inconclusive: "BL40"},
}
