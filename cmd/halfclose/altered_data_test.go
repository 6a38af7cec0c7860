package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// In the recording unread a1 calls close(), a2 shutdown(SHUT_WR) and a3
// shutdown(SHUT_RDWR), each with 12 bytes unread.

// readFirst lets a1 have read what had arrived before it closed.
func readFirst(d *journaltest.Journal) {
	d.Call(d.First(call("a1", "close")).N-1, "a1", "read", 12, "", "a1", "64")
}

// alteredUnread: HC10, and the scenario unread.
var alteredUnread = []journaltest.Case{
	{Name: "a FIN instead", Of: "unread", Do: changed(sent(port1, rstAck), flagged(fin)), Refuted: "HC10"},
	{Name: "nothing instead", Of: "unread", Do: dropped(sent(port1, rstAck)), Refuted: "HC10"},
	{Name: "nothing yet, the run was stopped", Of: "unread", Do: all(dropped(sent(port1, rstAck)), journaltest.Interrupted), Inconclusive: "HC10"},
	{Name: "only another connection was reset", Of: "unread", Do: all(another(sent(port1, rstAck)), dropped(sent(port1, rstAck))), Refuted: "HC10"},
	{Name: "all had been read", Of: "unread", Do: readFirst, Inconclusive: "HC10"},
	{Name: "all had been read, and came again", Of: "unread", Do: all(readFirst, twice(to(port1, data(listening, journal.AtSent)))), Inconclusive: "HC10"},
	{Name: "the data was lost once", Of: "unread", Do: lostOnce(to(port1, data(listening, journal.AtSent))), Confirmed: "HC10"},
	{Name: "the RST came again", Of: "unread", Do: twice(sent(port1, rstAck)), Confirmed: "HC10"},
	{Name: "the peer read the end after close", Of: "unread", Do: changed(call("b2", "read"), returns(0, "")), Outcome: claim.NotReproduced},
	{Name: "the peer was reset by SHUT_WR", Of: "unread", Do: changed(call("b3", "read"), returns(-1, "ECONNRESET")), Outcome: claim.NotReproduced},
	{Name: "the data was gone after SHUT_RDWR", Of: "unread", Do: changed(call("a3", "read"), returns(0, "")), Outcome: claim.NotReproduced},
	{Name: "nothing was sent", Of: "unread", Do: droppedAll(call("b2", "write")), Outcome: claim.OutcomeUnresolved},
}

// In the recording unsent a1, a2 and a6 call close(), a3, a4 and a5
// shutdown(SHUT_WR), each with a part of 8192 bytes unsent; the peers b2 to b7
// read at once, late, or only when a6 has been given up.

// readsNotOn lets a peer stop reading before the end, or an error.
func readsNotOn(peer string) journaltest.Change {
	return droppedAll(of(peer, func(e *journal.Event) bool { return journaltest.Call("read")(e) && e.Call.Result <= 0 }))
}

// sentBefore lets all that a client wrote have been sent before the ending.
func sentBefore(client string) journaltest.Change {
	return changedAll(call(client, "write"), func(e *journal.Event) { e.Call.Result = 1 })
}

// probes are window probes: segments that say nothing new.
func probes(d *journaltest.Journal) {
	like := *d.First(sent(port2, ack))
	n := d.First(call("a2", "close")).N
	for i := range 3 {
		d.Again(n+i, &like, func(e *journal.Event) { e.Packet.Seq-- })
	}
}

