package main

import (
	"sockproof/cmd/internal/doctor"
	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// In the recording exit the process that has a1 returns from main with {1, 0}, a2's
// with {1, 1}, a3's without; those of a4 to a6 are killed; b9 is accepted by b8,
// which has {1, 0}.

// stillHeld lets this process keep its descriptor.
func stillHeld(socket string) func(*doctor.Journal) { return droppedInPlay(call(socket, "close")) }

// doctoredExit: LR20, LR21, and the scenario exit.
var doctoredExit = []doctor.Case{
	{Name: "as recorded", Of: "exit", Do: asRecorded, Claim: "LR20", Want: claim.Confirmed},
	{Name: "a FIN", Of: "exit", Do: changed(sent("40004", rstAck...), flagged(fin...)), Claim: "LR20", Want: claim.Refuted},
	{Name: "nothing", Of: "exit", Do: droppedAll(rstsOf("40001")), Claim: "LR20", Want: claim.Refuted},
	{Name: "nothing, but the run was stopped", Of: "exit", Do: all(droppedAll(rstsOf("40001")), halted), Claim: "LR20", Want: claim.Inconclusive},
	{Name: "a RST that answers the peer", Of: "exit", Do: func(d *doctor.Journal) {
		like := *d.First(sent("40001", rstAck...))
		d.DropAll(rstsOf("40001"))
		n := d.First(endOfHolder("a1")(d)).N
		d.Call(n, "b2", "write", 4, "", "b2", "4")
		d.Again(n+1, &like, nil)
	}, Claim: "LR20", Want: claim.Refuted},
	{Name: "none was killed", Of: "exit", Do: goesOnLiving("a4"), Claim: "LR20", Want: claim.Inconclusive},
	{Name: "another holds the killed one's socket too", Of: "exit", Do: all(stillHeld("a4"), droppedAll(rstsOf("40004"))), Claim: "LR20", Want: claim.Inconclusive},
	{Name: "not set", Of: "exit", Do: neverSet, Claim: "LR20", Want: claim.Inconclusive},
	{Name: "the RST came twice", Of: "exit", Do: twice(sent("40001", rstAck...)), Claim: "LR20", Want: claim.Confirmed},

	{Name: "as recorded", Of: "exit", Do: asRecorded, Claim: "LR21", Want: claim.Confirmed},
	{Name: "not inherited", Of: "exit", Do: changed(call("b9", "getsockopt"), said(lingerNone)), Claim: "LR21", Want: claim.Refuted},
	{Name: "set on it too", Of: "exit", Do: func(d *doctor.Journal) {
		d.Call(d.First(stateTo("b9", journal.Established)).N, "b9", "setsockopt", 0, "", "b9", "SO_LINGER", lingerZero)
	}, Claim: "LR21", Want: claim.Inconclusive},
	{Name: "set on the listener to the default", Of: "exit", Do: all(changed(lingerSet("b8"), argued(lingerNone)), changed(call("b9", "getsockopt"), said(lingerNone))), Claim: "LR21", Want: claim.Inconclusive},
	{Name: "not asked", Of: "exit-host", Do: droppedAll(doctor.Call("getsockopt")), Claim: "LR21", Want: claim.Inconclusive},
	{Name: "the setting failed", Of: "exit", Do: changed(lingerSet("b8"), returns(-1, "EBADF")), Claim: "LR21", Want: claim.Inconclusive},

	{Name: "killed with {1, 0}, and the peer reads the end", Of: "exit", Do: changed(call("b5", "read"), returns(0, "")), Outcome: claim.NotReproduced},
	{Name: "without, and the peer is reset", Of: "exit-host", Do: changed(call("b4", "read"), returns(-1, "ECONNRESET")), Outcome: claim.NotReproduced},
	{Name: "the RST did not arrive", Of: "exit", Do: changed(call("b2", "read"), returns(-1, "EAGAIN")), Outcome: claim.NotReproduced},
	{Name: "not set", Of: "exit", Do: all(neverSet, droppedInPlay(call("b2", "read")), droppedInPlay(call("b5", "read"))), Outcome: claim.OutcomeUnresolved},
	{Name: "nobody ended", Of: "exit", Do: func(d *doctor.Journal) {
		d.DropAll(played(d, ended("exited")))
		d.DropAll(played(d, ended("killed")))
	}, Outcome: claim.OutcomeUnresolved},
	{Name: "others still held them", Of: "exit", Do: all(stillHeld("a1"), stillHeld("a4")), Outcome: claim.OutcomeUnresolved},
}
