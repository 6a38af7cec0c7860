package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// gone is the change by which sock_diag finds a1 no more, in orphan.
var gone = stateTo("a1", journal.Gone)

// after lets an event have been seen that long after another, in nanoseconds.
func after(w, other journaltest.Which, ns int64) journaltest.Change {
	return func(d *journaltest.Journal) { d.First(w).T = d.First(other).T + ns }
}

// seenLater lets a1's FIN_WAIT2 have been seen half a second after its cause, by
// a process that had been stopped: its timer ran all the while.
func seenLater(d *journaltest.Journal) {
	cause := d.First(ackOf(d, clientsFIN, journal.AtDelivered))
	for _, w := range []journaltest.Which{stateTo("a1", journal.FinWait2), sampled("a1", journal.FinWait2)} {
		d.First(w).T = cause.T + second/2
	}
	d.First(gone).T = cause.T + second
}

// seenAfter lets the acknowledgement that took a1 to FIN_WAIT2 come again then.
func seenAfter(d *journaltest.Journal) {
	copied(stateTo("a1", journal.FinWait2), ackOf(d, clientsFIN, journal.AtDelivered), nil)(d)
}

// later is what came later than in the first second.
func later(e *journal.Event) bool { return e.T > second }

// neverEnds lets a1 stay in FIN_WAIT2 for as long as the steps wait.
var neverEnds = all(dropped(gone), changedAll(later, func(e *journal.Event) { e.T += 4 * second }))

// spokenTo lets data reach a1 in FIN_WAIT2.
var spokenTo = copied(stateTo("a1", journal.FinWait2), data(listening, journal.AtDelivered), nil)

// unset is a run in which tcp_fin_timeout was not set.
var unset = droppedAll(journaltest.Setting(finTimeoutSetting))

// alteredOrphan: HC16 and its scenario.
var alteredOrphan = []journaltest.Case{
	{Name: "gone too soon", Of: "orphan", Do: after(gone, call("a1", "close"), second/2), Refuted: "HC16", Outcome: claim.NotReproduced},
	{Name: "to TIME_WAIT", Of: "orphan", Do: changed(gone, becomes(journal.TimeWait)), Refuted: "HC16"},
	{Name: "still there", Of: "orphan", Do: neverEnds, Refuted: "HC16", Outcome: claim.NotReproduced},
	{Name: "still there, but the run was stopped", Of: "orphan", Do: all(neverEnds, journaltest.Interrupted), Inconclusive: "HC16"},
	{Name: "the peer closed", Of: "orphan", Do: all(spokenTo, changed(gone, becomes(journal.TimeWait))), Inconclusive: "HC16"},
	{Name: "SIGSTOP: it was seen late", Of: "orphan", Do: seenLater, Confirmed: "HC16"},
	{Name: "the FIN came again before", Of: "orphan", Do: twice(clientsFIN), Confirmed: "HC16"},
	{Name: "the ACK was seen after the state", Of: "orphan", Do: seenAfter, Confirmed: "HC16"},
	{Name: "spoken to", Of: "orphan", Do: spokenTo, Inconclusive: "HC16", Outcome: claim.OutcomeUnresolved},
	{Name: "the timeout was not set", Of: "orphan", Do: unset, Inconclusive: "HC16"},
	{Name: "nobody closed", Of: "orphan", Do: closedNot("a1", "close"), Inconclusive: "HC16"},
}

// gaveUp lets a1 leave FIN_WAIT2 before the peer spoke.
func gaveUp(d *journaltest.Journal) {
	like := *d.First(stateTo("a1", journal.TimeWait))
	d.Again(d.First(call("b2", "write")).N-2, &like, func(e *journal.Event) {
		e.State.From, e.State.To, e.State.Witness = journal.FinWait2, journal.Gone, journal.SockDiag
	})
}

// briefly lets a1 have been looked at for the last time after two seconds.
var briefly = changedAll(of("a1", func(e *journal.Event) bool {
	return journaltest.Sampled(journal.FinWait2)(e) && later(e)
}), func(e *journal.Event) { e.T = 2 * second })

// alteredHalfOpen: HC17 and its scenario.
var alteredHalfOpen = []journaltest.Case{
	{Name: "given up", Of: "half-open", Do: gaveUp, Refuted: "HC17", Outcome: claim.NotReproduced},
	{Name: "given up, and not looked at before", Of: "half-open", Do: all(gaveUp, droppedAll(sampled("a1", journal.FinWait2))), Refuted: "HC17"},
	{Name: "watched too briefly", Of: "half-open", Do: briefly, Inconclusive: "HC17"},
	{Name: "not looked at again", Of: "half-open", Do: droppedAll(sampled("a1", journal.FinWait2)), Outcome: claim.OutcomeUnresolved},
	{Name: "the peer spoke at once", Of: "half-open", Do: called(call("a1", "shutdown"), "b2", "write", 1, "", "b2", "1"), Inconclusive: "HC17"},
	{Name: "the timeout was not set", Of: "half-open", Do: unset, Inconclusive: "HC17"},
	{Name: "nobody shut down", Of: "half-open", Do: closedNot("a1", "shutdown"), Inconclusive: "HC17"},
	{Name: "the FIN came again", Of: "half-open", Do: twice(clientsFIN), Confirmed: "HC17"},
	{Name: "what the peer said was not read", Of: "half-open", Do: changed(call("a1", "read"), returns(0, "")), Outcome: claim.NotReproduced},
}

// alteredLasting: how long FIN_WAIT2 lasts.
var alteredLasting = slices.Concat(alteredOrphan, alteredHalfOpen)
