package main

import (
	"strings"

	"sockproof/cmd/internal/doctor"
	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// In the recording linger-n the peer of a1 and a2 reads, that of a3 reads late,
// those of a4 and a5 do not read until close has returned, a6's close is
// interrupted; a2 and a5 are blocking; a7 shuts down.

// acknowledgedAll lets everything that a port sends be acknowledged before anybody
// closes: nothing is unsent then.
func acknowledgedAll(port string) func(*doctor.Journal) {
	return func(d *doctor.Journal) {
		first := d.First(arrivalOf(d.First(to(port, sent("8080", "SYN", "ACK"))).N))
		d.Again(first.N, first, func(e *journal.Event) {
			e.Packet.Flags, e.Packet.Ack, e.Packet.Seq = ack, e.Packet.Ack+8192, e.Packet.Seq+1
		})
	}
}

// readBefore lets a peer have read before the other end closed.
func readBefore(socket, by string) func(*doctor.Journal) {
	return func(d *doctor.Journal) { d.First(call(by, "read")).T = d.First(call(socket, "close")).T - 1 }
}

// noSignal takes the signal away that interrupted a close.
var noSignal = dropped(ended("signalled"))

// unqueued lets the queues of all ends that close hold nothing but their FINs.
var unqueued = changedAll(func(e *journal.Event) bool {
	return e.Sample != nil && e.Sample.State == journal.FinWait1 && strings.HasPrefix(e.Socket, "a")
}, func(e *journal.Event) { e.Sample.TxQueue = 1 })

// unseenPackets says that no packets were seen.
func unseenPackets(d *doctor.Journal) {
	for i := range d.Witnesses {
		if d.Witnesses[i].Name == journal.Packets {
			d.Witnesses[i].Status, d.Witnesses[i].Reason = journal.Unavailable, "doctored"
		}
	}
}

// doctoredWait: LR15, LR17, and the scenario linger-n.
var doctoredWait = []doctor.Case{
	{Name: "as recorded", Of: "linger-n", Do: asRecorded, Claim: "LR15", Want: claim.Confirmed},
	{Name: "as recorded, without packets", Of: "linger-n-host", Do: unseenPackets, Claim: "LR15", Want: claim.Confirmed},
	{Name: "it did not wait", Of: "linger-n", Do: changed(call("a4", "close"), takes(3000)), Claim: "LR15", Want: claim.Refuted},
	{Name: "it did not wait, blocking", Of: "linger-n", Do: changed(call("a5", "close"), takes(second/2)), Claim: "LR15", Want: claim.Refuted},
	{Name: "it did not wait, for it was stopped and continued", Of: "linger-n", Do: all(changed(call("a5", "close"), takes(second/2)), doctor.HeldUp(call("a5", "close"), "")), Claim: "LR15", Want: claim.Inconclusive},
	{Name: "one did not wait, and another was stopped and continued", Of: "linger-n", Do: all(changed(call("a5", "close"), takes(second/2)), doctor.HeldUp(call("a4", "close"), "")), Claim: "LR15", Want: claim.Refuted},
	{Name: "it did not wait for the reader", Of: "linger-n", Do: changed(call("a3", "close"), takes(3000)), Claim: "LR15", Want: claim.Refuted},
	{Name: "one of three waited its time when the peer had read", Of: "linger-n", Do: changed(call("a3", "close"), takes(second+1)), Claim: "LR15", Want: claim.Confirmed},
	{Name: "all waited their time when the peer had read", Of: "linger-n", Do: all(changed(call("a1", "close"), takes(second)), changed(call("a2", "close"), takes(second)), changed(call("a3", "close"), takes(second))), Claim: "LR15", Want: claim.Inconclusive},
	{Name: "it returned before the signal", Of: "linger-n", Do: changed(call("a6", "close"), takes(second/10)), Claim: "LR15", Want: claim.Refuted},
	{Name: "it returned without a signal", Of: "linger-n", Do: noSignal, Claim: "LR15", Want: claim.Refuted},
	{Name: "it returned without a signal, but the run was stopped", Of: "linger-n", Do: all(noSignal, halted), Claim: "LR15", Want: claim.Inconclusive},
	{Name: "it did not wait, but there was nothing to wait for", Of: "linger-n", Do: all(changed(call("a4", "close"), takes(3000)), acknowledgedAll("40004")), Claim: "LR15", Want: claim.Inconclusive},
	{Name: "it did not wait, but the peer had read", Of: "linger-n", Do: all(changed(call("a4", "close"), takes(3000)), readBefore("a4", "b5")), Claim: "LR15", Want: claim.Inconclusive},
	{Name: "nothing was queued, without packets", Of: "linger-n-host", Do: all(unseenPackets, unqueued), Claim: "LR15", Want: claim.Inconclusive},
	{Name: "the blocking one was not made so", Of: "linger-n", Do: changed(call("a5", "fcntl"), returns(-1, "EBADF")), Claim: "LR15", Want: claim.Inconclusive},
	{Name: "not set", Of: "linger-n", Do: neverSet, Claim: "LR15", Want: claim.Inconclusive},
	{Name: "set to 0", Of: "linger-n-loopback", Do: changedAll(doctor.Option("SO_LINGER"), argued(lingerZero)), Claim: "LR15", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "linger-n", Do: asRecorded, Claim: "LR17", Want: claim.Refuted},
	{Name: "it waited", Of: "linger-n", Do: changed(call("a7", "shutdown"), takes(second+1)), Claim: "LR17", Want: claim.Confirmed},
	{Name: "there was nothing to wait for", Of: "linger-n", Do: acknowledgedAll("40007"), Claim: "LR17", Want: claim.Inconclusive},
	{Name: "nobody read", Of: "linger-n", Do: droppedInPlay(call("b8", "read")), Claim: "LR17", Want: claim.Inconclusive},
	{Name: "not set", Of: "linger-n-host", Do: neverSet, Claim: "LR17", Want: claim.Inconclusive},

	{Name: "it did not wait", Of: "linger-n", Do: changed(call("a4", "close"), takes(3000)), Outcome: claim.NotReproduced},
	{Name: "nothing was given to the kernel", Of: "linger-n", Do: droppedAll(doctor.Call("write")), Outcome: claim.OutcomeUnresolved},
}
