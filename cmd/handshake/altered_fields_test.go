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
	{Name: "as recorded", Of: "fields", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "the options were read", Of: "fields", Do: changed(read("a long header"), gave("\x01\x01a long header")), Outcome: claim.NotReproduced},
	{Name: "no long header", Of: "fields", Do: dropped(made(13)), Outcome: claim.OutcomeUnresolved},
	{Name: "too short", Of: "fields", Do: changed(anything, inBytes(func(h []byte) { h[12] = 4 << 4 })), Claim: "HD1", Want: claim.Refuted},
	{Name: "all with options", Of: "fields", Do: droppedAll(ofTwo), Claim: "HD1", Want: claim.Inconclusive},
	{Name: "the options were read", Of: "fields", Do: changed(read("a long header"), gave("\x01\x01a long header")), Claim: "HD2", Want: claim.Refuted},
	{Name: "no long header", Of: "fields", Do: dropped(made(13)), Claim: "HD2", Want: claim.Inconclusive},
	{Name: "without ECN", Of: "fields", Do: noECN, Claim: "HD3", Want: claim.Confirmed},
	{Name: "without ECN, and nobody asked for it", Of: "fields", Do: journaltest.All(noECN, dropped(journaltest.Setting(ecn))), Claim: "HD3", Want: claim.Inconclusive},
	{Name: "answered with RST", Of: "fields", Do: changed(journaltest.PacketAt(journal.AtSent, journal.SYN|journal.ACK), journaltest.Flagged(journal.RST|journal.ACK)), Claim: "HD4", Want: claim.Refuted},
	{Name: "each had 0", Of: "fields", Do: dropped(injected(journal.SYN)), Claim: "HD4", Want: claim.Inconclusive},
	{Name: "not without an answer", Of: "fields", Do: changedAll(data(9), journaltest.Flagged(journal.ACK)), Claim: "HD5", Want: claim.Confirmed},
	{Name: "each may want an answer", Of: "fields", Do: dropped(call("shutdown")), Claim: "HD5", Want: claim.Inconclusive},
	{Name: "nobody called", Of: "fields", Do: droppedAll(of("a2", func(e *journal.Event) bool { return e.Call != nil && e.Call.Op != "connect" })), Claim: "HD6", Want: claim.Confirmed},
	{Name: "nobody closed", Of: "fields", Do: dropped(of("a2", call("close"))), Claim: "HD6", Want: claim.Inconclusive},
	{Name: "never connected", Of: "fields", Do: droppedAll(of("a1", entered(journal.Established))), Claim: "HD7", Want: claim.Refuted},
	{Name: "not opened", Of: "fields", Do: droppedAll(anything), Claim: "HD7", Want: claim.Inconclusive},
	{Name: "one less", Of: "fields", Do: changedAll(func(e *journal.Event) bool { return anything(e) && e.Packet.Flags.Has(journal.URG) }, inBytes(func(h []byte) { h[19]-- })), Claim: "HD10", Want: claim.Confirmed},
	{Name: "not read", Of: "fields", Do: dropped(call("recvfrom")), Claim: "HD10", Want: claim.Inconclusive},
	{Name: "none was announced", Of: "fields", Do: changed(journaltest.PacketAt(journal.AtSent, journal.SYN|journal.ACK), func(e *journal.Event) { e.Packet.Options = nil }), Claim: "HD11", Want: claim.Refuted},
	{Name: "the rest was not taken", Of: "fields", Do: changed(of("a1", call("read")), func(e *journal.Event) { e.Call.Result = smallMSS }), Claim: "HD11", Want: claim.Confirmed},
	{Name: "no longer segment", Of: "fields", Do: dropped(made(1176)), Claim: "HD11", Want: claim.Inconclusive},
	{Name: "all of it zeros", Of: "fields", Do: changedAll(anything, options(func(o []byte) { clear(o) })), Claim: "HD12", Want: claim.Confirmed},
	{Name: "no padding", Of: "fields", Do: droppedAll(anything), Claim: "HD12", Want: claim.Inconclusive},
	{Name: "32 bits each", Of: "fields", Do: changedAll(anything, options(func(o []byte) {
		for ; len(o) > 0; o = o[4:] {
			copy(o, []byte{253, 4, 0, 0})
		}
	})), Claim: "HD13", Want: claim.Confirmed},
	{Name: "no options", Of: "fields", Do: droppedAll(anything), Claim: "HD13", Want: claim.Inconclusive},
	{Name: "nothing was seen", Of: "fields", Do: droppedAll(anything), Claim: "HD14", Want: claim.Inconclusive},
	{Name: "to another", Of: "fields", Do: changed(journaltest.PacketAt(journal.AtSent, journal.SYN|journal.ACK), func(e *journal.Event) { e.Packet.Dst = "192.0.2.1:9" }), Claim: "HD15", Want: claim.Refuted},
	{Name: "not from the highest", Of: "fields", Do: dropped(injected(journal.SYN)), Claim: "HD15", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "checksum", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "it was read", Of: "checksum", Do: spoiltRead, Outcome: claim.NotReproduced},
	{Name: "none came damaged", Of: "checksum", Do: droppedAll(injected(journal.ACK)), Outcome: claim.OutcomeUnresolved},
	{Name: "it was read", Of: "checksum", Do: spoiltRead, Claim: "HD8", Want: claim.Confirmed},
	{Name: "none came damaged", Of: "checksum", Do: droppedAll(injected(journal.ACK)), Claim: "HD8", Want: claim.Inconclusive},
	{Name: "it was read", Of: "checksum", Do: spoiltRead, Claim: "HD9", Want: claim.Refuted},
	{Name: "not counted", Of: "checksum", Do: dropped(func(e *journal.Event) bool { return e.Counter != nil && e.Counter.Name == wrong }), Claim: "HD9", Want: claim.Inconclusive},
}

// spoiltRead lets the segment with two bits changed have been read.
func spoiltRead(d *journaltest.Journal) {
	changedNth(1, nothing, gave("cs\"it was written"))(d)
}
