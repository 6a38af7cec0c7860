package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// In the recording read-after-reset a1 is reset in CLOSE_WAIT, a2 in ESTABLISHED,
// a3 with data unread, a4 while a process has it; a5 resets before b6 is accepted.

// alteredReading: LR9, LR13, LR14, LR19, and the scenario read-after-reset.
var alteredReading = []journaltest.Case{
	{Name: "ECONNRESET in CLOSE_WAIT", Of: "read-after-reset", Do: changed(
		call("a1", "read"), returns(-1, "ECONNRESET")), Confirmed: "LR9", Outcome: claim.NotReproduced},
	{Name: "a send had been told before", Of: "read-after-reset", Do: called(
		stateTo("a1", journal.Gone), "a1", "sendmsg", -1, "EPIPE", "a1", "6", "MSG_NOSIGNAL"), Inconclusive: "LR9"},
	{Name: "the first write is killed", Of: "read-after-reset", Do: changed(call("a4", "write"), raises("")), Refuted: "LR13"},
	{Name: "ECONNRESET", Of: "read-after-reset", Do: changed(call("a1", "write"), returns(-1, "ECONNRESET")), Confirmed: "LR14"},
	{Name: "something was unread", Of: "read-after-reset", Do: func(d *journaltest.Journal) {
		like := d.First(to("40001", synAcks))
		d.Carry(d.First(stateTo("a1", journal.Established)).N+2, like, func(p *journal.Packet) {
			p.Flags, p.Len = journal.PSH|journal.ACK, 1
			p.Seq++
		})
	}, Inconclusive: "LR14"},
	{Name: "epoll_wait() said nothing", Of: "read-after-reset", Do: changed(call("a6", "epoll_wait"), said("EPOLLOUT")), Confirmed: "LR24"},
}

// In the recording shut-wr-contrast b2 shuts down, and a1 sends thrice; b3 closes,
// and a2 does.

// alteredContrast: LR10, and the scenarios shut-wr-contrast and lost-fin.
var alteredContrast = []journaltest.Case{
	{Name: "the second failed", Of: "shut-wr-contrast", Do: changedNth(1, call("a1", "sendmsg"), returns(-1, "EPIPE")), Refuted: "LR10"},
	{Name: "what was sent was not read", Of: "shut-wr-contrast", Do: changedNth(2, call("b2", "read"), returns(-1, "EAGAIN")), Outcome: claim.NotReproduced},
	{Name: "after close the second succeeded", Of: "shut-wr-contrast", Do: changedNth(1, call("a2", "sendmsg"), returns(6, "")), Outcome: claim.NotReproduced},
	{Name: "the second succeeded", Of: "lost-fin", Do: changedNth(1, call("a1", "sendmsg"), returns(6, "")), Outcome: claim.NotReproduced},
}
