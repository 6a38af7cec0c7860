package main

import (
	"slices"

	"sockproof/cmd/internal/doctor"
	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// In the recording linger0 a1 is closed with SO_LINGER {1, 0}, and its peer, the
// process that has b2, goes on; a2 calls from a1's address again; a3 is closed
// plainly, and b4's process goes on; a4 comes to TIME_WAIT, and a5 cannot bind its
// address; a6 has data unsent, b7 is its peer; a7 is set to {1, 0} in TIME_WAIT.

// lingerSet is the setting of SO_LINGER on a socket.
func lingerSet(socket string) doctor.Which { return doctor.Of(socket, doctor.Option("SO_LINGER")) }

// neverSet takes the play's settings of SO_LINGER away, and lets those of the
// tearing down be.
func neverSet(d *doctor.Journal) { d.DropAll(played(d, doctor.Option("SO_LINGER"))) }

// answered lets an end send something at once when a RST has reached it.
func answered(rst, like doctor.Which) func(*doctor.Journal) {
	return func(d *doctor.Journal) {
		d.Again(d.First(rst).N, d.First(like), func(e *journal.Event) { e.Packet.At, e.Packet.Of = journal.AtSent, 0 })
	}
}

// onlyLater lets the close of a6 send nothing, and a RST come when its peer has
// read, as one would that a window update draws.
func onlyLater(d *doctor.Journal) {
	late := *d.First(sent("40004", rst...))
	d.DropAll(played(d, rstsOf("40004")))
	d.Again(d.Nth(1, call("b7", "read")).N, &late, nil)
}

// doctoredLinger: LR1, LR2, LR3, LR5, LR6, LR16 of closes, LR23, and the
// scenarios linger0 and linger-off.
var doctoredLinger = []doctor.Case{
	{Name: "as recorded", Of: "linger0", Do: asRecorded, Claim: "LR1", Want: claim.Confirmed},
	{Name: "a FIN instead", Of: "linger0", Do: changed(sent("40001", rstAck...), flagged(fin...)), Claim: "LR1", Want: claim.Refuted},
	{Name: "nothing was sent", Of: "linger0", Do: droppedAll(rstsOf("40001")), Claim: "LR1", Want: claim.Refuted},
	{Name: "nothing was sent, but the run was stopped", Of: "linger0", Do: all(droppedAll(rstsOf("40001")), halted), Claim: "LR1", Want: claim.Inconclusive},
	{Name: "the only RSTs answer what the peer did later", Of: "linger0", Do: onlyLater, Claim: "LR1", Want: claim.Refuted},
	{Name: "the RST came twice", Of: "linger0", Do: twice(sent("40001", rstAck...)), Claim: "LR1", Want: claim.Confirmed},
	{Name: "another connection's FIN", Of: "linger0", Do: another(sent("40002", fin...)), Claim: "LR1", Want: claim.Confirmed},
	{Name: "closed before", Of: "linger0", Do: func(d *doctor.Journal) {
		d.Call(d.First(lingerSet("a1")).N, "a1", "shutdown", 0, "", "a1", "SHUT_WR")
		d.Call(d.First(lingerSet("a6")).N, "a6", "shutdown", 0, "", "a6", "SHUT_WR")
	}, Claim: "LR1", Want: claim.Inconclusive},
	{Name: "never set", Of: "linger0", Do: neverSet, Claim: "LR1", Want: claim.Inconclusive},
	{Name: "the setting failed", Of: "linger0", Do: all(changed(lingerSet("a1"), returns(-1, "EBADF")), changed(lingerSet("a6"), returns(-1, "EBADF"))), Claim: "LR1", Want: claim.Inconclusive},
	{Name: "as recorded", Of: "linger-off", Do: asRecorded, Claim: "LR1", Want: claim.Confirmed},

	{Name: "data was sent after close", Of: "linger0", Do: func(d *doctor.Journal) {
		d.Again(d.First(sent("40004", rstAck...)).N, d.First(data("40004", journal.AtSent)), func(e *journal.Event) { e.Packet.Seq += 2896 })
	}, Claim: "LR2", Want: claim.Refuted},
	{Name: "data was sent again after close", Of: "linger0", Do: func(d *doctor.Journal) {
		d.Again(d.First(sent("40004", rstAck...)).N, d.First(data("40004", journal.AtSent)), nil)
	}, Claim: "LR2", Want: claim.Confirmed},
	{Name: "the peer read more than was sent", Of: "linger0", Do: changed(call("b7", "read"), returns(8192, "")), Claim: "LR2", Want: claim.Refuted},
	{Name: "the peer did not read to the end", Of: "linger0", Do: changedNth(1, call("b7", "read"), returns(-1, "EAGAIN")), Claim: "LR2", Want: claim.Inconclusive},
	{Name: "the peer did not read", Of: "linger0", Do: droppedInPlay(call("b7", "read")), Claim: "LR2", Want: claim.Inconclusive},
	{Name: "everything had been sent", Of: "linger0", Do: changed(call("a6", "write"), returns(2896, "")), Claim: "LR2", Want: claim.Inconclusive},

	{Name: "TIME_WAIT", Of: "linger0", Do: changed(stateTo("a1", journal.Gone), becomes(journal.TimeWait)), Claim: "LR3", Want: claim.Refuted},
	{Name: "it was not looked for", Of: "linger0", Do: dropped(stateTo("a1", journal.Gone)), Claim: "LR3", Want: claim.Inconclusive},
	{Name: "never set", Of: "linger0", Do: neverSet, Claim: "LR3", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "linger-off", Do: asRecorded, Claim: "LR5", Want: claim.Refuted},
	{Name: "both reset", Of: "linger-off", Do: changedAll(sent("40002", fin...), flagged(rstAck...)), Claim: "LR5", Want: claim.Confirmed},
	{Name: "neither was seen to send anything", Of: "linger-off", Do: all(droppedAll(rstsOf("40003")), droppedAll(from("40002", doctor.PacketAt(journal.AtSent, fin...)))), Claim: "LR5", Want: claim.Inconclusive},
	{Name: "one was not tried", Of: "linger-off", Do: droppedInPlay(lingerSet("a2")), Claim: "LR5", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "linger0", Do: asRecorded, Claim: "LR6", Want: claim.Confirmed},
	{Name: "the peer read the end", Of: "linger0", Do: changed(call("b2", "read"), returns(0, "")), Claim: "LR6", Want: claim.Refuted},
	{Name: "the RST did not arrive", Of: "linger0", Do: all(lost(sent("40001", rstAck...)), changed(call("b2", "read"), returns(-1, "EAGAIN"))), Claim: "LR6", Want: claim.Inconclusive},
	{Name: "the peer's first read has another end", Of: "read-after-reset", Do: changed(call("a2", "read"), returns(0, "")), Claim: "LR6", Want: claim.Refuted},
	{Name: "never set", Of: "linger0-host", Do: neverSet, Claim: "LR6", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "linger0", Do: asRecorded, Claim: "LR16", Want: claim.Confirmed},
	{Name: "an answer that says nothing new", Of: "linger0", Do: answered(arriving("40001", rstAck...), sent("8080", "SYN", "ACK")), Claim: "LR16", Want: claim.Refuted},
	{Name: "none fitted", Of: "linger0", Do: changedAll(func(e *journal.Event) bool { return e.Packet != nil && slices.Contains(e.Packet.Flags, "RST") }, func(e *journal.Event) { e.Packet.Seq += 7 }), Claim: "LR16", Want: claim.Inconclusive},

	{Name: "gone after close", Of: "linger0", Do: func(d *doctor.Journal) {
		d.Again(d.First(played(d, call("a7", "close"))).N, d.First(stateTo("a7", journal.TimeWait)), func(e *journal.Event) { e.State.From, e.State.To = journal.TimeWait, journal.Gone })
	}, Claim: "LR23", Want: claim.Refuted},
	{Name: "a RST after close", Of: "linger0", Do: func(d *doctor.Journal) {
		d.Again(d.First(call("a7", "close")).N, d.First(sent("40001", rstAck...)), func(e *journal.Event) { e.Packet.Src = d.First(sent("40005", fin...)).Packet.Src })
	}, Claim: "LR23", Want: claim.Refuted},
	{Name: "not looked at after close", Of: "linger0", Do: func(d *doctor.Journal) {
		n := d.First(call("a7", "close")).N
		d.DropAll(func(e *journal.Event) bool { return e.N > n && sampled("a7", journal.TimeWait)(e) })
	}, Claim: "LR23", Want: claim.Inconclusive},
	{Name: "not set", Of: "linger0", Do: droppedInPlay(lingerSet("a7")), Claim: "LR23", Want: claim.Inconclusive},
	{Name: "not in TIME_WAIT", Of: "linger0", Do: droppedAll(stateTo("a7", journal.TimeWait)), Claim: "LR23", Want: claim.Inconclusive},

	{Name: "the plain close resets too", Of: "linger0", Do: changed(call("b4", "read"), returns(-1, "ECONNRESET")), Outcome: claim.NotReproduced},
	{Name: "the RST did not arrive", Of: "linger0", Do: changed(call("b2", "read"), returns(-1, "EAGAIN")), Outcome: claim.NotReproduced},
	{Name: "never set", Of: "linger0", Do: neverSet, Outcome: claim.OutcomeUnresolved},
	{Name: "{0, 0} resets", Of: "linger-off", Do: changed(call("b3", "read"), returns(-1, "ECONNRESET")), Outcome: claim.NotReproduced},
	{Name: "the default is another", Of: "linger-off", Do: changed(call("a1", "getsockopt"), said("{1, 0}")), Outcome: claim.NotReproduced},
	{Name: "the default was not asked for", Of: "linger-off", Do: dropped(call("a1", "getsockopt")), Outcome: claim.OutcomeUnresolved},
}

// doctoredPair: LR4.
var doctoredPair = []doctor.Case{
	{Name: "as recorded", Of: "linger0", Do: asRecorded, Claim: "LR4", Want: claim.Confirmed},
	{Name: "the address is in use", Of: "linger0", Do: changed(call("a2", "bind"), returns(-1, "EADDRINUSE")), Claim: "LR4", Want: claim.Refuted},
	{Name: "never connected", Of: "linger0", Do: droppedAll(stateTo("a2", journal.Established)), Claim: "LR4", Want: claim.Refuted},
	{Name: "not yet connected when the run was stopped", Of: "linger0", Do: all(droppedAll(stateTo("a2", journal.Established)), halted), Claim: "LR4", Want: claim.Inconclusive},
	{Name: "to another address", Of: "linger0", Do: changed(call("a2", "connect"), argued("192.0.2.2:9")), Claim: "LR4", Want: claim.Inconclusive},
	{Name: "the other end still had it", Of: "linger0", Do: all(lost(sent("40001", rstAck...)), droppedAll(stateTo("a2", journal.Established))), Claim: "LR4", Want: claim.Inconclusive},
	{Name: "the first was closed plainly, and its peer had not closed", Of: "linger0", Do: all(droppedInPlay(lingerSet("a1")), changed(call("a2", "bind"), returns(-1, "EADDRINUSE"))), Claim: "LR4", Want: claim.Inconclusive},
	{Name: "not tried", Of: "linger0-host", Do: func(d *doctor.Journal) { d.DropAll(call("a2", "bind")) }, Claim: "LR4", Want: claim.Inconclusive},
	{Name: "the one in TIME_WAIT was not tried", Of: "linger0", Do: dropped(call("a5", "bind")), Claim: "LR4", Want: claim.Confirmed},
}
