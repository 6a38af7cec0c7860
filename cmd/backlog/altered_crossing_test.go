package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// The ends in the recordings: of crossing the entry that finds the queue full with
// tcp_abort_on_overflow 0 is b3 (client a3), with 1 it is b7 (client a6); of never-room the
// entries are b2, b3 and b4, and a5 is the client that goes on waiting.

// moves lets sock_diag see an entry ESTABLISHED as soon as its ACK has come.
func moves(entry, port string) journaltest.Change {
	return func(d *journaltest.Journal) {
		n := d.First(journaltest.From(port, delivered("b", journal.ACK))).N
		d.DropAll(of(entry, entered(journal.Established)))
		d.State(n, entry, journal.SynRecv, journal.Established, journal.SockDiag)
	}
}

// read is a read() of a socket.
func read(socket string) journaltest.Which { return of(socket, call("read")) }

// fails lets a call have failed with another errno.
func fails(w journaltest.Which, errno journal.Errno) journaltest.Change {
	return changed(w, journaltest.Returned(-1, errno))
}

// alteredCrossing: what becomes of the third segment, and of data, while the queue is full.
var alteredCrossing = []journaltest.Case{
	{Name: "the entry moved", Of: "crossing", Do: moves("b3", "40003"), Refuted: "BL9", Outcome: claim.NotReproduced},
	{Name: "the client was reset", Of: "crossing", Do: changed(
		of("a3", journaltest.StateTo(journal.Established, journal.TCPInfo)), becomes(journal.Close)), Refuted: "BL9"},
	{Name: "the setting was not read", Of: "crossing", Do: droppedAll(journaltest.Setting(abortOnOverflow)), Inconclusive: "BL9"},
	{Name: "no RST came", Of: "crossing", Do: changed(
		journaltest.To("40006", delivered("a", journal.RST)), journaltest.SeenAt(journal.AtDropped)), Refuted: "BL10"},
	{Name: "the read found nothing", Of: "crossing", Do: fails(read("a6"), journal.EAGAIN), Refuted: "BL10 BL14"},
	{Name: "it did not read", Of: "crossing", Do: dropped(read("a6")), Inconclusive: "BL10 BL14"},
	{Name: "not sent again", Of: "crossing", Do: firstSYNACKAgain, Refuted: "BL11"},
	{Name: "never complete", Of: "crossing", Do: droppedAll(of("b3", entered(journal.Established))), Refuted: "BL11"},
	{Name: "nobody accepted", Of: "crossing", Do: droppedAll(call("accept4")), Inconclusive: "BL11"},
	{Name: "a third one was not counted: a filter may have kept it from TCP", Of: "crossing", Do: counted(listenOverflows, 2), Inconclusive: "BL13"},
	{Name: "reset with 0", Of: "crossing", Do: fails(read("a3"), journal.ECONNRESET), Refuted: "BL14"},
	{Name: "its bytes were there", Of: "crossing", Do: changed(
		of("b3", samples(journal.Established)), func(e *journal.Event) { e.Sample.RxQueue = 5 }), Confirmed: "BL16"},
	{Name: "not seen ESTABLISHED", Of: "crossing", Do: droppedAll(of("b3", samples(journal.Established))), Inconclusive: "BL16"},
	{Name: "they had come again", Of: "crossing", Do: changed(
		journaltest.From("40003", journaltest.PacketAt(journal.AtDropped, journal.ACK)), journaltest.SeenAt(journal.AtDelivered)), Inconclusive: "BL16"},
	{Name: "all moved", Of: "crossing", Do: all(
		moves("b3", "40003"), changed(of("b7", entered(journal.Gone)), becomes(journal.Established))), Confirmed: "BL37"},
}

// firstSYNACKAgain lets the SYN-ACK that was sent again have been none.
var firstSYNACKAgain = changedNth(1, synAcks("40003"), journaltest.Flagged(journal.ACK))

// reset lets a RST come to a client when its entry was gone.
func reset(client, port, entry string) journaltest.Change {
	return func(d *journaltest.Journal) {
		like := d.First(journaltest.To("40006", delivered("a", journal.RST)))
		n := d.First(of(entry, entered(journal.Gone))).N
		d.Carry(n, like, func(p *journal.Packet) { p.Dst = journal.Address("192.0.2.1:" + port) })
		d.State(n+2, client, journal.Established, journal.Close, journal.TCPInfo)
	}
}

// alteredNoRoom: what becomes of those that the server gives up.
var alteredNoRoom = []journaltest.Case{
	{Name: "not given up", Of: "never-room", Do: droppedAll(entered(journal.Gone)), Inconclusive: "BL12", Outcome: claim.OutcomeUnresolved},
	{Name: "a client was in CLOSE", Of: "never-room", Do: changed(
		of("a5", journaltest.StateTo(journal.Established, journal.TCPInfo)), becomes(journal.Close)), Outcome: claim.NotReproduced},
	{Name: "each was sent a RST", Of: "never-room", Do: all(
		reset("a5", "40005", "b2"), reset("a6", "40006", "b3"), reset("a7", "40007", "b4")), Confirmed: "BL12"},
	{Name: "one was sent none", Of: "never-room", Do: all(reset("a5", "40005", "b2"), reset("a7", "40007", "b4")), Refuted: "BL12"},
	{Name: "the retries were not read", Of: "never-room", Do: dropped(journaltest.Setting(synAckRetries)), Inconclusive: "BL12"},
	{Name: "it was reset", Of: "never-room", Do: all(reset("a5", "40005", "b2"), fails(read("a5"), journal.ECONNRESET)), Confirmed: "BL17"},
	{Name: "it did not read", Of: "never-room", Do: dropped(read("a5")), Inconclusive: "BL17"},
}
