package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// In the recording time-wait b2 is closed with the settings as they are, b3 with
// a short tcp_fin_timeout; b5's last ACK is lost; b7's listener did without
// SO_REUSEADDR, b11's had it, and b8, b9, b12 and b13 bind their ports again.

// timer is a reading of a timer of TIME_WAIT.
var timer = journaltest.Sampled(journal.TimeWait)

// lasting lets every TIME_WAIT last so many milliseconds more.
func lasting(ms int64) journaltest.Change {
	return changedAll(timer, func(e *journal.Event) { e.Sample.TimerMS += ms })
}

// shorter lets b3's TIME_WAIT last a second.
var shorter = changedAll(of("b3", timer), func(e *journal.Event) { e.Sample.TimerMS = 1000 })

// againOnLo lets b2 receive its peer's FIN again before its timer is read for the first time.
var againOnLo = copied(seen("b2", journal.TimeWait), arriving(port1, fin), nil)

// repeatedFIN lets the timer be set anew by that, 1.1 s later.
var repeatedFIN = all(againOnLo, changedAll(of("b2", timer), func(e *journal.Event) { e.T += 11 * second / 10 }))

// binding is the attempt of a socket to bind.
func binding(socket string) journaltest.Which { return call(socket, "bind") }

// stillListening lets the old listeners not have been closed.
var stillListening = all(droppedAll(call("b6", "close")), droppedAll(call("b10", "close")))

// assassinated lets a RST of its peer's come to a socket in TIME_WAIT.
func assassinated(socket, peersPort string) journaltest.Change {
	return carried(seen(socket, journal.TimeWait), arriving(peersPort, fin), func(p *journal.Packet) { p.Flags = rst })
}

// unwatchedAfter lets a TIME_WAIT not have been looked at after a socket's bind.
func unwatchedAfter(binds, waits string) journaltest.Change {
	return droppedBehind(binding(binds), of(waits, timer))
}

// boundAll lets those succeed that bind without SO_REUSEADDR.
var boundAll = all(changed(binding("b8"), returns(0, "")), changed(binding("b12"), returns(0, "")))

// unoccupied lets no TIME_WAIT have been seen.
var unoccupied = droppedAll(journaltest.Entered(journal.TimeWait))

// alteredTimer: HC21 to HC23.
var alteredTimer = []journaltest.Case{
	{Name: "it returned when it was over", Of: "time-wait", Do: changed(
		call("b2", "close"), func(e *journal.Event) { e.Call.TookNS = 61 * second }), Refuted: "HC21"},
	{Name: "no TIME_WAIT", Of: "time-wait", Do: unoccupied, Inconclusive: "HC21 HC24", Outcome: claim.OutcomeUnresolved},
	{Name: "a FIN came again", Of: "time-wait", Do: repeatedFIN, Confirmed: "HC21", Inconclusive: "HC23"},
	{Name: "three minutes", Of: "time-wait", Do: lasting(120_000), Confirmed: "HC22"},
	{Name: "four minutes", Of: "time-wait-host", Do: lasting(180_000), Confirmed: "HC22"},
	{Name: "five minutes", Of: "time-wait-loopback", Do: lasting(240_000), Refuted: "HC22"},
	{Name: "set anew by a FIN, three minutes otherwise", Of: "time-wait", Do: all(lasting(120_000), repeatedFIN), Confirmed: "HC22"},
	{Name: "shorter", Of: "time-wait", Do: shorter, Confirmed: "HC23"},
	{Name: "it was set to what it had been", Of: "time-wait", Do: changed(
		journaltest.Setting(finTimeoutSetting), func(e *journal.Event) { e.Setting.Old = e.Setting.New }), Inconclusive: "HC23"},
	{Name: "it was not lowered", Of: "time-wait-host", Do: asRecorded, Inconclusive: "HC23"},
	{Name: "a FIN came again on lo", Of: "time-wait-loopback", Do: againOnLo, Inconclusive: "HC23"},
}

