package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// alone leaves of a recording of several connections those of some clients.
func alone(clients ...string) journaltest.Change {
	return droppedAll(func(e *journal.Event) bool {
		return journaltest.Call("connect")(e) && !slices.Contains(clients, e.Socket)
	})
}

// merged lets the passive end's acknowledgement go with its FIN.
func merged(d *journaltest.Journal) {
	n := d.Nth(0, journaltest.Entered(journal.CloseWait)).N
	pure := *d.First(func(e *journal.Event) bool { return e.N > n && sent(listening, ack)(e) })
	d.Drop(journaltest.Numbered(pure.N))
	d.Drop(arrivalOf(pure.N))
	d.DropAll(stateTo("a1", journal.FinWait2))
	changedAll(stateTo("a1", journal.TimeWait), func(e *journal.Event) { e.State.From = journal.FinWait1 })(d)
}

// ackOf is the acknowledgement of a FIN, at a place, that says nothing else.
func ackOf(d *journaltest.Journal, w journaltest.Which, at string) journaltest.Which {
	f := *d.First(w).Packet
	return func(e *journal.Event) bool {
		return journaltest.PacketAt(at, ack)(e) && e.Packet.Src == f.Dst && e.Packet.Dst == f.Src && e.Packet.Len == 0 && e.Packet.Ack == f.Seq+uint32(f.Len)+1
	}
}

// The FINs of the first connection.
var (
	clientsFIN = sent(port1, fin)
	serversFIN = to(port1, sent(listening, fin))
)

// closeAgain lets every segment of the close in four-way come a second time.
func closeAgain(d *journaltest.Journal) {
	twice(clientsFIN, ackOf(d, clientsFIN, journal.AtSent), serversFIN, ackOf(d, serversFIN, journal.AtSent))(d)
}

// oneMore lets the passive end send one segment more, which is no repetition, before it
// closes.
func oneMore(d *journaltest.Journal) {
	a := *d.First(ackOf(d, clientsFIN, journal.AtSent))
	d.Again(a.N+1, &a, flagged(journal.ACK|journal.URG))
}

// closedFirst lets the passive end have closed before its acknowledgement left.
func closedFirst(d *journaltest.Journal) {
	c := *d.First(closeOf("b2"))
	d.Drop(journaltest.Numbered(c.N))
	d.Again(d.First(ackOf(d, clientsFIN, journal.AtSent)).N-1, &c, nil)
}

// resetWhenOver lets the last acknowledgement come again, to a socket that is
// gone, and be answered with a RST.
func resetWhenOver(d *journaltest.Journal) {
	last := ackOf(d, serversFIN, journal.AtSent)
	twice(last)(d)
	like := *d.First(serversFIN)
	d.Again(d.LookedAt(d.First(stateTo("b2", journal.Gone)).N)+2, &like, flagged(rst))
}

// orphaned lets b2 be gone before its FIN is known to be acknowledged.
func orphaned(d *journaltest.Journal) {
	gone := *d.First(stateTo("b2", journal.Gone))
	d.Drop(stateTo("b2", journal.Gone))
	d.Again(d.First(serversFIN).N+2, &gone, nil)
}

// finsAgain lets both FINs of the first connection come a second time.
var finsAgain = twice(clientsFIN, serversFIN)

// withoutLastACK lets the passive end's FIN not have been acknowledged.
func withoutLastACK(d *journaltest.Journal) { d.Drop(ackOf(d, serversFIN, journal.AtSent)) }

// onAnother lets the acknowledgement that took a1 to FIN_WAIT2 be another segment.
func onAnother(d *journaltest.Journal) {
	flagged(fin)(d.First(ackOf(d, clientsFIN, journal.AtDelivered)))
}

// answeredWithRST lets both FINs be answered with RST alone.
func answeredWithRST(d *journaltest.Journal) {
	first := ackOf(d, clientsFIN, journal.AtSent)
	last := ackOf(d, serversFIN, journal.AtSent)
	changedAll(func(e *journal.Event) bool { return first(e) || last(e) || serversFIN(e) }, flagged(rstAck))(d)
}

// acked lets every acknowledgement of the client's FIN be off by some.
func acked(by uint32) journaltest.Change {
	return func(d *journaltest.Journal) {
		f := d.First(clientsFIN).Packet
		seq := f.Seq
		changedAll(func(e *journal.Event) bool {
			return e.Packet != nil && e.Packet.Dst == f.Src && e.Packet.Ack == seq+1
		}, func(e *journal.Event) { e.Packet.Ack = seq + 1 + by })(d)
	}
}

// resetAfterFIN lets the passive end answer the FIN with a RST, instead of its own.
var resetAfterFIN = changedAll(from(listening, func(e *journal.Event) bool { return journaltest.PacketAt(e.Packet.At, fin)(e) }), flagged(rstAck))

