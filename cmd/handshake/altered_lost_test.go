package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// established lets the server's end have been in ESTABLISHED when it was first looked at.
var established = changed(of("b2", entered(journal.SynRecv)), becomes(journal.Established))

// alteredFirst: who is ESTABLISHED when.
var alteredFirst = []journaltest.Case{
	{Name: "the server too", Of: "who-first", Do: established, Confirmed: "HS11", Refuted: "HS10", Outcome: claim.NotReproduced},
	{Name: "nobody looked", Of: "who-first", Do: droppedAll(of("b2", entered(journal.SynRecv))), Inconclusive: "HS10 HS11", Outcome: claim.OutcomeUnresolved},
	{Name: "to another state", Of: "who-first", Do: changed(
		of("b2", journaltest.StateTo(journal.Established, journal.SockDiag)), becomes(journal.CloseWait)), Refuted: "HS12"},
	{Name: "never left", Of: "who-first", Do: droppedAll(of("b2", journaltest.StateTo(journal.Established, journal.SockDiag))), Inconclusive: "HS12"},
	{Name: "listed without need", Of: "who-first", Do: changedNth(1, func(e *journal.Event) bool { return e.Table != nil }, func(e *journal.Event) {
		e.Table.Sockets = []string{journal.Listed{State: journal.SynRecv, Local: "192.0.2.2:8080", Remote: "192.0.2.1:40001"}.String()}
	}), Inconclusive: "HS14"},
	{Name: "never listed", Of: "who-first", Do: droppedAll(func(e *journal.Event) bool { return e.Table != nil }), Inconclusive: "HS14"},
	{Name: "the program called", Of: "who-first", Do: readBefore, Refuted: "HS25"},
	{Name: "no SYN-ACK", Of: "who-first", Do: droppedAll(anySYNACK), Inconclusive: "HS25"},
}

// readBefore lets the program have called before the last ACK left.
func readBefore(d *journaltest.Journal) {
	d.After(d.First(from("40001", anyACK)).N-1, journal.Event{Host: "a", Socket: "a1", Kind: journal.KindCall, Call: &journal.Call{Op: "getsockopt"}})
}

const fullSeries = "syn-lost-full"

// drops are the segments that the wire dropped.
var drops = journaltest.Lost

// alteredLost: what is lost, and sent again.
var alteredLost = []journaltest.Case{
	{Name: "as recorded", Of: "third-lost", Do: asRecorded, Confirmed: "HS17"},
	{Name: "never completed", Of: "third-lost", Do: all(
		droppedAll(of("b2", entered(journal.Established))), droppedAll(of("b3", entered(journal.Established)))), Outcome: claim.NotReproduced},
	{Name: "nothing was lost", Of: "third-lost", Do: droppedAll(drops), Inconclusive: "HS17", Outcome: claim.OutcomeUnresolved},
	{Name: "sent again unasked", Of: "third-lost", Do: unasked, Refuted: "HS17"},

	{Name: "not in full", Of: "syn-lost", Do: asRecorded, Inconclusive: "HS32"},
	{Name: "another error", Of: "syn-lost", Do: changedAll(call("getsockopt"), journaltest.Said("ECONNREFUSED")), Outcome: claim.NotReproduced},
	{Name: "answered", Of: "syn-lost", Do: droppedAll(from("40003", anySYN)), Outcome: claim.OutcomeUnresolved},
	{Name: "in full", Of: fullSeries, Do: asRecorded, Confirmed: "HS32"},
	{Name: "another error", Of: fullSeries, Do: changedAll(call("getsockopt"), journaltest.Said("ECONNREFUSED")), Refuted: "HS32"},
}

// unasked lets the client have sent its ACK again before anything came.
func unasked(d *journaltest.Journal) {
	lost := d.Nth(1, func(e *journal.Event) bool { return drops(e) && e.Packet.Flags == journal.ACK })
	p := *lost.Packet
	p.At, p.Of, p.Reason = journal.AtSent, 0, ""
	d.After(lost.N, journal.Event{Host: "a", Kind: journal.KindPacket, Packet: &p})
}

// injected are what was made up, or came again.
func injected(flags journal.Flags) journaltest.Which {
	return journaltest.PacketAt(journal.AtInjected, flags)
}

// alteredOld: a SYN that comes again, and data that comes too early.
var alteredOld = []journaltest.Case{
	{Name: "accepted", Of: "old-syn", Do: acceptedAgain, Refuted: "HS23", Outcome: claim.NotReproduced},
	{Name: "no SYN came again", Of: "old-syn", Do: droppedAll(injected(journal.SYN)), Inconclusive: "HS23", Outcome: claim.OutcomeUnresolved},
	{Name: "an entry is left", Of: "old-syn", Do: changed(
		func(e *journal.Event) bool { return e.Table != nil },
		func(e *journal.Event) { e.Table.Sockets = []string{"SYN_RECV 192.0.2.2:8080 → 192.0.2.1:40001"} }), Refuted: "HS23"},
	{Name: "reset", Of: "old-syn", Do: all(changed(of("b2", call("read")), failed(journal.ECONNRESET)), answeredByRST), Confirmed: "HS36"},
	{Name: "not read", Of: "old-syn", Do: droppedAll(of("b2", call("read"))), Inconclusive: "HS36"},

	{Name: "not accepted", Of: "replay", Do: changedNth(1, call("accept4"), failed(journal.EAGAIN)), Refuted: "HS24", Outcome: claim.NotReproduced},
	{Name: "it did not come again", Of: "replay", Do: droppedAll(injected(journal.SYN)), Inconclusive: "HS24", Outcome: claim.OutcomeUnresolved},
	{Name: "it was over", Of: "replay", Do: wasOver, Refuted: "HS24"},

	{Name: "it was read", Of: "two-way", Do: earlyRead, Refuted: "HS21", Outcome: claim.NotReproduced},
	{Name: "no data came", Of: "two-way", Do: droppedAll(injected(journal.ACK)), Inconclusive: "HS21", Outcome: claim.OutcomeUnresolved},
	{Name: "never resolved, for an hour", Of: "two-way", Do: all(
		droppedAll(of("a1", entered(journal.Established))), func(d *journaltest.Journal) { d.ElapsedNS = 3600e9 }), Confirmed: "HS22"},
	{Name: "never resolved, for a second", Of: "two-way", Do: droppedAll(of("a1", entered(journal.Established))), Inconclusive: "HS22"},
}

// wasOver lets the connection have been over soon.
func wasOver(d *journaltest.Journal) {
	d.State(d.First(of("b3", call("read"))).N, "b3", journal.SynRecv, journal.Close, journal.TCPInfo)
}

// answeredByRST lets the SYN in the midst of the connection have been answered with RST.
func answeredByRST(d *journaltest.Journal) {
	came := d.First(injected(journal.SYN)).N
	changed(func(e *journal.Event) bool {
		return e.N > came && e.Host == "b" && e.Packet != nil && e.Packet.At == journal.AtSent
	}, flagged(journal.RST))(d)
}

// acceptedAgain lets the last accept() have returned a connection.
func acceptedAgain(d *journaltest.Journal) {
	last := d.Nth(1, call("accept4")).Call
	last.Errno, last.Result, last.Out = "", 30, "b3 from 192.0.2.1:40001"
}

// earlyRead lets the client have read what came before its opening was complete.
func earlyRead(d *journaltest.Journal) {
	read := d.First(of("a1", call("read"))).Call
	read.Errno, read.Result, read.Data = "", 18, []byte("data of the server")
}
