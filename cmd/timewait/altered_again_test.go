package main

import (
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// sampled are the readings of a socket's timer in TIME_WAIT.
func sampled(socket string) journaltest.Which {
	return of(socket, journaltest.Sampled(journal.TimeWait))
}

// longer lets a socket's TIME_WAIT last so much longer.
func longer(socket string, by time.Duration) journaltest.Change {
	return changedAll(sampled(socket), func(e *journal.Event) { e.Sample.TimerMS += by.Milliseconds() })
}

// The clients of the recording: a1, a3 and a5 had peers that closed at once, a2, a4 and a6 late ones;
// a1 and a2 with the default tcp_fin_timeout, a3 and a4 with the short one, a5 and a6 with the long one.

// lateWaits lets a4, whose peer closed late, have come to TIME_WAIT, after so long.
func lateWaits(after time.Duration) journaltest.Change {
	return func(d *journaltest.Journal) {
		in := *d.First(of("a3", waiting))
		reading := *d.First(sampled("a3"))
		closed := d.First(of("b5", call("close"))).N
		last := d.First(sampled("a6")).N
		d.Again(last, &in, func(e *journal.Event) { e.Socket = "a4" })
		d.Again(last+1, &reading, func(e *journal.Event) { e.Socket = "a4" })
		d.Later(closed, after)
		changedAll(func(e *journal.Event) bool {
			return e.N >= closed && e.Sample != nil && slices.Contains([]string{"a1", "a2", "a3", "a5"}, e.Socket)
		}, func(e *journal.Event) { e.Sample.TimerMS -= after.Milliseconds() })(d)
		d.Drop(of("a4", journaltest.StateTo(journal.Gone, journal.SockDiag)))
	}
}

// alteredLasting: how long TIME_WAIT lasts, by tcp_fin_timeout.
var alteredLasting = []journaltest.Case{
	{Name: "one lasts longer", Of: "fin-timeout", Do: longer("a5", time.Minute), Outcome: claim.NotReproduced},
	{Name: "the late one waits", Of: "fin-timeout", Do: lateWaits(latest), Outcome: claim.NotReproduced},
	{Name: "the late one waits, and was not so late", Of: "fin-timeout", Do: lateWaits(0), Outcome: claim.OutcomeUnresolved},
	{Name: "none was in TIME_WAIT", Of: "fin-timeout", Do: droppedAll(waiting), Inconclusive: "TW9", Outcome: claim.OutcomeUnresolved},
	{Name: "five minutes", Of: "fin-timeout", Do: longer("a5", saidMost), Refuted: "TW9"},
	{Name: "it was never long", Of: "fin-timeout", Do: shorterOnly, Inconclusive: "TW9"},
}

// shorterOnly lets tcp_fin_timeout never have been long.
var shorterOnly = changedNth(2, journaltest.Setting(finTimeout), journaltest.SetTo("120"))

// answers are the segments by which host a answered FINs that came again: an ACK, then RSTs.
func answers(n int) journaltest.Which {
	return func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.At == journal.AtSent && e.Host == "a" && e.N > n
	}
}

// lateFIN is one of the FINs that were held, as it arrived.
func lateFIN(d *journaltest.Journal, nth int) *journal.Event {
	return d.Nth(nth, func(e *journal.Event) bool {
		if e.Packet == nil || e.Packet.At != journal.AtDelivered || !e.Packet.Flags.Has(journal.FIN) {
			return false
		}
		sent := d.First(journaltest.Numbered(e.Packet.Of))
		return e.T-sent.T > waited.Nanoseconds()/2
	})
}

// cameOnce lets none of the FINs that were held have arrived.
func cameOnce(d *journaltest.Journal) {
	for range 3 {
		d.Drop(journaltest.Numbered(lateFIN(d, 0).N))
	}
}

// answered changes the answers to the FINs that came again; withheld ones have none.
func answered(nth int, flags journal.Flags) journaltest.Change {
	return func(d *journaltest.Journal) {
		fin := lateFIN(d, nth).N
		answer := d.First(answers(fin))
		arrival := d.First(journaltest.ArrivalOf(answer.N))
		if flags == 0 {
			n := answer.N
			d.Drop(journaltest.ArrivalOf(n))
			d.Drop(journaltest.Numbered(n))
			return
		}
		journaltest.Flagged(flags)(answer)
		journaltest.Flagged(flags)(arrival)
	}
}

