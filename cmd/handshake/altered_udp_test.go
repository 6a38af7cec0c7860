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
	{Name: "as recorded", Of: "udp", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "in order", Of: "udp", Do: inOrder, Outcome: claim.NotReproduced},
	{Name: "none was lost", Of: "udp", Do: droppedAll(lostUDP), Outcome: claim.OutcomeUnresolved},
	{Name: "longer", Of: "udp", Do: changed(leftUDP, inBytes(func(h []byte) { h[5] -= 4 })), Claim: "HD16", Want: claim.Refuted},
	{Name: "none left", Of: "udp", Do: droppedAll(leftUDP), Claim: "HD16", Want: claim.Inconclusive},
	{Name: "connect() sent one", Of: "udp", Do: sentBy(of("a1", call("connect"))), Claim: "UD1", Want: claim.Refuted},
	{Name: "the host sent something else", Of: "udp", Do: func(d *journaltest.Journal) {
		d.Again(d.First(of("a1", call("connect"))).N, d.First(leftUDP), func(e *journal.Event) { e.Packet.Proto, e.Packet.Src = "icmpv6", "fe80::1" })
	}, Claim: "UD1", Want: claim.Confirmed},
	{Name: "nobody connected", Of: "udp", Do: droppedAll(func(e *journal.Event) bool { return call("connect")(e) && (e.Socket == "a1" || e.Socket == "a6") }), Claim: "UD1", Want: claim.Inconclusive},
	{Name: "both at once", Of: "udp", Do: changed(of("b1", read("one ")), gave("one two ")), Claim: "UD2", Want: claim.Refuted},
	{Name: "not both by TCP", Of: "udp", Do: changed(of("b3", read("one two ")), gave("one ")), Claim: "UD2", Want: claim.Inconclusive},
	{Name: "sent again", Of: "udp", Do: sentAgain, Claim: "UD3", Want: claim.Inconclusive},
	{Name: "none was lost", Of: "udp", Do: droppedAll(lostUDP), Claim: "UD3", Want: claim.Inconclusive},
	{Name: "whole", Of: "udp", Do: whole, Claim: "UD4", Want: claim.Confirmed},
	{Name: "not seen", Of: "udp", Do: droppedAll(pieces), Claim: "UD4", Want: claim.Inconclusive},
	{Name: "TCP too", Of: "udp", Do: changed(toGroup, func(e *journal.Event) { e.Call.Errno = journal.EINPROGRESS }), Claim: "UD5", Want: claim.Refuted},
	{Name: "one member got it", Of: "udp", Do: dropped(read("to all")), Claim: "UD5", Want: claim.Inconclusive},
	{Name: "nothing was noticed", Of: "udp", Do: changed(of("a1", nothing), failed(journal.EAGAIN)), Claim: "UD6", Want: claim.Confirmed},
	{Name: "no message", Of: "udp", Do: droppedAll(func(e *journal.Event) bool { return e.Packet != nil && e.Packet.ICMP != nil }), Claim: "UD6", Want: claim.Inconclusive},
	{Name: "a write found no room", Of: "udp", Do: changedNth(8, of("a1", call("write")), failed(journal.EAGAIN)), Claim: "FC6", Want: claim.Refuted},
	{Name: "not read to the end", Of: "udp", Do: droppedAll(of("b1", nothing)), Claim: "FC6", Want: claim.Inconclusive},
}
