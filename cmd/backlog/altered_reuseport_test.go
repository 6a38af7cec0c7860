package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// resets are the RSTs that came.
func resets(e *journal.Event) bool {
	return journaltest.Flag(journal.RST)(e) && e.Packet.At == journal.AtDelivered
}

// spared lets the first client that was reset not have been.
func spared(d *journaltest.Journal) {
	d.First(resets).Packet.At = journal.AtDropped
	d.First(func(e *journal.Event) bool { return call("read")(e) && e.Call.Errno == journal.ECONNRESET }).Call.Errno = journal.EAGAIN
}

// struck lets the n-th read have failed with a reset, and a RST have come.
func struck(n int) journaltest.Change {
	return func(d *journaltest.Journal) {
		read := d.Nth(n, call("read"))
		read.Call.Errno = journal.ECONNRESET
		i := slices.IndexFunc(d.Sockets, func(s journal.Socket) bool { return s.ID == read.Socket })
		closed := d.Nth(1, journaltest.On("b", call("close")))
		d.Carry(closed.N, d.First(resets), func(p *journal.Packet) { p.Dst, p.Src = d.Sockets[i].Local, "192.0.2.2:8081" })
	}
}

// alteredReusePort: who is reset when one of two listeners closes.
var alteredReusePort = []journaltest.Case{
	{Name: "one was spared", Of: "reuseport", Do: spared, Refuted: "RP1", Outcome: claim.NotReproduced},
	{Name: "the setting was not read", Of: "reuseport", Do: droppedAll(journaltest.Setting(migrateReq)), Outcome: claim.OutcomeUnresolved},
	{Name: "not looked at", Of: "reuseport", Do: droppedAll(samples(journal.Listen)), Inconclusive: "RP1 RP2"},
	{Name: "as recorded on loopback", Of: "reuseport-loopback", Do: asRecorded, Confirmed: "RP1"},

	{Name: "one was reset", Of: "reuseport", Do: struck(sharers), Refuted: "RP2"},
	{Name: "one is missing", Of: "reuseport", Do: changedNth(5, samples(journal.Listen), func(e *journal.Event) { e.Sample.RxQueue-- }), Refuted: "RP2"},
}
