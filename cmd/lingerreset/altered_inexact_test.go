package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// In the recording inexact b2 gets the exact RST, b3 one inside its window, b4 one
// outside.

// forgedTo is the RST that was made up in the name of a port.
func forgedTo(port string) journaltest.Which {
	return from(port, journaltest.PacketAt(journal.AtInjected, rst))
}

// beyond moves a RST on.
func beyond(n uint32) func(*journal.Event) { return func(e *journal.Event) { e.Packet.Seq += n } }

// endedBy lets an end be torn down by a forged RST.
func endedBy(port, socket string) journaltest.Change {
	return copied(forgedTo(port), stateTo("b2", journal.Close), another(socket))
}

// stays lets b2 not be torn down.
var stays = all(droppedAll(stateTo("b2", journal.Close)), droppedAll(stateTo("b2", journal.Gone)))

// scaled lets the receiver's last word before a RST be an ACK, the window of which
// is scaled.
func scaled(window uint16, port string) journaltest.Change {
	return func(d *journaltest.Journal) {
		like := d.First(to(port, synAcks))
		d.Again(d.First(forgedTo(port)).N-2, like, func(e *journal.Event) {
			e.Packet.Flags, e.Packet.Win, e.Packet.Options = ack, window, nil
			e.Packet.Seq++
		})
	}
}

// alteredInexact: LR16 and LR18 of RSTs that were made up, and the scenario
// inexact.
var alteredInexact = []journaltest.Case{
	{Name: "a challenge", Of: "inexact", Do: answered(forgedTo("40001"), to("40001", synAcks)), Refuted: "LR16"},
	{Name: "one inside the window ended the connection", Of: "inexact", Do: endedBy("40002", "b3"), Confirmed: "LR18", Outcome: claim.NotReproduced},
	{Name: "a later RST ended the connection", Of: "inexact", Do: copied(
		data("40002", journal.AtDelivered), stateTo("b2", journal.Close), another("b3")), Refuted: "LR18"},
	{Name: "it was outside the window", Of: "inexact", Do: changed(forgedTo("40002"), beyond(65160)), Inconclusive: "LR18"},
	{Name: "the window is larger than it seems", Of: "inexact", Do: all(scaled(64, "40002"), changed(forgedTo("40002"), beyond(65000))), Refuted: "LR18"},
	{Name: "the exact one did not end it", Of: "inexact", Do: stays, Outcome: claim.NotReproduced},
}
