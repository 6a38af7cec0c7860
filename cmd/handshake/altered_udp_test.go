package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// proto are the packets of a protocol that were seen at a place.
func proto(name, at string) journaltest.Which {
	return func(e *journal.Event) bool { return e.Packet != nil && e.Packet.Proto == name && e.Packet.At == at }
}

// What the wire saw of UDP.
var (
	leftUDP = proto("udp", journal.AtSent)
	lostUDP = proto("udp", journal.AtDropped)
	pieces  = proto("udp fragment", journal.AtSent)
)

// sentBy lets a datagram have left when a call was made.
func sentBy(w journaltest.Which) journaltest.Change {
	return func(d *journaltest.Journal) { d.Again(d.First(w).N, d.First(leftUDP), nil) }
}

// inOrder lets the two have been read as they were written.
func inOrder(d *journaltest.Journal) {
	first, second := d.First(read("second")), d.First(read("first"))
	gave("first")(first)
	gave("second")(second)
}

// sentAgain lets the one that was lost have been sent again.
func sentAgain(d *journaltest.Journal) {
	lost := d.First(lostUDP)
	left := d.First(func(e *journal.Event) bool { return e.N == lost.Packet.Of })
	d.Again(lost.N, left, nil)
}

// whole lets the large one have left in one packet.
func whole(d *journaltest.Journal) {
	first := d.First(pieces).N
	d.DropAll(func(e *journal.Event) bool { return pieces(e) && e.N > first })
}

// toGroup are the calls that connect to the group by TCP.
var toGroup = of("a5", call("connect"))

// alteredUDP: what UDP does.
var alteredUDP = []journaltest.Case{
	{Name: "in order", Of: "udp", Do: inOrder, Outcome: claim.NotReproduced},
	{Name: "none was lost", Of: "udp", Do: droppedAll(lostUDP), Inconclusive: "UD3", Outcome: claim.OutcomeUnresolved},
	{Name: "longer", Of: "udp", Do: changed(leftUDP, inBytes(func(h []byte) { h[5] -= 4 })), Refuted: "HD16"},
	{Name: "none left", Of: "udp", Do: droppedAll(leftUDP), Inconclusive: "HD16"},
	{Name: "connect() sent one", Of: "udp", Do: sentBy(of("a1", call("connect"))), Refuted: "UD1"},
	{Name: "the host sent something else", Of: "udp", Do: func(d *journaltest.Journal) {
		d.Again(d.First(of("a1", call("connect"))).N, d.First(leftUDP), func(e *journal.Event) { e.Packet.Proto, e.Packet.Src = "icmpv6", "fe80::1" })
	}, Confirmed: "UD1"},
	{Name: "nobody connected", Of: "udp", Do: droppedAll(
		func(e *journal.Event) bool { return call("connect")(e) && (e.Socket == "a1" || e.Socket == "a6") }), Inconclusive: "UD1"},
	{Name: "both at once", Of: "udp", Do: changed(of("b1", read("one ")), gave("one two ")), Refuted: "UD2"},
	{Name: "not both by TCP", Of: "udp", Do: changed(of("b3", read("one two ")), gave("one ")), Inconclusive: "UD2"},
	{Name: "sent again", Of: "udp", Do: sentAgain, Inconclusive: "UD3"},
	{Name: "whole", Of: "udp", Do: whole, Confirmed: "UD4"},
	{Name: "not seen", Of: "udp", Do: droppedAll(pieces), Inconclusive: "UD4"},
	{Name: "TCP too", Of: "udp", Do: changed(toGroup, func(e *journal.Event) { e.Call.Errno = journal.EINPROGRESS }), Refuted: "UD5"},
	{Name: "one member got it", Of: "udp", Do: dropped(read("to all")), Inconclusive: "UD5"},
	{Name: "nothing was noticed", Of: "udp", Do: changed(of("a1", nothing), failed(journal.EAGAIN)), Confirmed: "UD6"},
	{Name: "no message", Of: "udp", Do: droppedAll(func(e *journal.Event) bool { return e.Packet != nil && e.Packet.ICMP != nil }), Inconclusive: "UD6"},
	{Name: "a write found no room", Of: "udp", Do: changedNth(8, of("a1", call("write")), failed(journal.EAGAIN)), Refuted: "FC6"},
	{Name: "not read to the end", Of: "udp", Do: droppedAll(of("b1", nothing)), Inconclusive: "FC6"},
}
