package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/tcp"
)

// stray is the dead connection's reply where it arrives in the next one.
func stray(d *journaltest.Journal) *journal.Event {
	return d.First(numbered(stales(tcp.New(d.Journal))[0].arrived.N))
}

// tooSlow lets the reply not be let go, because the new connection began beyond it.
func tooSlow(d *journaltest.Journal) {
	p := stray(d).Packet
	p.At, p.Reason = journal.AtDropped, overtaken
}

// awaitedElse lets the client have awaited another byte than the stray's first.
func awaitedElse(d *journaltest.Journal) {
	n := stray(d).N
	changedAll(func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.At == journal.AtSent && e.Host == "a" && e.N < n
	}, func(e *journal.Event) { e.Packet.Ack++ })(d)
}

// restamped gives a segment another timestamp, if it has one.
func restamped(with string) func(*journal.Event) {
	return func(e *journal.Event) {
		for i, o := range e.Packet.Options {
			if isTimestamp(o) {
				e.Packet.Options[i] = with
			}
		}
	}
}

func isTimestamp(option string) bool { return strings.HasPrefix(option, "TS ") }

// fresh lets the stray's timestamp be as new as any.
func fresh(d *journaltest.Journal) {
	changed(numbered(stray(d).Packet.Of), restamped("TS val 4000000000 ecr 1"))(d)
	changedAll(journaltest.On("a", func(e *journal.Event) bool { return e.Packet != nil }), restamped("TS val 1 ecr 4000000001"))(d)
}

// plain takes the timestamps off every SYN.
var plain = changedAll(journaltest.Flag(journal.SYN), func(e *journal.Event) {
	e.Packet.Options = slices.DeleteFunc(e.Packet.Options, isTimestamp)
})

// pawsCounted is a reading of what PAWS has dropped.
var pawsCounted = journaltest.Counter(rejected)

// cameTo lets a socket be seen in a state behind the first such event.
func cameTo(socket, state string, behind journaltest.Which) journaltest.Change {
	return func(d *journaltest.Journal) { d.State(d.First(behind).N, socket, "", state, journal.SockDiag) }
}

// waits lets a socket come to TIME_WAIT when it is closed.
func waits(socket string) journaltest.Change {
	return cameTo(socket, journal.TimeWait, journaltest.Of(socket, call("close")))
}

// neverConnected lets nobody see a socket ESTABLISHED.
func neverConnected(socket string) journaltest.Change {
	return droppedAll(journaltest.Of(socket, entered(journal.Established)))
}

// alteredIncarnation: SR3, SR4, SR11 and SR12.
var alteredIncarnation = []journaltest.Case{
	{Name: "with timestamps", Of: "incarnation-stamped", Do: asRecorded, Inconclusive: "SN10 SR4", Outcome: claim.NotReproduced},
	{Name: "it did not arrive", Of: "incarnation-stamped", Do: func(d *journaltest.Journal) {
		stray(d).Packet.At = journal.AtDropped
	}, Outcome: claim.NotReproduced},

	{Name: "both ends were gone", Of: "incarnation", Do: asRecorded, Confirmed: "SN10"},
	{Name: "there was a TIME_WAIT", Of: "incarnation", Do: all(waits("a1"), waits("a3")), Inconclusive: "SN10"},

	{Name: "bob read it", Of: "incarnation-stamped", Do: read(answered(reconnect, "bob", didTake), alices), Refuted: "SR11"},
	{Name: "too slow", Of: "incarnation-stamped", Do: tooSlow, Outcome: claim.OutcomeUnresolved},
	{Name: "its number was not awaited", Of: "incarnation-stamped", Do: awaitedElse, Inconclusive: "SR11"},
	{Name: "its timestamp was not older", Of: "incarnation-stamped", Do: all(fresh, read(answered(reconnect, "bob", didTake), alices)), Inconclusive: "SR11"},
	{Name: "without timestamps", Of: "incarnation-stamped", Do: all(plain, read(answered(reconnect, "bob", didTake), alices)), Inconclusive: "SR11"},

	{Name: "it came to TIME_WAIT", Of: "incarnation", Do: waits("a1"), Refuted: "SR12"},
	{Name: "the server's end came to TIME_WAIT", Of: "incarnation", Do: cameTo("b2", journal.TimeWait, journaltest.Of("a1", call("close"))), Refuted: "SR12"},
	{Name: "not connected again", Of: "incarnation", Do: neverConnected("a2"), Refuted: "SR12"},
}
