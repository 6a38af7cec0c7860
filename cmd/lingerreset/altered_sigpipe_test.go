package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// In the recording sigpipe a1 to a4 are the plain writers, with SIGPIPE at its
// default, ignored, handled and blocked; a5 sends with MSG_NOSIGNAL, a6 to a9 by
// the other calls; a10 has shut down itself; a11 writes three times while the RST
// is under way. Each socket's port is 40000 and its number.

// secondWrite is the write of a plain writer after the RST.
func secondWrite(socket string, change func(*journal.Event)) journaltest.Change {
	return changedNth(1, call(socket, "write"), change)
}

// survived lets a process that was killed go on, its call having returned something.
func survived(socket, op string, n int, change func(*journal.Event)) journaltest.Change {
	return all(goesOnLiving(socket), changedNth(n, call(socket, op), change))
}

// dead lets a process be killed by a signal in a call.
func dead(socket string) journaltest.Change {
	return func(d *journaltest.Journal) {
		pid := d.First(started(socket)).Process.PID
		killed := &journal.Process{PID: pid, Event: "killed", Signal: "SIGPIPE"}
		d.After(d.Nth(1, call(socket, "write")).N, journal.Event{Host: "a", Kind: journal.KindProcess, Process: killed})
	}
}

// everyRST is every RST of the steps.
var everyRST = droppedInPlay(rstsOf("8080"))

// earlyReset lets a RST follow the FIN of the close to a port at once.
func earlyReset(port string) journaltest.Change {
	return func(d *journaltest.Journal) {
		end := d.First(arrivalOf(d.First(to(port, sent("8080", fin))).N))
		d.Carry(end.N, end, func(p *journal.Packet) { p.Flags = journal.RST })
	}
}

// alteredSigpipe: LR7, LR8, LR11, LR12, LR22, and the scenarios sigpipe and
// go-runtime.
var alteredSigpipe = []journaltest.Case{
	{Name: "a RST that did not wait for the data", Of: "sigpipe", Do: func(d *journaltest.Journal) {
		early := *d.First(to("40001", rstsOf("8080")))
		d.DropAll(to("40001", rstsOf("8080")))
		d.Again(d.First(call("a1", "write")).N, &early, nil)
	}, Refuted: "LR7"},
	{Name: "the first failed, for a RST had come before it", Of: "shut-wr-contrast", Do: all(
		earlyReset("40002"), changed(call("a2", "sendmsg"), returns(-1, "EPIPE"))), Inconclusive: "LR7"},

	{Name: "only the last one went on", Of: "sigpipe", Do: survived("a11", "write", 3, returns(8, "")), Refuted: "LR8"},
	{Name: "ignored, and killed", Of: "sigpipe", Do: all(secondWrite("a2", raises("")), dead("a2")), Refuted: "LR11"},
	{Name: "handled was not tried, ignored twice", Of: "sigpipe", Do: func(d *journaltest.Journal) {
		d.First(started("a3")).Process.Disposition = "ignore"
	}, Inconclusive: "LR11"},
	{Name: "splice left EPIPE", Of: "sigpipe", Do: survived("a8", "splice", 0, returns(-1, "EPIPE")), Refuted: "LR22"},
	{Name: "a write after one's own SHUT_WR left EPIPE", Of: "sigpipe", Do: survived("a10", "write", 0, returns(-1, "EPIPE")), Refuted: "LR22"},
	{Name: "splice was not tried, writev twice", Of: "sigpipe", Do: changed(
		call("a8", "splice"), func(e *journal.Event) { e.Call.Op = "writev" }), Inconclusive: "LR22"},
	{Name: "no RST came, and the second write succeeded", Of: "sigpipe", Do: all(
		everyRST, survived("a1", "write", 1, returns(6, ""))), Outcome: claim.NotReproduced},

	{Name: "descriptor 1 survived", Of: "go-runtime", Do: survived("a1", goWrite, 1, returns(-1, "EPIPE")), Outcome: claim.NotReproduced},
	{Name: "descriptor 2 was not tried, 1 twice", Of: "go-runtime", Do: func(d *journaltest.Journal) {
		for n := range 2 {
			d.Nth(n, call("a5", goWrite)).Call.Args[2] = journal.FDText(1)
		}
	}, Outcome: claim.OutcomeUnresolved},
}
