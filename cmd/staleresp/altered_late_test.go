package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journaltest"
)

// The questions of the late replies, as a client numbers them on a connection.
var (
	alices = question{1, "alice"}
	bobs   = question{2, "bob"}
	daves  = question{4, "dave"}
)

// elsewhere lets an answer name a call of another socket.
func elsewhere(w journaltest.Which) journaltest.Change {
	return func(d *journaltest.Journal) { d.First(w).Answer.Asked = d.First(call("listen")).N }
}

// lostAt lets a client have lost its connection instead.
func lostAt(p policy, user string) journaltest.Change { return failed(answered(p, user, "")) }

// astray lets the late reply have been written to the listener.
func astray(d *journaltest.Journal) { d.First(wrote(alices)).Socket = "b1" }

// repliedAgain puts a copy of the write of a reply behind the first such event.
func repliedAgain(q question, behind journaltest.Which) journaltest.Change {
	return func(d *journaltest.Journal) { d.Again(d.First(behind).N, d.First(wrote(q)), nil) }
}

// alteredLate: SR1, SR2 and that somebody was told another's answer.
var alteredLate = []journaltest.Case{
	{Name: "bob had his own", Of: "late-reply", Do: read(answered(naive, "bob", didTake), bobs), Outcome: claim.NotReproduced},
	{Name: "everybody was patient", Of: "late-reply-patient", Do: asRecorded, Outcome: claim.NotReproduced},
	{Name: "it is not told who gave up", Of: "late-reply", Do: dropped(answered(naive, "alice", didTimeOut)), Outcome: claim.OutcomeUnresolved},
	{Name: "the connection was lost", Of: "late-reply", Do: all(
		lostAt(naive, "alice"), lostAt(naive, "bob"), lostAt(naive, "carol")), Outcome: claim.NotReproduced},
	{Name: "what the client says its calls do not show", Of: "late-reply", Do: elsewhere(answered(naive, "bob", "")), Outcome: claim.OutcomeUnresolved},
	{Name: "no naive client", Of: "late-reply", Do: droppedAll(answered(naive, "", "")), Outcome: claim.OutcomeUnresolved},
	{Name: "the server had answered", Of: "slow-server", Do: func(d *journaltest.Journal) {
		asked := d.First(answered(naive, "alice", didTimeOut)).Answer.Asked
		moved(wrote(alices), numbered(asked))(d)
	}, Outcome: claim.NotReproduced},
	{Name: "it was not waited for", Of: "slow-server", Do: did(answered(naive, "alice", didTimeOut), didCancel), Outcome: claim.NotReproduced},
	{Name: "the server had not answered", Of: "slow-network", Do: moved(wrote(alices), answered(naive, "alice", didTimeOut)), Outcome: claim.NotReproduced},
	{Name: "it was not waited for", Of: "slow-network", Do: did(answered(naive, "alice", didTimeOut), didCancel), Outcome: claim.NotReproduced},

	{Name: "the late reply was written elsewhere", Of: "slow-server", Do: astray, Inconclusive: "SR1"},
	{Name: "the late reply came after bob's", Of: "slow-server", Do: moved(wrote(alices), answered(naive, "bob", "")), Inconclusive: "SR1"},
	{Name: "another gave up meanwhile", Of: "slow-server", Do: did(answered(naive, "carol", didTake), didTimeOut), Inconclusive: "SR2"},
	{Name: "the same reply written twice", Of: "slow-server", Do: repliedAgain(alices, answered(naive, "frank", "")), Confirmed: "SR1"},
}
