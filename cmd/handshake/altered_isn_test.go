package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// leftSYN are the SYNs that left a host.
var leftSYN = journaltest.PacketAt(journal.AtSent, journal.SYN)

// everyFour lets the last SYN have the number that a clock of 4 µs gives it.
func everyFour(d *journaltest.Journal) {
	first, last := d.First(leftSYN), d.Nth(3, leftSYN)
	last.Packet.Seq = first.Packet.Seq + uint32(time.Duration(last.T-first.T)/tick)
	last.Packet.Bytes = nil
}

// related lets the other SYNs have numbers that the clock may give them.
func related(d *journaltest.Journal) {
	first := d.First(leftSYN)
	for i := range 3 {
		x := d.Nth(i+1, leftSYN)
		x.Packet.Seq = first.Packet.Seq + uint32(time.Duration(x.T-first.T)/fastest/2)
		x.Packet.Bytes = nil
	}
}

// alteredISN: initial numbers.
var alteredISN = []journaltest.Case{
	{Name: "by the clock", Of: "isn", Do: related, Inconclusive: "SN2", Outcome: claim.NotReproduced},
	{Name: "one connection", Of: "isn", Do: droppedAll(call("connect")), Outcome: claim.OutcomeUnresolved},
	{Name: "every 4 µs", Of: "isn", Do: everyFour, Confirmed: "SN1"},
	{Name: "each once", Of: "isn", Do: droppedAll(of("a4", call("connect"))), Inconclusive: "SN1"},
	{Name: "not accepted", Of: "isn", Do: changedNth(5, call("accept4"), failed(journal.EAGAIN)), Inconclusive: "SN3"},
	{Name: "a wrong number was not refused", Of: "isn", Do: droppedAll(journaltest.To("50009", journaltest.Flag(journal.RST))), Inconclusive: "SN3"},
	{Name: "nobody guessed", Of: "isn", Do: droppedAll(injected(journal.ACK)), Inconclusive: "SN3"},

	{Name: "read in another order", Of: "wrap", Do: changed(read("below, across, "), gave("across, below, ")), Outcome: claim.NotReproduced},
	{Name: "below it", Of: "wrap", Do: droppedAll(filled), Outcome: claim.OutcomeUnresolved},
	{Name: "read again", Of: "wrap", Do: changedNth(1, nothing, gave("below, ")), Refuted: "SN4 SN5"},
	{Name: "nothing from half of them away", Of: "wrap", Do: droppedAll(
		func(e *journal.Event) bool { return injected(journal.ACK)(e) && len(e.Packet.Bytes) > 0 }), Inconclusive: "SN4"},
	{Name: "nothing came again", Of: "wrap", Do: droppedAll(injected(journal.ACK)), Inconclusive: "SN5"},
}