// alteredBind: HC24 and HC28, and the scenario time-wait.
var alteredBind = []journaltest.Case{
	{Name: "bound without", Of: "time-wait", Do: changed(binding("b8"), returns(0, "")), Refuted: "HC24"},
	{Name: "bound without, but the old one had it", Of: "time-wait", Do: changed(binding("b12"), returns(0, "")), Refuted: "HC24"},
	{Name: "failed for another reason", Of: "time-wait", Do: all(
		changed(binding("b8"), returns(-1, "EACCES")), changed(binding("b12"), returns(-1, "EACCES"))), Inconclusive: "HC24"},
	{Name: "tried with it alone", Of: "time-wait", Do: all(dropped(binding("b8")), dropped(binding("b12"))), Inconclusive: "HC24"},
	{Name: "bound, for a RST had ended the TIME_WAIT", Of: "time-wait", Do: all(
		assassinated("b7", "40004"), assassinated("b11", "40005"), boundAll), Inconclusive: "HC24", Outcome: claim.OutcomeUnresolved},
	{Name: "bound, but a RST had ended one TIME_WAIT alone", Of: "time-wait", Do: all(assassinated("b7", "40004"), boundAll), Refuted: "HC24"},
	{Name: "not bound, and nobody looked after that", Of: "time-wait", Do: all(unwatchedAfter("b8", "b7"), unwatchedAfter("b12", "b11")), Confirmed: "HC24"},
	{Name: "the listeners were still there", Of: "time-wait", Do: stillListening, Inconclusive: "HC24", Outcome: claim.OutcomeUnresolved},
	{Name: "bound with it on the new one alone", Of: "time-wait", Do: changed(binding("b9"), returns(0, "")), Confirmed: "HC28"},
	{Name: "bound with it on the new one alone", Of: "time-wait-loopback", Do: changed(binding("b7"), returns(0, "")), Confirmed: "HC28"},
	{Name: "bound with it on the new one alone, but nobody looked after that", Of: "time-wait", Do: all(
		unwatchedAfter("b9", "b7"), changed(binding("b9"), returns(0, ""))), Inconclusive: "HC28"},
	{Name: "failed for another reason", Of: "time-wait", Do: all(
		changed(binding("b9"), returns(-1, "EINVAL")), changed(binding("b13"), returns(-1, "EINVAL"))), Inconclusive: "HC28"},
	{Name: "no TIME_WAIT", Of: "time-wait-host", Do: unoccupied, Inconclusive: "HC28"},

	{Name: "bound, but nobody looked after that", Of: "time-wait", Do: all(unwatchedAfter("b8", "b7"), boundAll), Outcome: claim.OutcomeUnresolved},
	{Name: "held up", Of: "time-wait", Do: all(boundAll, journaltest.HeldUp(binding("b8"), "")), Outcome: claim.NotReproduced},
}

// lateACK is b5's second acknowledgement of the FIN, which arrives.
var lateACK = func(e *journal.Event) bool { return to("40003", sent("8081", ack))(e) && e.T > 22*second/10 }

// alteredAgain: HC25.
var alteredAgain = []journaltest.Case{
	{Name: "not acknowledged", Of: "time-wait", Do: dropped(lateACK), Refuted: "HC25"},
	{Name: "answered with RST", Of: "time-wait", Do: changed(lateACK, flagged(rst)), Refuted: "HC25"},
	{Name: "not acknowledged, but the run was stopped", Of: "time-wait", Do: all(dropped(lateACK), journaltest.Interrupted), Inconclusive: "HC25"},
	{Name: "no FIN came again", Of: "time-wait-loopback", Do: asRecorded, Inconclusive: "HC25"},
	{Name: "the FIN came a third time", Of: "time-wait", Do: twice(
		func(e *journal.Event) bool { return e.T > 22*second/10 && sent("40003", fin)(e) }), Confirmed: "HC25"},
}

// alteredTimeWait: how long TIME_WAIT lasts, and what it keeps from being done.
var alteredTimeWait = slices.Concat(alteredTimer, alteredBind, alteredAgain)
