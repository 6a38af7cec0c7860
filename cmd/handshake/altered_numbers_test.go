package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// Whose segments.
func toClient(w journaltest.Which) journaltest.Which   { return journaltest.To("40001", w) }
func fromClient(w journaltest.Which) journaltest.Which { return from("40001", w) }

// data are the segments with so many bytes.
func data(n int) journaltest.Which {
	return func(e *journal.Event) bool { return e.Packet != nil && e.Packet.Len == n }
}

// filled are the segments with any.
func filled(e *journal.Event) bool { return e.Packet != nil && e.Packet.Len > 0 }

// alteredNumbers: what is acknowledged, and what is sent next.
var alteredNumbers = []journaltest.Case{
	{Name: "another number", Of: "numbers", Do: numbered(toClient(anyACK), func(p *journal.Packet) { p.Ack += 7 }), Outcome: claim.NotReproduced},
	{Name: "nothing was acknowledged", Of: "numbers", Do: droppedAll(journaltest.Flag(journal.ACK)), Outcome: claim.OutcomeUnresolved},
	{Name: "a gap", Of: "numbers", Do: numbered(fromClient(data(100)), func(p *journal.Packet) { p.Seq += 7 }), Refuted: "SN6"},
	{Name: "no data", Of: "numbers", Do: droppedAll(filled), Inconclusive: "SN6"},
	{Name: "one byte alone", Of: "numbers", Do: droppedAll(func(e *journal.Event) bool { return filled(e) && e.Packet.Len > 1 }), Inconclusive: "HS8"},
}

// alteredOrder: what comes twice, early, or not at first.
var alteredOrder = []journaltest.Case{
	{Name: "read in another order", Of: "order", Do: changed(read("one two "), gave("two one ")), Outcome: claim.NotReproduced},
	{Name: "no data", Of: "order", Do: droppedAll(filled), Inconclusive: "SN9", Outcome: claim.OutcomeUnresolved},
	{Name: "read again", Of: "order", Do: changed(of("b2", nothing), gave("again ")), Refuted: "SN7"},
	{Name: "it did not come again", Of: "order", Do: droppedAll(injected(journal.ACK)), Inconclusive: "SN7"},
	{Name: "not the same bytes", Of: "order", Do: changedNth(1, read("again "), gave("other ")), Inconclusive: "SN7"},
	{Name: "the urgent byte in its place", Of: "order", Do: inPlace, Confirmed: "SN8 SN9"},
	{Name: "read before", Of: "order", Do: all(droppedAll(call("recvfrom")), changedNth(1, of("b2", nothing), gave("two "))), Refuted: "SN8"},
	{Name: "no urgent byte", Of: "order", Do: droppedAll(func(e *journal.Event) bool {
		return e.Socket == "b3" || e.Packet != nil && e.Packet.Flags.Has(journal.URG)
	}), Inconclusive: "SN8"},
}

// nothing are the reads that found nothing.
func nothing(e *journal.Event) bool { return call("read")(e) && e.Call.Errno != "" }

// read is a read that returned this.
func read(text string) journaltest.Which {
	return func(e *journal.Event) bool { return call("read")(e) && string(e.Call.Data) == text }
}

// gave lets it have returned something else.
func gave(text string) func(e *journal.Event) {
	return func(e *journal.Event) { e.Call.Errno, e.Call.Result, e.Call.Data = "", int64(len(text)), []byte(text) }
}

// inPlace lets the urgent byte have been read with the rest, behind what came before it.
func inPlace(d *journaltest.Journal) {
	d.DropAll(call("recvfrom"))
	d.Nth(0, of("b3", read("lost "))).Call.Result = int64(len("lost !"))
	d.Nth(0, of("b3", read("lost "))).Call.Data = []byte("lost !")
}
