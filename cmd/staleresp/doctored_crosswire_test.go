package main

import (
	"sockproof/cmd/internal/doctor"
	"sockproof/lib/claim"
)

// The questions of the second of two clients, which counts for itself.
var (
	bobsFirst    = question{1, "bob"}
	carolsSecond = question{2, "carol"}
)

// straight lets the server write nothing to a connection but what was asked there.
func straight(d *doctor.Journal) {
	for _, e := range claim.Calls(d.Journal, "", "write") {
		if wrote(alices)(e) {
			e.Call.Data = bobsFirst.reply(coupon)
		}
	}
	read(answered(naive, "bob", didTake), bobsFirst)(d)
}

// onlyUnique leaves of those that look the ones whose numbers are used once.
func onlyUnique(d *doctor.Journal) {
	for _, p := range lookers {
		d.DropAll(answered(p, "", ""))
	}
}

// doctoredCrossed: SR6, and SR7 where the server is wrong.
var doctoredCrossed = []doctor.Case{
	{Name: "as recorded", Of: "crosswire", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "written to its own connection", Of: "crosswire", Do: straight, Outcome: claim.NotReproduced},
	{Name: "bob refused it", Of: "crosswire", Do: did(answered(naive, "bob", didTake), didRefuse), Outcome: claim.NotReproduced},
	{Name: "nobody asked", Of: "crosswire", Do: droppedAll(answered(naive, "", "")), Outcome: claim.NotReproduced},

	{Name: "as recorded", Of: "crosswire", Do: asRecorded, Claim: "SR6", Want: claim.Confirmed},
	{Name: "bob had his own", Of: "crosswire", Do: read(answered(naive, "bob", didTake), bobsFirst), Claim: "SR6", Want: claim.Refuted},
	{Name: "carol had her own", Of: "crosswire", Do: read(answered(naive, "carol", didTake), carolsSecond), Claim: "SR6", Want: claim.Refuted},
	{Name: "dave had his own", Of: "crosswire", Do: read(answered(naive, "dave", didTake), question{3, "dave"}), Claim: "SR6", Want: claim.Refuted},
	{Name: "nobody asked after bob", Of: "crosswire", Do: all(dropped(answered(naive, "carol", "")), dropped(answered(naive, "dave", ""))), Claim: "SR6", Want: claim.Inconclusive},
	{Name: "written to its own connection", Of: "crosswire", Do: straight, Claim: "SR6", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "crosswire", Do: asRecorded, Claim: "SR7", Want: claim.Refuted},
	{Name: "only ids used once", Of: "crosswire", Do: onlyUnique, Claim: "SR7", Want: claim.Confirmed},
	{
		Name: "an id used once passed for another's", Of: "crosswire", Claim: "SR7", Want: claim.Refuted,
		Do: all(onlyUnique, did(answered(compareUnique, "bob", didRefuse), didTake)),
	},
}

// waited lets the request that was cancelled have been waited for in vain.
func waited(d *doctor.Journal) {
	e := d.First(answered(naive, "alice", didCancel))
	d.Call(e.Answer.Asked, e.Socket, "read", -1, "EAGAIN", e.Socket, "32")
	e = d.First(answered(naive, "alice", didCancel))
	e.Answer.Did, e.Answer.Read = didTimeOut, e.Answer.Asked+1
}

// doctoredCancelled: SR2 and SR9 where nobody waited.
var doctoredCancelled = []doctor.Case{
	{Name: "as recorded", Of: "cancelled", Do: asRecorded, Outcome: claim.Reproduced},
	{Name: "it was waited for", Of: "cancelled", Do: waited, Outcome: claim.NotReproduced},
	{Name: "it is not told what was cancelled", Of: "cancelled", Do: dropped(answered(naive, "alice", didCancel)), Outcome: claim.OutcomeUnresolved},
	{Name: "as recorded", Of: "cancelled", Do: asRecorded, Claim: "SR2", Want: claim.Confirmed},
	{Name: "carol had her own", Of: "cancelled", Do: read(answered(naive, "carol", didTake), carols), Claim: "SR2", Want: claim.Refuted},
	{Name: "as recorded", Of: "cancelled", Do: asRecorded, Claim: "SR9", Want: claim.Confirmed},
}
