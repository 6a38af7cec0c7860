package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journaltest"
	"sockproof/lib/tcp"
)

// The questions of the second of two clients, which counts for itself.
var (
	bobsFirst    = question{1, "bob"}
	carolsSecond = question{2, "carol"}
)

// straight lets the server write nothing to a connection but what was asked there.
func straight(d *journaltest.Journal) {
	for _, e := range tcp.New(d.Journal).Calls("write") {
		if wrote(alices)(e) {
			e.Call.Data = bobsFirst.reply(coupon)
		}
	}
	read(answered(naive, "bob", didTake), bobsFirst)(d)
}

// alteredCrossed: SR6, and SR7 where the server is wrong.
var alteredCrossed = []journaltest.Case{
	{Name: "written to its own connection", Of: "crosswire", Do: straight, Inconclusive: "SR6", Outcome: claim.NotReproduced},
	{Name: "nobody asked", Of: "crosswire", Do: droppedAll(answered(naive, "", "")), Outcome: claim.NotReproduced},
	{Name: "bob had his own", Of: "crosswire", Do: read(answered(naive, "bob", didTake), bobsFirst), Refuted: "SR6"},
	{Name: "carol had her own", Of: "crosswire", Do: read(answered(naive, "carol", didTake), carolsSecond), Refuted: "SR6"},
	{Name: "dave had his own", Of: "crosswire", Do: read(answered(naive, "dave", didTake), question{3, "dave"}), Refuted: "SR6"},
	{Name: "nobody asked after bob", Of: "crosswire", Do: all(dropped(answered(naive, "carol", "")), dropped(answered(naive, "dave", ""))), Inconclusive: "SR6"},
	{Name: "two requests had one id", Of: "crosswire", Do: all(
		did(answered(compareUnique, "bob", didRefuse), didTake), read(answered(compareUnique, "bob", didTake), question{1001, "alice"})), Refuted: "SR7"},
	{Name: "no id met another's", Of: "crosswire", Do: noneMet, Inconclusive: "SR17"},
}

// waited lets the request that was cancelled have been waited for in vain.
func waited(d *journaltest.Journal) {
	e := d.First(answered(naive, "alice", didCancel))
	d.Call(e.Answer.Asked, e.Socket, "read", -1, "EAGAIN", e.Socket, "32")
	e = d.First(answered(naive, "alice", didCancel))
	e.Answer.Did, e.Answer.Read = didTimeOut, e.Answer.Asked+1
}

// alteredCancelled: SR2 and SR9 where nobody waited.
var alteredCancelled = []journaltest.Case{
	{Name: "it was waited for", Of: "cancelled", Do: waited, Outcome: claim.NotReproduced},
	{Name: "it is not told what was cancelled", Of: "cancelled", Do: dropped(answered(naive, "alice", didCancel)), Outcome: claim.OutcomeUnresolved},
}
