package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// In the recording exit the process that has a1 returns from main with {1, 0}, a2's
// with {1, 1}, a3's without; those of a4 to a6 are killed; b9 is accepted by b8,
// which has {1, 0}.

// stillHeld lets this process keep its descriptor.
func stillHeld(socket string) journaltest.Change { return droppedInPlay(call(socket, "close")) }

// alteredExit: LR20, LR21, and the scenario exit.
var alteredExit = []journaltest.Case{
	{Name: "a RST that answers the peer", Of: "exit", Do: func(d *journaltest.Journal) {
		like := *d.First(sent("40001", rstAck))
		d.DropAll(rstsOf("40001"))
		n := d.First(endOfHolder("a1")(d)).N
		d.Call(n, "b2", "write", 4, "", "b2", "4")
		d.Again(n+1, &like, nil)
	}, Refuted: "LR20"},
	{Name: "another holds the killed one's socket too", Of: "exit", Do: all(stillHeld("a4"), droppedAll(rstsOf("40004"))), Inconclusive: "LR20"},
	{Name: "set on it too", Of: "exit", Do: called(
		stateTo("b9", journal.Established), "b9", "setsockopt", 0, "", "b9", "SO_LINGER", string(lingerZero)), Inconclusive: "LR21"},
	{Name: "killed with {1, 0}, and the peer reads the end", Of: "exit", Do: changed(call("b5", "read"), returns(0, "")), Outcome: claim.NotReproduced},
	{Name: "others still held them", Of: "exit", Do: all(stillHeld("a1"), stillHeld("a4")), Outcome: claim.OutcomeUnresolved},
}