// notAnew lets the timer have run on when the FIN came again.
func notAnew(d *journaltest.Journal) {
	changedAll(journaltest.Behind(lateFIN(d, 0).N, sampled("a1")), func(e *journal.Event) { e.Sample.TimerMS -= waited.Milliseconds() })(d)
}

// notRead lets nobody have read the timer after the FIN had come again.
func notRead(d *journaltest.Journal) {
	d.DropAll(journaltest.Behind(lateFIN(d, 0).N, sampled("a1")))
}

// stillOpen lets b3, whose FIN was refused, not have been closed.
var stillOpen = journaltest.Dropped(of("b3", call("close")))

// asked are the calls by which b4 asked for its error.
var asked = of("b4", call("getsockopt"))

// alteredAgain: a FIN that comes again.
var alteredAgain = []journaltest.Case{
	{Name: "not answered", Of: "again", Do: answered(0, 0), Outcome: claim.NotReproduced},
	{Name: "acknowledged by nobody", Of: "again", Do: answered(1, journal.ACK), Confirmed: "TW12", Outcome: claim.NotReproduced},
	{Name: "it came once", Of: "again", Do: cameOnce, Inconclusive: "TW11", Outcome: claim.OutcomeUnresolved},
	{Name: "the timer ran on", Of: "again", Do: notAnew, Refuted: "TW8"},
	{Name: "nobody read the timer", Of: "again", Do: notRead, Inconclusive: "TW8"},
	{Name: "not answered", Of: "again", Do: answered(1, 0), Refuted: "TW11"},
	{Name: "acknowledged", Of: "again", Do: answered(2, journal.ACK), Refuted: "TW11"},
	{Name: "no error", Of: "again", Do: all(answered(1, journal.ACK), changed(asked, journaltest.Said("0"))), Refuted: "TW12"},
	{Name: "nobody asked", Of: "again", Do: all(answered(1, journal.ACK), droppedAll(asked)), Inconclusive: "TW12"},
	{Name: "nobody had closed", Of: "again", Do: stillOpen, Inconclusive: "TW12"},
}

// The binds of the recording: b3 found a TIME_WAIT, b6 too, with SO_REUSEADDR; b9 and b12 found
// nothing.

// alteredRebind: what a server finds that is started again.
var alteredRebind = []journaltest.Case{
	{Name: "bound", Of: "rebind", Do: changed(of("b3", call("bind")), bound0), Outcome: claim.NotReproduced},
	{Name: "not bound, with the option", Of: "rebind", Do: changed(of("b6", call("bind")), failed(journal.EADDRINUSE)), Outcome: claim.NotReproduced},
	{Name: "none was in TIME_WAIT", Of: "rebind", Do: droppedAll(waiting), Outcome: claim.OutcomeUnresolved},
	{Name: "none was bound", Of: "rebind", Do: noneBound, Confirmed: "TW14"},
	{Name: "none was bound, or tried with the option", Of: "rebind", Do: all(
		noneBound, droppedAll(journaltest.Option(journal.SOReuseAddr))), Inconclusive: "TW14"},
	{Name: "none was killed", Of: "rebind", Do: droppedAll(func(e *journal.Event) bool { return e.Process != nil }), Inconclusive: "TW14"},
	{Name: "all were bound after 2MSL", Of: "rebind", Do: lateBinds, Inconclusive: "TW14"},
}

// bound0 lets a bind() have succeeded.
func bound0(e *journal.Event) { e.Call.Result, e.Call.Errno = 0, "" }

// rebinds are the calls by which a server that was started again bound its port.
func rebinds(e *journal.Event) bool {
	return call("bind")(e) && slices.Contains([]string{"b3", "b6", "b9", "b12"}, e.Socket)
}

// noneBound lets each of them have failed.
var noneBound = changedAll(rebinds, failed(journal.EADDRINUSE))

// lateBinds lets each crash have come long before.
func lateBinds(d *journaltest.Journal) {
	for n := range 4 {
		d.Later(d.Nth(n, rebinds).N, twoMSL)
	}
}
