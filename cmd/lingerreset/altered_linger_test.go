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
func answered(rst, like journaltest.Which) journaltest.Change {
	return copied(rst, like, func(e *journal.Event) { e.Packet.At, e.Packet.Of = journal.AtSent, 0 })
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
	{Name: "data was sent after close", Of: "linger0", Do: copied(sent("40004", rstAck), data("40004", journal.AtSent), beyond(2896)), Refuted: "LR2"},
	{Name: "everything had been sent", Of: "linger0", Do: changed(call("a6", "write"), returns(2896, "")), Inconclusive: "LR2"},

	{Name: "both reset", Of: "linger-off", Do: changedAll(sent("40002", fin), flagged(rstAck)), Confirmed: "LR5"},

	{Name: "an answer that says nothing new", Of: "linger0", Do: answered(arriving("40001", rstAck), synAcks), Refuted: "LR16"},
	{Name: "none fitted", Of: "linger0", Do: changedAll(journaltest.Flag(journal.RST), beyond(7)), Inconclusive: "LR16"},
	{Name: "gone after close", Of: "linger0", Do: copied(call("a7", "close"), stateTo("a7", journal.TimeWait), goneFrom(journal.TimeWait)), Refuted: "LR23"},
	{Name: "gone after it was seen again after close", Of: "linger0", Do: func(d *journaltest.Journal) {
		n := d.First(call("a7", "close")).N
		copied(journaltest.Behind(n, sampled("a7", journal.TimeWait)), stateTo("a7", journal.TimeWait), goneFrom(journal.TimeWait))(d)
	}, Confirmed: "LR23"},
	{Name: "a RST after close", Of: "linger0", Do: func(d *journaltest.Journal) {
		src := d.First(sent("40005", fin)).Packet.Src
		copied(call("a7", "close"), sent("40001", rstAck), func(e *journal.Event) { e.Packet.Src = src })(d)
	}, Refuted: "LR23"},
	{Name: "not looked at after close", Of: "linger0", Do: droppedBehind(call("a7", "close"), sampled("a7", journal.TimeWait)), Inconclusive: "LR23"},
	{Name: "the plain close resets too", Of: "linger0", Do: changed(call("b4", "read"), returns(-1, "ECONNRESET")), Outcome: claim.NotReproduced},
	{Name: "{0, 0} resets", Of: "linger-off", Do: changed(call("b3", "read"), returns(-1, "ECONNRESET")), Outcome: claim.NotReproduced},
	{Name: "the default is another", Of: "linger-off", Do: changed(call("a1", "getsockopt"), said("{1, 0}")), Outcome: claim.NotReproduced},
}

// unconnected lets the second client of that address not have been connected.
var unconnected = droppedAll(stateTo("a2", journal.Established))

// alteredPair: LR4.
var alteredPair = []journaltest.Case{
	{Name: "not yet connected when the run was stopped", Of: "linger0", Do: all(unconnected, journaltest.Interrupted), Inconclusive: "LR4"},
	{Name: "no route was left to its peer", Of: "linger0", Do: all(
		unconnected, changed(call("a2", "connect"), returns(-1, "EHOSTUNREACH"))), Inconclusive: "LR4"},
	{Name: "the address was not free", Of: "linger0", Do: all(unconnected, changed(call("a2", "connect"), returns(-1, "EADDRNOTAVAIL"))), Refuted: "LR4"},
	{Name: "the one in TIME_WAIT was not tried", Of: "linger0", Do: dropped(call("a5", "bind")), Confirmed: "LR4"},
}
