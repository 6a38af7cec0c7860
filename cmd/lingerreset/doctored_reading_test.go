package main

import (
	"sockproof/cmd/internal/doctor"
	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// In the recording read-after-reset a1 is reset in CLOSE_WAIT, a2 in ESTABLISHED,
// a3 with data unread, a4 while a process has it; a5 resets before b6 is accepted.

// unmoved lets nobody see an end torn down.
func unmoved(socket string) func(*doctor.Journal) {
	return func(d *doctor.Journal) {
		d.DropAll(func(e *journal.Event) bool {
			return stateTo(socket, journal.Close)(e) && e.State.From != "" || stateTo(socket, journal.Gone)(e)
		})
	}
}

// withoutRST lets an end be torn down without a RST having come.
func withoutRST(port string) func(*doctor.Journal) { return droppedAll(to(port, rstsOf("8080"))) }

// doctoredReading: LR9, LR13, LR14, LR19, and the scenario read-after-reset.
var doctoredReading = []doctor.Case{
	{Name: "as recorded", Of: "read-after-reset", Do: asRecorded, Claim: "LR9", Want: claim.Refuted},
	{Name: "ECONNRESET", Of: "read-after-reset", Do: changed(call("a1", "read"), returns(-1, "ECONNRESET")), Claim: "LR9", Want: claim.Confirmed},
	{Name: "a send had been told before", Of: "read-after-reset", Do: func(d *doctor.Journal) {
		d.Call(d.First(stateTo("a1", journal.Gone)).N, "a1", "sendmsg", -1, "EPIPE", "a1", "6", "MSG_NOSIGNAL")
	}, Claim: "LR9", Want: claim.Inconclusive},
	{Name: "not reset", Of: "read-after-reset", Do: unmoved("a1"), Claim: "LR9", Want: claim.Inconclusive},
	{Name: "torn down without a RST", Of: "read-after-reset", Do: withoutRST("40001"), Claim: "LR9", Want: claim.Inconclusive},
	{Name: "in ESTABLISHED", Of: "read-after-reset", Do: changedAll(stateFrom("a1", journal.CloseWait), func(e *journal.Event) { e.State.From = journal.Established }), Claim: "LR9", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "read-after-reset", Do: asRecorded, Claim: "LR13", Want: claim.Confirmed},
	{Name: "as recorded", Of: "linger0", Do: asRecorded, Claim: "LR13", Want: claim.Confirmed},
	{Name: "the first is told the end", Of: "read-after-reset", Do: changed(call("a2", "read"), returns(0, "")), Claim: "LR13", Want: claim.Refuted},
	{Name: "the first write is killed", Of: "read-after-reset", Do: changed(call("a4", "write"), raises("")), Claim: "LR13", Want: claim.Refuted},
	{Name: "a read is told twice", Of: "read-after-reset", Do: changedNth(1, call("a2", "read"), returns(-1, "ECONNRESET")), Claim: "LR13", Want: claim.Refuted},
	{Name: "a write is told twice", Of: "read-after-reset", Do: changedNth(1, call("a4", "write"), returns(-1, "ECONNRESET")), Claim: "LR13", Want: claim.Refuted},
	{Name: "the next write succeeds", Of: "linger0", Do: changed(call("b2", "write"), returns(8, "")), Claim: "LR13", Want: claim.Refuted},
	{Name: "nobody could be killed", Of: "read-after-reset", Do: func(d *doctor.Journal) { d.DropAll(call("a4", "write")) }, Claim: "LR13", Want: claim.Inconclusive},
	{Name: "torn down without a RST", Of: "linger0", Do: anyRST, Claim: "LR13", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "read-after-reset", Do: asRecorded, Claim: "LR14", Want: claim.Refuted},
	{Name: "ECONNRESET", Of: "read-after-reset", Do: changed(call("a1", "write"), returns(-1, "ECONNRESET")), Claim: "LR14", Want: claim.Confirmed},
	{Name: "the FIN had not arrived", Of: "read-after-reset", Do: lost(to("40001", sent("8080", fin...))), Claim: "LR14", Want: claim.Inconclusive},
	{Name: "sent once", Of: "read-after-reset", Do: dropped(call("a1", "sendmsg")), Claim: "LR14", Want: claim.Inconclusive},
	{Name: "something was unread", Of: "read-after-reset", Do: func(d *doctor.Journal) {
		like := d.First(to("40001", sent("8080", "SYN", "ACK")))
		d.Carry(d.First(stateTo("a1", journal.Established)).N+2, like, func(p *journal.Packet) {
			p.Flags, p.Len = []string{"PSH", "ACK"}, 1
			p.Seq++
		})
	}, Claim: "LR14", Want: claim.Inconclusive},

	{Name: "as recorded", Of: "read-after-reset", Do: asRecorded, Claim: "LR19", Want: claim.Confirmed},
	{Name: "the data is gone", Of: "read-after-reset", Do: changed(call("a3", "read"), returns(-1, "ECONNRESET")), Claim: "LR19", Want: claim.Refuted},
	{Name: "the end after it", Of: "read-after-reset", Do: changedNth(1, call("a3", "read"), returns(0, "")), Claim: "LR19", Want: claim.Refuted},
	{Name: "the data came twice", Of: "read-after-reset", Do: twice(to("40003", data("8080", journal.AtSent))), Claim: "LR19", Want: claim.Confirmed},
	{Name: "nothing was unread", Of: "read-after-reset", Do: all(lost(to("40003", data("8080", journal.AtSent))), changed(call("a3", "read"), returns(-1, "ECONNRESET")), changedNth(1, call("a3", "read"), returns(0, ""))), Claim: "LR19", Want: claim.Inconclusive},
	{Name: "read once", Of: "read-after-reset", Do: dropped(call("a3", "read")), Claim: "LR19", Want: claim.Inconclusive},

	{Name: "ECONNRESET in CLOSE_WAIT", Of: "read-after-reset", Do: changed(call("a1", "read"), returns(-1, "ECONNRESET")), Outcome: claim.NotReproduced},
	{Name: "the end in ESTABLISHED", Of: "read-after-reset", Do: changed(call("a2", "read"), returns(0, "")), Outcome: claim.NotReproduced},
	{Name: "the end in ESTABLISHED", Of: "read-after-reset-host", Do: changed(call("a2", "read"), returns(0, "")), Outcome: claim.NotReproduced},
	{Name: "no RST", Of: "read-after-reset", Do: all(unmoved("a1"), withoutRST("40001")), Outcome: claim.OutcomeUnresolved},
}

// In the recording shut-wr-contrast b2 shuts down, and a1 sends thrice; b3 closes,
// and a2 does.

// doctoredContrast: LR10, and the scenario shut-wr-contrast.
var doctoredContrast = []doctor.Case{
	{Name: "as recorded", Of: "shut-wr-contrast", Do: asRecorded, Claim: "LR10", Want: claim.Confirmed},
	{Name: "the second failed", Of: "shut-wr-contrast", Do: changedNth(1, call("a1", "sendmsg"), returns(-1, "EPIPE")), Claim: "LR10", Want: claim.Refuted},
	{Name: "the third failed", Of: "shut-wr-contrast", Do: changedNth(2, call("a1", "sendmsg"), returns(-1, "EPIPE")), Claim: "LR10", Want: claim.Refuted},
	{Name: "sent once", Of: "shut-wr-contrast", Do: func(d *doctor.Journal) { d.Drop(call("a1", "sendmsg")); d.Drop(call("a1", "sendmsg")) }, Claim: "LR10", Want: claim.Inconclusive},
	{Name: "it had not been told", Of: "shut-wr-contrast", Do: droppedAll(stateTo("a1", journal.CloseWait)), Claim: "LR10", Want: claim.Inconclusive},
	{Name: "the peer closed instead", Of: "shut-wr-contrast", Do: changed(call("b2", "shutdown"), func(e *journal.Event) { e.Call.Op = "close" }), Claim: "LR10", Want: claim.Inconclusive},
	{Name: "what was sent was not read", Of: "shut-wr-contrast", Do: changedNth(2, call("b2", "read"), returns(-1, "EAGAIN")), Claim: "LR10", Want: claim.Confirmed},

	{Name: "what was sent was not read", Of: "shut-wr-contrast", Do: changedNth(2, call("b2", "read"), returns(-1, "EAGAIN")), Outcome: claim.NotReproduced},
	{Name: "after close the second succeeded", Of: "shut-wr-contrast", Do: changedNth(1, call("a2", "sendmsg"), returns(6, "")), Outcome: claim.NotReproduced},
	{Name: "after close nobody sent", Of: "shut-wr-contrast", Do: droppedAll(call("a2", "sendmsg")), Outcome: claim.OutcomeUnresolved},
}
