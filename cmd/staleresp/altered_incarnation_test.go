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
	s := stray(d)
	for i := range d.Events {
		if e := &d.Events[i]; e.Packet != nil && e.Packet.At == journal.AtSent && e.Host == "a" && e.N < s.N {
			e.Packet.Ack++
		}
	}
}

// fresh lets the stray's timestamp be as new as any.
func fresh(d *journaltest.Journal) {
	sent := d.First(numbered(stray(d).Packet.Of))
	for i, o := range sent.Packet.Options {
		if strings.HasPrefix(o, "TS"+" ") {
			sent.Packet.Options[i] = "TS val 4000000000 ecr 1"
		}
	}
	for i := range d.Events {
		if p := d.Events[i].Packet; p != nil && d.Events[i].Host == "a" {
			for k, o := range p.Options {
				if strings.HasPrefix(o, "TS"+" ") {
					p.Options[k] = "TS val 1 ecr 4000000001"
				}
			}
		}
	}
}

// plain takes the timestamps off every SYN.
func plain(d *journaltest.Journal) {
	for i := range d.Events {
		if p := d.Events[i].Packet; p != nil && p.Flags.Has(journal.SYN) {
			p.Options = slices.DeleteFunc(p.Options, func(o string) bool { return strings.HasPrefix(o, "TS"+" ") })
		}
	}
}

// pawsCounted is a reading of what PAWS has dropped.
func pawsCounted(e *journal.Event) bool { return e.Counter != nil && e.Counter.Name == rejected }

// cameTo lets a socket be seen in a state behind the first such event.
func cameTo(socket, state string, behind journaltest.Which) func(*journaltest.Journal) {
	return func(d *journaltest.Journal) {
		d.After(d.First(behind).N, journal.Event{
			Host: socket[:1], Socket: socket, Kind: journal.KindState,
			State: &journal.State{To: state, Witness: journal.SockDiag},
		})
	}
}

// waits lets a socket come to TIME_WAIT when it is closed.
func waits(socket string) func(*journaltest.Journal) {
	return cameTo(socket, journal.TimeWait, journaltest.Of(socket, journaltest.Call("close")))
}

// neverConnected lets nobody see a socket ESTABLISHED.
func neverConnected(socket string) func(*journaltest.Journal) {
	return droppedAll(journaltest.Of(socket, entered(journal.Established)))
}

// alteredIncarnation: SR3, SR4, SR11 and SR12.
var alteredIncarnation = []journaltest.Case{
	{Name: "with timestamps", Of: "incarnation-stamped", Do: asRecorded, Inconclusive: "SR4 SN10", Outcome: claim.NotReproduced},
	{Name: "it did not arrive", Of: "incarnation-stamped", Do: func(d *journaltest.Journal) { stray(d).Packet.At = journal.AtDropped }, Outcome: claim.NotReproduced},

	{Name: "both ends were gone", Of: "incarnation", Do: asRecorded, Confirmed: "SN10"},
	{Name: "there was a TIME_WAIT", Of: "incarnation", Do: all(waits("a1"), waits("a3")), Inconclusive: "SN10"},

	{Name: "bob read it", Of: "incarnation-stamped", Do: read(answered(reconnect, "bob", didTake), alices), Refuted: "SR11"},
	{Name: "too slow", Of: "incarnation-stamped", Do: tooSlow, Outcome: claim.OutcomeUnresolved},
	{Name: "its number was not awaited", Of: "incarnation-stamped", Do: awaitedElse, Inconclusive: "SR11"},
	{Name: "its timestamp was not older", Of: "incarnation-stamped", Do: all(fresh, read(answered(reconnect, "bob", didTake), alices)), Inconclusive: "SR11"},
	{Name: "without timestamps", Of: "incarnation-stamped", Do: all(plain, read(answered(reconnect, "bob", didTake), alices)), Inconclusive: "SR11"},

	{Name: "it came to TIME_WAIT", Of: "incarnation", Do: waits("a1"), Refuted: "SR12"},
	{Name: "the server's end came to TIME_WAIT", Of: "incarnation", Do: cameTo("b2", journal.TimeWait, journaltest.Of("a1", journaltest.Call("close"))), Refuted: "SR12"},
	{Name: "not connected again", Of: "incarnation", Do: neverConnected("a2"), Refuted: "SR12"},
}
