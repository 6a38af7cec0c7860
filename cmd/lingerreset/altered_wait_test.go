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
func acknowledgedAll(port string) func(*journaltest.Journal) {
	return func(d *journaltest.Journal) {
		first := d.First(arrivalOf(d.First(to(port, sent("8080", journal.SYN|journal.ACK))).N))
		d.Again(first.N, first, func(e *journal.Event) {
			e.Packet.Flags, e.Packet.Ack, e.Packet.Seq = ack, e.Packet.Ack+8192, e.Packet.Seq+1
		})
	}
}

// noSignal takes the signal away that interrupted a close.
var noSignal = dropped(ended("signalled"))

// alteredWait: LR15, LR17, and the scenario linger-n.
var alteredWait = []journaltest.Case{
	{Name: "it did not wait, for it was stopped and continued", Of: "linger-n", Do: all(changed(call("a5", "close"), takes(int64(time.Second)/2)), journaltest.HeldUp(call("a5", "close"), "")), Inconclusive: "LR15"},
	{Name: "it was interrupted", Of: "linger-n", Do: changed(call("a5", "close"), takes(int64(time.Second)/2)), Inconclusive: "LR15"},
	{Name: "it did not wait at all", Of: "linger-n", Do: changed(call("a5", "close"), takes(3000)), Refuted: "LR15"},
	{Name: "the kernel had timed it out", Of: "linger-n", Do: all(changed(call("a5", "close"), takes(int64(time.Second)/2)), func(d *journaltest.Journal) {
		n := d.First(call("a5", "close")).N
		d.Again(n, d.First(stateTo("a5", journal.FinWait1)), func(e *journal.Event) { e.State.From, e.State.To = journal.FinWait1, journal.Gone })
	}), Inconclusive: "LR15"},
	{Name: "all waited their time when the peer had read", Of: "linger-n", Do: all(changed(call("a1", "close"), takes(int64(time.Second))), changed(call("a2", "close"), takes(int64(time.Second))), changed(call("a3", "close"), takes(int64(time.Second)))), Inconclusive: "LR15"},
	{Name: "it returned without a signal, but the run was stopped", Of: "linger-n", Do: all(noSignal, halted), Inconclusive: "LR15"},
	{Name: "it did not wait, but there was nothing to wait for", Of: "linger-n", Do: all(changed(call("a4", "close"), takes(3000)), acknowledgedAll("40004")), Inconclusive: "LR15"},

	{Name: "it waited", Of: "linger-n", Do: changed(call("a7", "shutdown"), takes(int64(time.Second)+1)), Confirmed: "LR17"},

	{Name: "it did not wait", Of: "linger-n", Do: changed(call("a4", "close"), takes(3000)), Outcome: claim.NotReproduced},
}
