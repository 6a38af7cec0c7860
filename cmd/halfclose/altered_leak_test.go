package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// In the recording leak a1 to a6 call a server that leaks, of whom it accepts
// five, b2 to b6; b7 waits in its queue. b9 is closed, b10 reset, b11 writes,
// b12 is asked for by keepalive.

// stayed lets a socket not have left CLOSE_WAIT.
func stayed(socket string) journaltest.Change {
	return droppedAll(stateFrom(socket, journal.CloseWait))
}

// unreset lets sockets not have been reset: what took them out of CLOSE_WAIT is
// not seen.
var unreset = droppedAll(journaltest.PacketAt(journal.AtDelivered, rst))

// refused is an accept that failed for want of descriptors.
func refused(e *journal.Event) bool { return e.Call != nil && e.Call.Errno == "EMFILE" }

// beyond lets the accept that failed succeed, with a descriptor that the limit forbids.
var beyond = changed(refused, func(e *journal.Event) {
	e.Call.Errno, e.Call.Result, e.Call.Out = "", 99, "b99 from 192.0.2.1:1"
})

// closes lets the server close a socket that it had accepted.
func closes(socket string) journaltest.Change {
	return leaves(socket, journal.CloseWait, journal.LastAck)
}

// lookedAtFirst lets the client's FIN_WAIT2 have been seen before the server's
// CLOSE_WAIT, in one look at all sockets: off the wire both come about in one call.
func lookedAtFirst(d *journaltest.Journal) {
	in := *d.First(seen("a1", journal.FinWait2))
	d.DropAll(stateTo("a1", journal.FinWait2))
	there := d.First(seen("b2", journal.CloseWait))
	d.Again(there.N-1, &in, nil)
}

// sampledFirst is lookedAtFirst with what was sampled of the client in that look.
func sampledFirst(d *journaltest.Journal) {
	in := *d.First(sampled("a1", journal.FinWait2))
	lookedAtFirst(d)
	there := d.First(seen("b2", journal.CloseWait))
	d.Again(there.N-1, &in, nil)
}

// movedOn lets a1 have left FIN_WAIT2 before the server was in CLOSE_WAIT.
var movedOn = all(lookedAtFirst, leaves("a1", journal.FinWait2, journal.Gone))

// alteredLeak: HC19, HC20 and HC26, and the scenario leak.
var alteredLeak = []journaltest.Case{
	{Name: "LAST_ACK at the other end", Of: "leak", Do: changed(seen("b4", journal.CloseWait), becomes(journal.LastAck)), Refuted: "HC19"},
	{Name: "ESTABLISHED at the other end", Of: "leak-loopback", Do: dropped(seen("b3", journal.CloseWait)), Refuted: "HC19"},
	{Name: "not seen again before it was over", Of: "leak-loopback", Do: movedOn, Inconclusive: "HC19"},
	{Name: "looked at in another order", Of: "leak-loopback", Do: lookedAtFirst, Confirmed: "HC19"},
	{Name: "sampled in another order", Of: "leak-loopback", Do: sampledFirst, Confirmed: "HC19"},
	{Name: "looked at in another order, on the wire", Of: "leak", Do: lookedAtFirst, Refuted: "HC19"},
	{Name: "a FIN came again", Of: "leak", Do: twice(clientsFIN), Confirmed: "HC19"},
	{Name: "left by close alone", Of: "leak", Do: each(stayed, "b10", "b11", "b12"), Confirmed: "HC20"},
	{Name: "left by close alone, its FIN came again", Of: "leak", Do: all(
		each(stayed, "b10", "b11", "b12"), twice(to("40007", sent("8081", fin)))), Confirmed: "HC20"},
	{Name: "left for a reason not seen", Of: "leak", Do: all(stayed("b10"), unreset), Inconclusive: "HC20"},
	{Name: "a RST, and no probe before it", Of: "leak", Do: func(d *journaltest.Journal) {
		probe := d.First(func(e *journal.Event) bool { return e.T > second && to("40010", sent("8081", ack))(e) }).N
		d.Drop(arrivalOf(probe))
		d.Drop(journaltest.Numbered(probe))
	}, Refuted: "HC20"},
	{Name: "accepted beyond the limit", Of: "leak", Do: beyond, Refuted: "HC26", Outcome: claim.NotReproduced},
	{Name: "the server closes after all", Of: "leak", Do: closes("b3"), Inconclusive: "HC26"},
	{Name: "the server closes after all", Of: "leak-loopback", Do: closes("b3"), Outcome: claim.OutcomeUnresolved},
	{Name: "the data for the one in the queue was not acknowledged", Of: "leak", Do: droppedAll(stateTo("a6", journal.FinWait2)), Outcome: claim.NotReproduced},
	{Name: "the one in the queue had an owner", Of: "leak", Do: changedAll(
		sampled("b7", journal.CloseWait), func(e *journal.Event) { e.Sample.Inode = 7 }), Outcome: claim.NotReproduced},
}
