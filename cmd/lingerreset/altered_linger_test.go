package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// In the recording linger0 a1 is closed with SO_LINGER {1, 0}, and its peer, the
// process that has b2, goes on; a2 calls from a1's address again; a3 is closed
// plainly, and b4's process goes on; a4 comes to TIME_WAIT, and a5 cannot bind its
// address; a6 has data unsent, b7 is its peer; a7 is set to {1, 0} in TIME_WAIT.

// answered lets an end send something at once when a RST has reached it.
func answered(rst, like journaltest.Which) func(*journaltest.Journal) {
	return func(d *journaltest.Journal) {
		d.Again(d.First(rst).N, d.First(like), func(e *journal.Event) { e.Packet.At, e.Packet.Of = journal.AtSent, 0 })
	}
}

// onlyLater lets the close of a6 send nothing, and a RST come when its peer has
// read, as one would that a window update draws.
func onlyLater(d *journaltest.Journal) {
	late := *d.First(sent("40004", rst))
	d.DropAll(played(d, rstsOf("40004")))
	d.Again(d.Nth(1, call("b7", "read")).N, &late, nil)
}

// alteredLinger: LR1, LR2, LR3, LR5, LR6, LR16 of closes, LR23, and the
// scenarios linger0 and linger-off.
var alteredLinger = []journaltest.Case{
	{Name: "the only RSTs answer what the peer did later", Of: "linger0", Do: onlyLater, Refuted: "LR1"},

	{Name: "data was sent after close", Of: "linger0", Do: func(d *journaltest.Journal) {
		d.Again(d.First(sent("40004", rstAck)).N, d.First(data("40004", journal.AtSent)), func(e *journal.Event) { e.Packet.Seq += 2896 })
	}, Refuted: "LR2"},
	{Name: "everything had been sent", Of: "linger0", Do: changed(call("a6", "write"), returns(2896, "")), Inconclusive: "LR2"},

	{Name: "both reset", Of: "linger-off", Do: changedAll(sent("40002", fin), flagged(rstAck)), Confirmed: "LR5"},

	{Name: "an answer that says nothing new", Of: "linger0", Do: answered(arriving("40001", rstAck), sent("8080", journal.SYN|journal.ACK)), Refuted: "LR16"},
	{Name: "none fitted", Of: "linger0", Do: changedAll(func(e *journal.Event) bool { return e.Packet != nil && e.Packet.Flags.Has(journal.RST) }, func(e *journal.Event) { e.Packet.Seq += 7 }), Inconclusive: "LR16"},

	{Name: "gone after close", Of: "linger0", Do: func(d *journaltest.Journal) {
		d.Again(d.First(played(d, call("a7", "close"))).N, d.First(stateTo("a7", journal.TimeWait)), func(e *journal.Event) { e.State.From, e.State.To = journal.TimeWait, journal.Gone })
	}, Refuted: "LR23"},
	{Name: "gone after it was seen again after close", Of: "linger0", Do: func(d *journaltest.Journal) {
		n := d.First(call("a7", "close")).N
		left := d.First(func(e *journal.Event) bool { return e.N > n && sampled("a7", journal.TimeWait)(e) })
		d.Again(left.N, d.First(stateTo("a7", journal.TimeWait)), func(e *journal.Event) { e.State.From, e.State.To = journal.TimeWait, journal.Gone })
	}, Confirmed: "LR23"},
	{Name: "a RST after close", Of: "linger0", Do: func(d *journaltest.Journal) {
		d.Again(d.First(call("a7", "close")).N, d.First(sent("40001", rstAck)), func(e *journal.Event) { e.Packet.Src = d.First(sent("40005", fin)).Packet.Src })
	}, Refuted: "LR23"},
	{Name: "not looked at after close", Of: "linger0", Do: func(d *journaltest.Journal) {
		n := d.First(call("a7", "close")).N
		d.DropAll(func(e *journal.Event) bool { return e.N > n && sampled("a7", journal.TimeWait)(e) })
	}, Inconclusive: "LR23"},

	{Name: "the plain close resets too", Of: "linger0", Do: changed(call("b4", "read"), returns(-1, "ECONNRESET")), Outcome: claim.NotReproduced},
	{Name: "{0, 0} resets", Of: "linger-off", Do: changed(call("b3", "read"), returns(-1, "ECONNRESET")), Outcome: claim.NotReproduced},
	{Name: "the default is another", Of: "linger-off", Do: changed(call("a1", "getsockopt"), said("{1, 0}")), Outcome: claim.NotReproduced},
}

// alteredPair: LR4.
var alteredPair = []journaltest.Case{
	{Name: "not yet connected when the run was stopped", Of: "linger0", Do: all(droppedAll(stateTo("a2", journal.Established)), halted), Inconclusive: "LR4"},
	{Name: "no route was left to its peer", Of: "linger0", Do: all(droppedAll(stateTo("a2", journal.Established)), changed(call("a2", "connect"), returns(-1, "EHOSTUNREACH"))), Inconclusive: "LR4"},
	{Name: "the address was not free", Of: "linger0", Do: all(droppedAll(stateTo("a2", journal.Established)), changed(call("a2", "connect"), returns(-1, "EADDRNOTAVAIL"))), Refuted: "LR4"},
	{Name: "the one in TIME_WAIT was not tried", Of: "linger0", Do: dropped(call("a5", "bind")), Confirmed: "LR4"},
}
