package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/tcp"
)

// emptied lets the drain that found nothing have found something.
var emptied = changedAll(call("recvfrom"), func(e *journal.Event) { e.Call.Result, e.Call.Errno = messageSize, "" })

// failed lets a client have lost its connection instead.
func failed(w journaltest.Which) journaltest.Change {
	return func(d *journaltest.Journal) {
		a := d.First(w).Answer
		a.Did, a.Reply = didFail, ""
		changed(numbered(a.Read), journaltest.Returned(-1, journal.ECONNRESET))(d)
	}
}

// neverReplied lets the first reply that a client waits for never be written.
func neverReplied(p policy) journaltest.Change {
	return func(d *journaltest.Journal) {
		xs := accountOf(tcp.New(d.Journal)).all
		i := slices.IndexFunc(xs, func(x exchange) bool { return x.policy == p && x.gaveUp() })
		d.Drop(numbered(replyTo(&xs[i], 0).N))
	}
}

// lookers are the policies that look whose reply it is.
var lookers = []policy{compare, discard, pipeline}

// noneMet lets no client that looks have met a reply that is another's.
var noneMet = droppedAll(func(e *journal.Event) bool {
	return e.Answer != nil && slices.Contains(lookers, policy(e.Answer.Policy)) && (e.Answer.Did == didRefuse || e.Answer.Did == didDiscard)
})

// alteredPolicies: SR3 and SR7 to SR10.
var alteredPolicies = []journaltest.Case{
	{Name: "no naive client", Of: "policies", Do: droppedAll(answered(naive, "", "")), Outcome: claim.OutcomeUnresolved},
	{Name: "bob had his own", Of: "policies", Do: all(
		read(answered(naive, "bob", ""), bobs), read(answered(naive, "dave", ""), daves)), Outcome: claim.NotReproduced},
	{Name: "the same connection went on", Of: "policies", Do: all(droppedAll(answered(reconnect, "", "")), renamed(discard, reconnect)), Inconclusive: "SR3"},
	{Name: "it recovered", Of: "policies", Do: all(
		did(answered(compare, "frank", ""), didTake), read(answered(compare, "frank", ""), question{6, "frank"})), Refuted: "SR8"},
	{Name: "the connection was lost instead", Of: "policies", Do: failed(answered(compare, "dave", didRefuse)), Inconclusive: "SR8"},
	{Name: "it read what nobody had asked", Of: "policies", Do: read(answered(compare, "dave", didRefuse), question{77, "zoe"}), Inconclusive: "SR8"},
	{Name: "the late reply never came", Of: "policies", Do: neverReplied(compare), Inconclusive: "SR8"},
	{Name: "only one asked after", Of: "policies", Do: droppedAll(answered(compare, "", didRefuse)), Inconclusive: "SR8"},
	{Name: "the connection was lost", Of: "policies", Do: failed(answered(discard, "bob", didTake)), Refuted: "SR9"},
	{Name: "the drain had found something", Of: "policies", Do: emptied, Inconclusive: "SR10"},
	{Name: "nobody drained", Of: "policies", Do: droppedAll(call("recvfrom")), Inconclusive: "SR10"},
}