// alteredUnsent: HC11, HC15 and HC27, and the scenario unsent.
var alteredUnsent = []journaltest.Case{
	{Name: "a part was lost", Of: "unsent", Do: changed(call("b2", "read"), returns(10, "")), Refuted: "HC11", Outcome: claim.NotReproduced},
	{Name: "then reset", Of: "unsent", Do: changedNth(2, call("b3", "read"), returns(-1, "ECONNRESET")), Refuted: "HC11"},
	{Name: "no FIN was sent", Of: "unsent", Do: changedAll(from(port1, func(e *journal.Event) bool {
		return e.Packet.Flags.Has(journal.FIN)
	}), flagged(ack)), Refuted: "HC11"},
	{Name: "a part was lost", Of: "unsent-loopback", Do: changed(call("b2", "read"), returns(10, "")), Refuted: "HC11"},
	{Name: "the peers did not read on", Of: "unsent", Do: each(readsNotOn, "b2", "b3"), Inconclusive: "HC11"},
	{Name: "nothing was unsent", Of: "unsent", Do: each(sentBefore, "a1", "a2"), Inconclusive: "HC11"},
	{Name: "the sender was given up before the peers read", Of: "unsent", Do: all(givenUpEarly("a1", "b2"), givenUpEarly("a2", "b3")), Inconclusive: "HC11"},
	{Name: "a part was lost, for the sender was given up", Of: "unsent", Do: all(
		changed(call("b2", "read"), returns(10, "")), twice(data(port1, journal.AtSent)),
		changed(seen("a1", journal.FinWait2), becomes(journal.Gone)),
	), Inconclusive: "HC11"},
	{Name: "a part was lost, and the sender was gone", Of: "unsent", Do: all(
		changed(call("b2", "read"), returns(10, "")),
		changed(seen("a1", journal.FinWait2), becomes(journal.Gone)),
	), Refuted: "HC11"},
	{Name: "the window was probed", Of: "unsent", Do: probes, Confirmed: "HC11"},
	{Name: "data came again", Of: "unsent", Do: twice(data(port1, journal.AtSent), data(port2, journal.AtSent)), Confirmed: "HC11"},
	{Name: "a part was lost", Of: "unsent", Do: changed(call("b4", "read"), returns(10, "")), Refuted: "HC15"},
	{Name: "then reset", Of: "unsent-loopback", Do: changedNth(2, call("b5", "read"), returns(-1, "ECONNRESET")), Refuted: "HC15"},
	{Name: "the peers did not read on", Of: "unsent", Do: each(readsNotOn, "b4", "b5", "b6"), Inconclusive: "HC15", Outcome: claim.OutcomeUnresolved},
	{Name: "data came again", Of: "unsent", Do: twice(data(port3, journal.AtSent)), Confirmed: "HC15"},
	{Name: "it arrived all the same", Of: "unsent", Do: changed(call("b7", "read"), returns(8192, "")), Confirmed: "HC27"},
	{Name: "it arrived all the same on lo", Of: "unsent-loopback", Do: changed(call("b7", "read"), returns(8192, "")), Confirmed: "HC27"},
	{Name: "the peer did not read on", Of: "unsent", Do: readsNotOn("b7"), Inconclusive: "HC27"},
}

// givenUpEarly lets the sender's end be gone before its peer begins to read.
func givenUpEarly(socket, peer string) journaltest.Change {
	return func(d *journaltest.Journal) {
		like := *d.First(seen(socket, journal.FinWait1))
		d.Again(d.First(call(peer, "read")).N-1, &like, func(e *journal.Event) { e.State.From, e.State.To = journal.FinWait1, journal.Gone })
	}
}

// alteredTruncated: HC33 and its scenario. b2 closes with 8 bytes of the request
// unread, b3 shuts down instead and reads on.
var alteredTruncated = []journaltest.Case{
	{Name: "the whole answer arrived", Of: "truncated", Do: changed(call("a1", "read"), returns(32768, "")), Refuted: "HC33", Outcome: claim.NotReproduced},
	{Name: "lingering lost the end too", Of: "truncated", Do: changed(call("a2", "read"), returns(1, "")), Refuted: "HC33"},
	{Name: "lingering ended in a reset", Of: "truncated", Do: changed(of("a2", func(e *journal.Event) bool {
		return e.Call != nil && e.Call.Op == "read" && e.Call.Result == 0
	}), returns(-1, "ECONNRESET")), Refuted: "HC33"},
	{Name: "the request had been read", Of: "truncated", Do: changed(
		call("b2", "read"), returns(12, "")), Inconclusive: "HC33", Outcome: claim.OutcomeUnresolved},
	{Name: "the answer had been sent", Of: "truncated", Do: sentBefore("b2"), Inconclusive: "HC33"},
	{Name: "the client did not read on", Of: "truncated", Do: readsNotOn("a1"), Inconclusive: "HC33"},
	{Name: "the request came again", Of: "truncated", Do: twice(data(port1, journal.AtSent), data(port2, journal.AtSent)), Confirmed: "HC33"},
	{Name: "a part of the answer came again", Of: "truncated", Do: twice(to(port2, data(listening, journal.AtSent))), Confirmed: "HC33"},
}

// alteredData: what becomes of data that is unread or unsent at the ending.
var alteredData = slices.Concat(alteredUnread, alteredUnsent, alteredTruncated)
