package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// In the recording linger-n the peer of a1 and a2 reads, that of a3 reads late,
// those of a4 and a5 do not read until close has returned, a6's close is
// interrupted; a2 and a5 are blocking; a7 shuts down.

// acknowledgedAll lets everything that a port sends be acknowledged before anybody
// closes: nothing is unsent then.
func acknowledgedAll(port string) journaltest.Change {
	return func(d *journaltest.Journal) {
		first := d.First(arrivalOf(d.First(to(port, synAcks)).N))
		d.Again(first.N, first, func(e *journal.Event) {
			e.Packet.Flags, e.Packet.Ack, e.Packet.Seq = ack, e.Packet.Ack+8192, e.Packet.Seq+1
		})
	}
}

// second is one, in nanoseconds.
const second = int64(time.Second)

// noSignal takes the signal away that interrupted a close.
var noSignal = dropped(ended("signalled"))

// alteredWait: LR15, LR17, and the scenario linger-n.
var alteredWait = []journaltest.Case{
	{Name: "it did not wait, for it was stopped and continued", Of: "linger-n", Do: all(
		lasts("a5", second/2), journaltest.HeldUp(call("a5", "close"), "")), Inconclusive: "LR15"},
	{Name: "it was interrupted", Of: "linger-n", Do: lasts("a5", second/2), Inconclusive: "LR15"},
	{Name: "it did not wait at all", Of: "linger-n", Do: lasts("a5", 3000), Refuted: "LR15"},
	{Name: "the kernel had timed it out", Of: "linger-n", Do: all(
		lasts("a5", second/2), copied(call("a5", "close"), stateTo("a5", journal.FinWait1), goneFrom(journal.FinWait1))), Inconclusive: "LR15"},
	{Name: "all waited their time when the peer had read", Of: "linger-n", Do: all(
		lasts("a1", second), lasts("a2", second), lasts("a3", second)), Inconclusive: "LR15"},
	{Name: "it returned without a signal, but the run was stopped", Of: "linger-n", Do: all(noSignal, journaltest.Interrupted), Inconclusive: "LR15"},
	{Name: "it did not wait, but there was nothing to wait for", Of: "linger-n", Do: all(lasts("a4", 3000), acknowledgedAll("40004")), Inconclusive: "LR15"},
	{Name: "it waited", Of: "linger-n", Do: changed(call("a7", "shutdown"), takes(second+1)), Confirmed: "LR17"},
	{Name: "it did not wait", Of: "linger-n", Do: lasts("a4", 3000), Outcome: claim.NotReproduced},
}
