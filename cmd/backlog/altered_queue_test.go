package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// answeredAtOnce lets the client that called last be ESTABLISHED before accept() made room.
var answeredAtOnce = journaltest.Swapped(of("a4", journaltest.StateTo(journal.Established, journal.TCPInfo)), call("accept4"))

// withRoom lets sock_diag have seen room in the queue before the last client called.
func withRoom(d *journaltest.Journal) { d.First(samples(journal.Listen)).Sample.RxQueue-- }

// alteredQueue: what a client meets that calls while the accept queue is full.
var alteredQueue = []journaltest.Case{
	{Name: "answered at once", Of: "accept-queue", Do: answeredAtOnce, Confirmed: "BL15", Inconclusive: "BL39", Outcome: claim.NotReproduced},
	{Name: "there was room", Of: "accept-queue", Do: withRoom, Inconclusive: "BL15", Outcome: claim.OutcomeUnresolved},
	{Name: "nobody accepted", Of: "accept-queue", Do: dropped(call("accept4")), Outcome: claim.NotReproduced},
	{Name: "the SYN was lost", Of: "accept-queue", Do: lostSYNs, Inconclusive: "BL15", Outcome: claim.OutcomeUnresolved},
	{Name: "another was half open", Of: "accept-queue", Do: droppedAll(of("a2", entered(journal.Established))), Inconclusive: "BL15"},
	{Name: "without packets", Of: "accept-queue-host", Do: asRecorded, Refuted: "BL15", Inconclusive: "BL13"},

	{Name: "it did not move: a filter may have kept it from TCP", Of: "accept-queue", Do: counted(listenOverflows, 0), Inconclusive: "BL13"},
	{Name: "by two", Of: "accept-queue", Do: all(counted(listenOverflows, 2), counted(listenDrops, 2)), Refuted: "BL13"},
	{Name: "it was not read", Of: "accept-queue", Do: droppedAll(counter(listenOverflows)), Inconclusive: "BL13"},
	{Name: "a longer backlog", Of: "accept-queue", Do: changed(call("listen"), func(e *journal.Event) { e.Call.Args[1] = "64" }), Inconclusive: "BL13"},
	{Name: "never taken", Of: "accept-queue", Do: droppedAll(of("a4", entered(journal.Established))), Inconclusive: "BL39"},
	{Name: "the setting is 1", Of: "accept-queue", Do: changed(journaltest.Setting(abortOnOverflow), setTo("1")), Inconclusive: "BL39"},
}

// lostSYNs lets no SYN of the client that called last have arrived.
func lostSYNs(d *journaltest.Journal) {
	for range 2 {
		d.First(journaltest.From("40004", delivered("b", journal.SYN))).Packet.At = journal.AtDropped
	}
}
