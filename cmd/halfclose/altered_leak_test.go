package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// In the recording leak a1 to a6 call a server that leaks, of whom it accepts
// five, b2 to b6; b7 waits in its queue. b9 is closed, b10 reset, b11 writes,
// b12 is asked for by keepalive.

// stayed lets sockets not have left CLOSE_WAIT.
func stayed(sockets ...string) func(*journaltest.Journal) {
	return func(d *journaltest.Journal) {
		for _, s := range sockets {
			d.DropAll(stateFrom(s, journal.CloseWait))
		}
	}
}

// unreset lets sockets not have been reset: what took them out of CLOSE_WAIT is
// not seen.
var unreset = droppedAll(journaltest.PacketAt(journal.AtDelivered, rst))

// refused is an accept that failed for want of descriptors.
func refused(e *journal.Event) bool { return e.Call != nil && e.Call.Errno == "EMFILE" }

// beyond lets the accept that failed succeed, with a descriptor that the limit forbids.
var beyond = changed(refused, func(e *journal.Event) {
	c := *e.Call
	c.Errno, c.Result, c.Out = "", 99, "b99 from 192.0.2.1:1"
	e.Call = &c
})

// closes lets the server close a socket that it had accepted.
func closes(socket string) func(*journaltest.Journal) {
	return func(d *journaltest.Journal) {
		like := *d.First(journaltest.Of(socket, journaltest.StateTo(journal.CloseWait, journal.SockDiag)))
		d.Again(like.N, &like, func(e *journal.Event) { e.State.From, e.State.To = journal.CloseWait, journal.LastAck })
	}
}

// lookedAtFirst lets the client's FIN_WAIT2 have been seen before the server's
// CLOSE_WAIT, in one look at all sockets: off the wire both come about in one call.
func lookedAtFirst(d *journaltest.Journal) {
	in := *d.First(journaltest.Of("a1", journaltest.StateTo(journal.FinWait2, journal.SockDiag)))
	d.DropAll(stateTo("a1", journal.FinWait2))
	there := d.First(journaltest.Of("b2", journaltest.StateTo(journal.CloseWait, journal.SockDiag)))
	d.Again(there.N-1, &in, nil)
}

// sampledFirst is lookedAtFirst with what was sampled of the client in that look.
func sampledFirst(d *journaltest.Journal) {
	in := *d.First(sampled("a1", journal.FinWait2))
	lookedAtFirst(d)
	there := d.First(journaltest.Of("b2", journaltest.StateTo(journal.CloseWait, journal.SockDiag)))
	d.Again(there.N-1, &in, nil)
}

// movedOn lets a1 have left FIN_WAIT2 before the server was in CLOSE_WAIT.
func movedOn(d *journaltest.Journal) {
	lookedAtFirst(d)
	in := *d.First(journaltest.Of("a1", journaltest.StateTo(journal.FinWait2, journal.SockDiag)))
	d.Again(in.N, &in, func(e *journal.Event) { e.State.From, e.State.To = journal.FinWait2, journal.Gone })
}

// alteredLeak: HC19, HC20 and HC26, and the scenario leak.
var alteredLeak = []journaltest.Case{
	{Name: "LAST_ACK at the other end", Of: "leak", Do: changed(journaltest.Of("b4", journaltest.StateTo(journal.CloseWait, journal.SockDiag)), becomes(journal.LastAck)), Refuted: "HC19"},
	{Name: "ESTABLISHED at the other end", Of: "leak-loopback", Do: dropped(journaltest.Of("b3", journaltest.StateTo(journal.CloseWait, journal.SockDiag))), Refuted: "HC19"},
	{Name: "not seen again before it was over", Of: "leak-loopback", Do: movedOn, Inconclusive: "HC19"},
	{Name: "looked at in another order", Of: "leak-loopback", Do: lookedAtFirst, Confirmed: "HC19"},
	{Name: "sampled in another order", Of: "leak-loopback", Do: sampledFirst, Confirmed: "HC19"},
	{Name: "looked at in another order, on the wire", Of: "leak", Do: lookedAtFirst, Refuted: "HC19"},
	{Name: "a FIN came again", Of: "leak", Do: twice(clientsFIN), Confirmed: "HC19"},

	{Name: "left by close alone", Of: "leak", Do: stayed("b10", "b11", "b12"), Confirmed: "HC20"},
	{Name: "left by close alone, its FIN came again", Of: "leak", Do: all(stayed("b10", "b11", "b12"), twice(to("40007", sent("8081", fin)))), Confirmed: "HC20"},
	{Name: "left for a reason not seen", Of: "leak", Do: all(stayed("b10"), unreset), Inconclusive: "HC20"},
	{Name: "a RST, and no probe before it", Of: "leak", Do: func(d *journaltest.Journal) {
		probe := d.First(func(e *journal.Event) bool { return e.T > second && to("40010", sent("8081", ack))(e) }).N
		d.Drop(arrivalOf(probe))
		d.Drop(func(e *journal.Event) bool { return e.N == probe })
	}, Refuted: "HC20"},

	{Name: "accepted beyond the limit", Of: "leak", Do: beyond, Refuted: "HC26", Outcome: claim.NotReproduced},
	{Name: "the server closes after all", Of: "leak", Do: closes("b3"), Inconclusive: "HC26"},
	{Name: "the server closes after all", Of: "leak-loopback", Do: closes("b3"), Outcome: claim.OutcomeUnresolved},
	{Name: "the data for the one in the queue was not acknowledged", Of: "leak", Do: droppedAll(stateTo("a6", journal.FinWait2)), Outcome: claim.NotReproduced},
	{Name: "the one in the queue had an owner", Of: "leak", Do: changedAll(sampled("b7", journal.CloseWait), func(e *journal.Event) { e.Sample.Inode = 7 }), Outcome: claim.NotReproduced},
}
