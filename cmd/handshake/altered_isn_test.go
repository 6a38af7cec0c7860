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

// ofBlind are the segments to the port that has no socket.
var ofBlind = journaltest.To("50009", anything)

// alteredISN: initial numbers.
var alteredISN = []journaltest.Case{
	{Name: "as recorded", Of: "isn", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "by the clock", Of: "isn", Do: related, Outcome: claim.NotReproduced},
	{Name: "one connection", Of: "isn", Do: droppedAll(call("connect")), Outcome: claim.OutcomeUnresolved},
	{Name: "every 4 µs", Of: "isn", Do: everyFour, Claim: "SN1", Want: claim.Confirmed},
	{Name: "each once", Of: "isn", Do: droppedAll(of("a4", call("connect"))), Claim: "SN1", Want: claim.Inconclusive},
	{Name: "by the clock", Of: "isn", Do: related, Claim: "SN2", Want: claim.Inconclusive},
	{Name: "not accepted", Of: "isn", Do: changedNth(5, call("accept4"), failed(journal.EAGAIN)), Claim: "SN3", Want: claim.Inconclusive},
	{Name: "a wrong number was not refused", Of: "isn", Do: droppedAll(func(e *journal.Event) bool { return ofBlind(e) && e.Packet.Flags.Has(journal.RST) }), Claim: "SN3", Want: claim.Inconclusive},
	{Name: "nobody guessed", Of: "isn", Do: droppedAll(injected(journal.ACK)), Claim: "SN3", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "wrap", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "read in another order", Of: "wrap", Do: changed(read("below, across, "), gave("across, below, ")), Outcome: claim.NotReproduced},
	{Name: "below it", Of: "wrap", Do: droppedAll(filled), Outcome: claim.OutcomeUnresolved},
	{Name: "read again", Of: "wrap", Do: changedNth(1, nothing, gave("below, ")), Claim: "SN4", Want: claim.Refuted},
	{Name: "nothing from half of them away", Of: "wrap", Do: droppedAll(func(e *journal.Event) bool { return injected(journal.ACK)(e) && len(e.Packet.Bytes) > 0 }), Claim: "SN4", Want: claim.Inconclusive},
	{Name: "read again", Of: "wrap", Do: changedNth(1, nothing, gave("below, ")), Claim: "SN5", Want: claim.Refuted},
	{Name: "nothing came again", Of: "wrap", Do: droppedAll(injected(journal.ACK)), Claim: "SN5", Want: claim.Inconclusive},
}
