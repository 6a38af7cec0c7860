package main

import (
	"strconv"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/tcp"
)

// asOnWire lets the server's kernel have said the numbers that the wire carried.
func asOnWire(d *journaltest.Journal) {
	server := tcp.New(d.Journal).Conns[0].Server
	send := server.Asked(journal.TCPQueueSeq, 0, 0)[1]
	next := lastOnWire(server, send.N).End()
	d.Nth(1, asked).Call.Out = strconv.FormatUint(uint64(next), 10)
}

// asked are the calls that ask for a queue's number.
func asked(e *journal.Event) bool {
	return call("getsockopt")(e) && e.Call.Option() == journal.TCPQueueSeq
}

// alteredProxy: whose numbers a SYN proxy changes, and what a wrong SYN-ACK draws.
var alteredProxy = []journaltest.Case{
	{Name: "the same numbers", Of: "proxy", Do: asOnWire, Refuted: "BL33", Outcome: claim.NotReproduced},
	{Name: "not asked", Of: "proxy", Do: droppedAll(asked), Inconclusive: "BL33"},
	{Name: "not allowed", Of: "proxy", Do: fails(asked, journal.EPERM), Inconclusive: "BL33"},
	{Name: "no proxy", Of: "proxy", Do: droppedAll(func(e *journal.Event) bool { return e.Rule != nil }), Inconclusive: "BL33"},

	{Name: "never connected", Of: "safe-reset", Do: droppedAll(of("a1", entered(journal.Established))), Refuted: "BL34", Outcome: claim.NotReproduced},
	{Name: "no RST", Of: "safe-reset", Do: droppedAll(journaltest.From("40001", journaltest.Flag(journal.RST))), Refuted: "BL34"},
	{Name: "no wrong answer", Of: "safe-reset", Do: droppedAll(journaltest.PacketAt(journal.AtInjected, journal.SYN|journal.ACK)), Inconclusive: "BL34"},
}
