package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// tcpAt is where the TCP header of an IPv4 packet begins, as these recordings have them.
const tcpAt = 20

// inBytes changes the TCP header of a segment, as its bytes have it.
func inBytes(change func(h []byte)) func(e *journal.Event) {
	return func(e *journal.Event) {
		if p := e.Packet; len(p.Bytes) > 0 {
			p.Bytes = slices.Clone(p.Bytes)
			change(p.Bytes[tcpAt:])
		}
	}
}

// options changes the options of a segment, as its bytes have them.
func options(change func(o []byte)) func(e *journal.Event) {
	return inBytes(func(h []byte) { change(h[20 : h[12]>>4*4]) })
}

// anything is any packet.
func anything(e *journal.Event) bool { return e.Packet != nil }

// noECN lets nobody have set ECE and CWR.
var noECN = changedAll(anything, inBytes(func(h []byte) { h[13] &^= 0xc0 }))

// made are the segments that the steps made up, with so many bytes.
func made(n int) journaltest.Which {
	return func(e *journal.Event) bool { return data(n)(e) && e.Packet.At == journal.AtInjected }
}

// ofTwo are the segments of the second connection.
func ofTwo(e *journal.Event) bool { return toClient(anything)(e) || fromClient(anything)(e) }

// alteredFields: what the header says.
var alteredFields = []journaltest.Case{
	{Name: "the options were read", Of: "fields", Do: changed(
		read("a long header"), gave("\x01\x01a long header")), Refuted: "HD2", Outcome: claim.NotReproduced},
	{Name: "no long header", Of: "fields", Do: dropped(made(13)), Inconclusive: "HD2", Outcome: claim.OutcomeUnresolved},
	{Name: "too short", Of: "fields", Do: changed(anything, inBytes(func(h []byte) { h[12] = 4 << 4 })), Refuted: "HD1"},
	{Name: "all with options", Of: "fields", Do: droppedAll(ofTwo), Inconclusive: "HD1"},
	{Name: "without ECN", Of: "fields", Do: noECN, Confirmed: "HD3"},
	{Name: "without ECN, and nobody asked for it", Of: "fields", Do: all(noECN, dropped(journaltest.Setting(ecn))), Inconclusive: "HD3"},
	{Name: "answered with RST", Of: "fields", Do: changed(
		journaltest.PacketAt(journal.AtSent, journal.SYN|journal.ACK), flagged(journal.RST|journal.ACK)), Refuted: "HD4"},
	{Name: "no SYN was made up", Of: "fields", Do: dropped(injected(journal.SYN)), Inconclusive: "HD4 HD15"},
	{Name: "not without an answer", Of: "fields", Do: changedAll(data(9), flagged(journal.ACK)), Confirmed: "HD5"},
	{Name: "each may want an answer", Of: "fields", Do: dropped(call("shutdown")), Inconclusive: "HD5"},
	{Name: "nobody called", Of: "fields", Do: droppedAll(
		of("a2", func(e *journal.Event) bool { return e.Call != nil && e.Call.Op != "connect" })), Confirmed: "HD6"},
	{Name: "nobody closed", Of: "fields", Do: dropped(of("a2", call("close"))), Inconclusive: "HD6"},
	{Name: "never connected", Of: "fields", Do: droppedAll(of("a1", entered(journal.Established))), Refuted: "HD7"},
	{Name: "nothing was seen", Of: "fields", Do: droppedAll(anything), Inconclusive: "HD7 HD12 HD13 HD14"},
	{Name: "one less", Of: "fields", Do: changedAll(journaltest.Flag(journal.URG), inBytes(func(h []byte) { h[19]-- })), Confirmed: "HD10"},
	{Name: "not read", Of: "fields", Do: dropped(call("recvfrom")), Inconclusive: "HD10"},
	{Name: "none was announced", Of: "fields", Do: changed(
		journaltest.PacketAt(journal.AtSent, journal.SYN|journal.ACK), func(e *journal.Event) { e.Packet.Options = nil }), Refuted: "HD11"},
	{Name: "the rest was not taken", Of: "fields", Do: changed(of("a1", call("read")), func(e *journal.Event) { e.Call.Result = smallMSS }), Confirmed: "HD11"},
	{Name: "no longer segment", Of: "fields", Do: dropped(made(1176)), Inconclusive: "HD11"},
	{Name: "all of it zeros", Of: "fields", Do: changedAll(anything, options(func(o []byte) { clear(o) })), Confirmed: "HD12"},
	{Name: "32 bits each", Of: "fields", Do: changedAll(anything, options(func(o []byte) {
		for ; len(o) > 0; o = o[4:] {
			copy(o, []byte{253, 4, 0, 0})
		}
	})), Confirmed: "HD13"},
	{Name: "to another", Of: "fields", Do: changed(
		journaltest.PacketAt(journal.AtSent, journal.SYN|journal.ACK), func(e *journal.Event) { e.Packet.Dst = "192.0.2.1:9" }), Refuted: "HD15"},

	{Name: "it was read", Of: "checksum", Do: spoiltRead, Confirmed: "HD8", Refuted: "HD9", Outcome: claim.NotReproduced},
	{Name: "none came damaged", Of: "checksum", Do: droppedAll(injected(journal.ACK)), Inconclusive: "HD8", Outcome: claim.OutcomeUnresolved},
	{Name: "not counted", Of: "checksum", Do: dropped(func(e *journal.Event) bool { return e.Counter != nil && e.Counter.Name == wrong }), Inconclusive: "HD9"},
}

// spoiltRead lets the segment with two bits changed have been read.
var spoiltRead = changedNth(1, nothing, gave("cs\"it was written"))
