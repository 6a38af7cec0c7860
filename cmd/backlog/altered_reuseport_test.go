package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// spared lets the first client that was reset not have been.
func spared(d *journaltest.Journal) {
	rst := d.First(func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.At == journal.AtDelivered && e.Packet.Flags.Has(journal.RST)
	})
	rst.Packet.At = journal.AtDropped
	client := d.First(func(e *journal.Event) bool {
		return e.Call != nil && e.Call.Op == "read" && e.Call.Errno == journal.ECONNRESET
	})
	client.Call.Errno = journal.EAGAIN
}

// struck lets the n-th read have failed with a reset, and a RST have come.
func struck(n int) journaltest.Change {
	return func(d *journaltest.Journal) {
		read := d.Nth(n, journaltest.Call("read"))
		read.Call.Errno = journal.ECONNRESET
		like := d.First(func(e *journal.Event) bool {
			return e.Packet != nil && e.Packet.At == journal.AtDelivered && e.Packet.Flags.Has(journal.RST)
		})
		at := journal.Address("")
		for _, s := range d.Sockets {
			if s.ID == read.Socket {
				at = s.Local
			}
		}
		closed := d.Nth(1, journaltest.On("b", journaltest.Call("close")))
		d.Carry(closed.N, like, func(p *journal.Packet) { p.Dst, p.Src = at, "192.0.2.2:8081" })
	}
}

// alteredReusePort: who is reset when one of two listeners closes.
var alteredReusePort = []journaltest.Case{
	{Name: "one was spared", Of: "reuseport", Do: spared, Refuted: "RP1", Outcome: claim.NotReproduced},
	{Name: "the setting was not read", Of: "reuseport", Do: droppedAll(journaltest.Setting(migrateReq)), Outcome: claim.OutcomeUnresolved},

	{Name: "not looked at", Of: "reuseport", Do: droppedAll(samples(journal.Listen)), Inconclusive: "RP1 RP2"},
	{Name: "as recorded on loopback", Of: "reuseport-loopback", Do: asRecorded, Confirmed: "RP1"},

	{Name: "one was reset", Of: "reuseport", Do: struck(sharers), Refuted: "RP2"},
	{Name: "one is missing", Of: "reuseport", Do: journaltest.ChangedNth(5, samples(journal.Listen), func(e *journal.Event) { e.Sample.RxQueue-- }), Refuted: "RP2"},
}
