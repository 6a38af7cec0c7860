package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// closeOf is close() of a descriptor: "a1", "a1 by its duplicate", "a2 in the child".
func closeOf(name string) journaltest.Which {
	return func(e *journal.Event) bool {
		return journaltest.Call("close")(e) && e.Call.Descriptor().String() == name
	}
}

// process is a step in the life of a child with a socket, or of any child.
func process(event string) journaltest.Which {
	return func(e *journal.Event) bool { return e.Process != nil && e.Process.Event == event }
}

// alteredShared: HC31 and its scenario. In the recording shared a1 is closed by
// its first descriptor, then by its duplicate; a2 by the parent, then by the
// child; a3 is shut down by the child, and written to by the parent.
var alteredShared = []journaltest.Case{
	{Name: "the first close sent a FIN", Of: "shared", Do: copied(closeOf("a1"), sent(port1, fin), nil), Refuted: "HC31"},
	{Name: "the parent's close sent a RST", Of: "shared", Do: copied(closeOf("a2"), sent(port2, fin), flagged(rstAck)), Refuted: "HC31"},
	{Name: "the first close sent a FIN on lo", Of: "shared-loopback", Do: copied(
		closeOf("a1"), journaltest.PacketAt(journal.AtDelivered, fin), nil), Refuted: "HC31"},
	{Name: "shutdown sent no FIN", Of: "shared", Do: droppedAll(from(port3, journaltest.PacketAt(journal.AtSent, fin))), Refuted: "HC31"},
	{Name: "the other holder could still write", Of: "shared", Do: changed(call("a3", "sendmsg"), returns(8, "")), Refuted: "HC31"},
	{Name: "the FINs came again", Of: "shared", Do: twice(sent(port1, fin), sent(port2, fin), sent(port3, fin)), Confirmed: "HC31"},
	{Name: "an ACK was due at the first close", Of: "shared", Do: copied(closeOf("a1"), sent(port1, ack), nil), Confirmed: "HC31"},
	{Name: "another connection's FIN at the first close", Of: "shared", Do: copied(closeOf("a1"), sent(port1, fin), func(e *journal.Event) {
		e.Packet.Src, e.Packet.Dst = "192.0.2.9:9", "192.0.2.8:8"
	}), Confirmed: "HC31"},
	{Name: "the first close ended the connection", Of: "shared", Do: changed(call("b2", "read"), returns(0, "")), Outcome: claim.NotReproduced},
	{Name: "the last close did not", Of: "shared", Do: changedNth(2, call("b3", "read"), returns(-1, "EAGAIN")), Outcome: claim.NotReproduced},
	{Name: "the peer had not read all before the last close", Of: "shared", Do: changedNth(
		2, call("b3", "read"), returns(3, "", 'b', 'y', 'e')), Outcome: claim.OutcomeUnresolved},
	{Name: "the peer did not read", Of: "shared", Do: droppedAll(call("b2", "read")), Outcome: claim.NotReproduced},
	{Name: "nobody closed", Of: "shared", Do: droppedAll(journaltest.Call("close")), Outcome: claim.OutcomeUnresolved},
	{Name: "there was one descriptor of each", Of: "shared", Do: all(
		droppedAll(journaltest.Call("dup")), droppedAll(process("started")), dropped(closeOf("a1")), dropped(closeOf("a2"))), Outcome: claim.OutcomeUnresolved},
}

// withFIN lets the process that left data unread send a FIN like the other, in
// the recordings kill and exit.
func withFIN(d *journaltest.Journal) {
	changedAll(func(e *journal.Event) bool {
		return (d.Played == 0 || e.N <= d.Played) && journaltest.PacketAt(journal.AtSent, rstAck)(e) && !sent(listening, rstAck)(e)
	}, flagged(fin))(d)
}

// kept lets the parent have kept its descriptors.
func kept(d *journaltest.Journal) {
	d.DropAll(func(e *journal.Event) bool {
		return e.N <= d.Played && e.Call != nil && e.Call.Op == "close" && strings.HasPrefix(e.Socket, "a")
	})
}

// alteredProcesses: HC18, and the scenarios exit and kill. a1's process ends
// with nothing unread, a2's with something.
var alteredProcesses = []journaltest.Case{
	{Name: "with data unread a FIN all the same", Of: "kill", Do: withFIN, Confirmed: "HC18 HC49"},
	{Name: "with data unread a FIN all the same", Of: "exit", Do: withFIN, Confirmed: "HC18"},
	{Name: "a RST with nothing unread", Of: "kill", Do: changed(sent(port1, fin), flagged(rstAck)), Refuted: "HC18"},
	{Name: "nothing with nothing unread", Of: "exit", Do: dropped(sent(port1, fin)), Refuted: "HC18"},
	{Name: "the FIN came again", Of: "kill", Do: twice(sent(port1, fin)), Confirmed: "HC18", Refuted: "HC49"},
	{Name: "the parent kept the descriptors", Of: "kill", Do: kept, Inconclusive: "HC18 HC49", Outcome: claim.OutcomeUnresolved},
	{Name: "with data unread a FIN, which came again", Of: "kill", Do: all(withFIN, twice(sent(port1, fin), sent(port2, fin))), Confirmed: "HC18"},
	{Name: "only one was", Of: "kill", Do: journaltest.DroppedNth(1, process("killed")), Inconclusive: "HC18"},
	{Name: "the peer read no end", Of: "kill", Do: changed(call("b2", "read"), returns(-1, "EAGAIN")), Outcome: claim.NotReproduced},
	{Name: "the peer read no reset", Of: "exit", Do: changed(call("b3", "read"), returns(0, "")), Outcome: claim.NotReproduced},
	{Name: "the parent kept the descriptors", Of: "exit", Do: kept, Outcome: claim.OutcomeUnresolved},
	{Name: "the peer read no reset", Of: "kill", Do: changed(call("b3", "read"), returns(0, "")), Outcome: claim.NotReproduced},
}

// alteredHolders: whose descriptors they are, and what becomes of them.
var alteredHolders = slices.Concat(alteredShared, alteredProcesses)