// alteredSegments: HC1 to HC6, and the scenarios four-way, three-way and merged-data.
var alteredSegments = []journaltest.Case{
	{Name: "the ACK went with the FIN", Of: "four-way", Do: merged, Refuted: "HC48", Inconclusive: "HC1", Outcome: claim.OutcomeUnresolved},
	{Name: "one segment more", Of: "four-way", Do: oneMore, Refuted: "HC1", Outcome: claim.NotReproduced},
	{Name: "as recorded", Of: "four-way", Do: asRecorded, Inconclusive: "HC48"},
	{Name: "as recorded", Of: "three-way", Do: asRecorded, Confirmed: "HC1"},
	{Name: "closed before it acknowledged, and four all the same", Of: "four-way", Do: closedFirst, Confirmed: "HC48", Inconclusive: "HC1"},
	{Name: "only the one that did not merge", Of: "three-way", Do: alone("a2"), Inconclusive: "HC1"},
	{Name: "SIGSTOP: every segment came again", Of: "four-way", Do: closeAgain, Confirmed: "HC1 HC2 HC3", Outcome: claim.Reproduced},
	{Name: "SIGSTOP: the FINs came again", Of: "three-way", Do: finsAgain, Confirmed: "HC4 HC6", Refuted: "HC48"},
	{Name: "the FIN was lost once", Of: "four-way", Do: lostOnce(clientsFIN), Confirmed: "HC1 HC2"},
	{Name: "another connection was closed too", Of: "four-way", Do: another(clientsFIN, sent(listening, fin)), Confirmed: "HC1"},
	{Name: "a RST when it was over", Of: "four-way", Do: resetWhenOver, Confirmed: "HC1"},
	{Name: "the passive end was given up", Of: "four-way", Do: orphaned, Inconclusive: "HC1 HC3"},
	{Name: "reset instead", Of: "four-way", Do: resetAfterFIN, Inconclusive: "HC1"},
	{Name: "the last ACK did not come", Of: "four-way", Do: withoutLastACK, Inconclusive: "HC1", Outcome: claim.OutcomeUnresolved},
	{Name: "another close was not seen", Of: "four-way", Do: func(d *journaltest.Journal) {
		d.Sockets = append(d.Sockets, journal.Socket{ID: "a9", Host: "a", Local: "192.0.2.1:40009", Remote: "192.0.2.2:8080"})
	}, Inconclusive: "HC1"},
	{Name: "none", Of: "four-way", Do: acked(^uint32(0)), Refuted: "HC2"},
	{Name: "two", Of: "endings", Do: acked(1), Refuted: "HC2"},
	{Name: "the FINs were answered with RST", Of: "four-way", Do: answeredWithRST, Inconclusive: "HC2"},
	{Name: "to CLOSING instead", Of: "four-way", Do: changed(stateTo("a1", journal.FinWait2), becomes(journal.Closing)), Refuted: "HC3"},
	{Name: "removed", Of: "four-way", Do: changed(stateTo("a1", journal.FinWait2), becomes(journal.Gone)), Refuted: "HC3"},
	{Name: "removed, for there was no room", Of: "four-way", Do: all(
		changed(stateTo("a1", journal.FinWait2), becomes(journal.Gone)), journaltest.Counted("a", "TCPTimeWaitOverflow", 1)), Inconclusive: "HC3"},
	{Name: "the passive end waits", Of: "four-way", Do: changed(stateFrom("b2", journal.LastAck), becomes(journal.TimeWait)), Refuted: "HC3"},
	{Name: "FIN_WAIT2 on another segment", Of: "four-way", Do: onAnother, Refuted: "HC3"},
	{Name: "all merged", Of: "three-way", Do: alone("a1"), Inconclusive: "HC3"},
	{Name: "between two looks", Of: "three-way-loopback", Do: changed(seen("a2", journal.FinWait2), becomes(journal.TimeWait)), Inconclusive: "HC3"},

	{Name: "none merged", Of: "three-way", Do: alone("a2", "a3"), Inconclusive: "HC4", Outcome: claim.NotReproduced},
	{Name: "nobody closed", Of: "three-way", Do: droppedAll(journaltest.Call("close")), Outcome: claim.OutcomeUnresolved},
	{Name: "another connection's ACK", Of: "three-way", Do: another(sent(listening, ack)), Confirmed: "HC4"},

	{Name: "the FIN had no data", Of: "merged-data", Do: all(alone("a1"), changedAll(func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.Len > 0 && journaltest.PacketAt(e.Packet.At, fin)(e)
	}, func(e *journal.Event) { e.Packet.Len = 0 })), Inconclusive: "HC5"},
	{Name: "written on its own", Of: "merged-data", Do: alone("a2"), Inconclusive: "HC5 HC6", Outcome: claim.NotReproduced},
	{Name: "SIGSTOP: the FINs came again", Of: "merged-data", Do: finsAgain, Confirmed: "HC5"},
	{Name: "nobody closed", Of: "merged-data-host", Do: all(
		droppedAll(journaltest.Call("close")), droppedAll(journaltest.Call("shutdown"))), Inconclusive: "HC5"},

	{Name: "through FIN_WAIT2", Of: "merged-data", Do: changed(seen("a1", journal.TimeWait), becomes(journal.FinWait2)), Refuted: "HC6"},
	{Name: "through CLOSING", Of: "three-way", Do: changed(seen("a1", journal.TimeWait), becomes(journal.Closing)), Refuted: "HC6"},
	{Name: "between two looks", Of: "merged-data-loopback", Do: changed(seen("a1", journal.TimeWait), becomes(journal.Gone)), Inconclusive: "HC6"},
}

// calledBefore puts a call of the passive end between the FIN's arrival and its ACK.
func calledBefore(d *journaltest.Journal) {
	d.Call(d.First(journaltest.PacketAt(journal.AtDelivered, fin)).N, "b2", "getsockopt", 0, "", "b2", "TCP_QUICKACK")
}

// onlyMerged lets the sockets whose FIN was acknowledged on its own never be in CLOSE_WAIT.
func onlyMerged(d *journaltest.Journal) {
	d.DropAll(func(e *journal.Event) bool { return e.Socket != "b2" && journaltest.Entered(journal.CloseWait)(e) })
}

// alteredPassive: HC35 and HC41, on what the passive end does.
var alteredPassive = []journaltest.Case{
	{Name: "the ACK was the FIN's", Of: "three-way", Do: onlyMerged, Confirmed: "HC35"},
	{Name: "a call was made between", Of: "four-way", Do: calledBefore, Refuted: "HC41"},
}
