package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/portrange"
)

// unhit makes the first series miss: its socket has another's peer.
var unhit = peerOf("192.0.2.1:1")

// hitAgain lets the first attempt of the second series, on socket, connect to
// itself all the same.
func hitAgain(socket string) journaltest.Change {
	return func(d *journaltest.Journal) {
		connect := d.First(of(socket, call("connect")))
		n, target := connect.N, string(connect.Call.Address())
		otherAnswered(socket)(d)
		for i, op := range []string{"getsockname", "getpeername"} {
			d.Again(n+1+i, d.First(call(op)), func(e *journal.Event) { e.Socket = socket; e.Call.Out = target })
		}
	}
}

// otherAnswered lets an attempt connect, but to another socket.
func otherAnswered(socket string) journaltest.Change {
	return copied(of(socket, call("connect")), up, func(e *journal.Event) { e.Socket = socket })
}

// foldedEstablished lets one of the attempts in the n-th fold have connected.
func foldedEstablished(n int) journaltest.Change {
	return func(d *journaltest.Journal) {
		f := d.Nth(n, journaltest.Folded).Fold
		f.Counts = append(f.Counts, journal.FoldedCount{What: "state ESTABLISHED by tcp_info", Count: 1})
	}
}

// fewer leaves only so many attempts in the n-th fold.
func fewer(n, times int) journaltest.Change {
	return func(d *journaltest.Journal) { d.Nth(n, journaltest.Folded).Fold.Times = times }
}

// second does something to the first socket of the second series.
func second(do func(socket string) journaltest.Change) journaltest.Change {
	return func(d *journaltest.Journal) {
		first := d.First(call("connect")).Call.Address()
		do(d.First(func(e *journal.Event) bool { return call("connect")(e) && e.Call.Address() != first }).Socket)(d)
	}
}

// afterReserving does it to the first socket of reserved-port's second series.
func afterReserving(do func(socket string) journaltest.Change) journaltest.Change {
	return func(d *journaltest.Journal) {
		set := d.First(journaltest.Setting(portrange.ReservedSetting)).N
		do(d.First(journaltest.Behind(set, call("connect"))).Socket)(d)
	}
}

// elsewhere lets an attempt have another target.
func elsewhere(socket string) journaltest.Change {
	return changed(of(socket, call("connect")), func(e *journal.Event) { e.Call.Args[1] = "192.0.2.1:40002" })
}

// rangeIs changes the value of ip_local_port_range, as read or set; reserved which ports
// are kept from being chosen.
func rangeIs(value string) journaltest.Change {
	return changed(journaltest.Setting(portrange.RangeSetting), setTo(value))
}

func reserved(ports string) journaltest.Change {
	return changed(journaltest.Setting(portrange.ReservedSetting), setTo(ports))
}

func dropSetting(name string) journaltest.Change { return droppedAll(journaltest.Setting(name)) }

// before is the number behind which to put what comes just before the first connect.
func before(d *journaltest.Journal) int { return d.First(call("connect")).N - journaltest.Spread }

// alteredChoice: SC7, SC8 and SC11, and the hunts.
var alteredChoice = []journaltest.Case{
	{Name: "bound after all", Of: "autobind", Do: func(d *journaltest.Journal) {
		socket := d.First(call("connect")).Socket
		d.Call(before(d), socket, "bind", 0, "", socket, "192.0.2.1:40000")
	}, Inconclusive: "SC7"},
	{Name: "the target outside the range", Of: "autobind", Do: rangeIs("32768 39999"), Inconclusive: "SC7"},
	{Name: "the range not read", Of: "autobind", Do: dropSetting(portrange.RangeSetting), Inconclusive: "SC7"},
	{Name: "the peer is another", Of: "autobind", Do: unhit, Inconclusive: "SC7"},
	{Name: "no connect", Of: "autobind", Do: dropped(call("connect")), Inconclusive: "SC7"},
	{Name: "a connect without arguments", Of: "autobind", Do: func(d *journaltest.Journal) { d.First(call("connect")).Call.Args = nil }, Inconclusive: "SC7"},
	{Name: "the range not read", Of: "hunt", Do: dropSetting(portrange.RangeSetting), Inconclusive: "SC7"},
	{Name: "a socket listened", Of: "autobind", Do: called(call("connect"), "a9", "listen", 0, "", "a9", "1"), Inconclusive: "SC1"},

	{Name: "none hit", Of: "hunt", Do: unhit, Outcome: claim.NotReproduced},
	{Name: "something else answered", Of: "hunt", Do: all(unhit, foldedEstablished(0)), Outcome: claim.NotReproduced},
	{Name: "no attempt", Of: "hunt", Do: droppedAll(call("connect")), Outcome: claim.OutcomeUnresolved},

	{Name: "hit all the same", Of: "outside-range", Do: second(hitAgain), Refuted: "SC8", Outcome: claim.NotReproduced},
	{Name: "hit, but inside the range", Of: "outside-range", Do: all(second(hitAgain), rangeIs("1024 60999")), Inconclusive: "SC8"},
	{Name: "the one inside not hit", Of: "outside-range", Do: unhit, Inconclusive: "SC8", Outcome: claim.OutcomeUnresolved},
	{Name: "too few for the range", Of: "outside-range", Do: fewer(1, 28_000), Inconclusive: "SC8"},
	{Name: "fewer than inside", Of: "outside-range", Do: fewer(1, 100), Inconclusive: "SC8"},
	{Name: "the range not read", Of: "outside-range", Do: dropSetting(portrange.RangeSetting), Inconclusive: "SC7 SC8"},
	{Name: "both inside the range", Of: "outside-range", Do: rangeIs("1024 60999"), Inconclusive: "SC8"},
	{Name: "neither inside the range", Of: "outside-range", Do: rangeIs("50000 60999"), Inconclusive: "SC8"},
	{Name: "the port outside answered", Of: "outside-range", Do: second(otherAnswered), Inconclusive: "SC8"},
	{Name: "the port outside answered in a fold", Of: "outside-range", Do: foldedEstablished(1), Inconclusive: "SC8"},
	{Name: "one series only", Of: "outside-range", Do: droppedBehind(
		call("getpeername"), func(e *journal.Event) bool { return call("connect")(e) || journaltest.Folded(e) }), Inconclusive: "SC8"},

	{Name: "hit all the same", Of: "reserved-port", Do: afterReserving(hitAgain), Refuted: "SC11", Outcome: claim.NotReproduced},
	{Name: "hit, but another port was reserved", Of: "reserved-port", Do: all(afterReserving(hitAgain), reserved("40001")), Inconclusive: "SC11"},
	{Name: "another port was reserved", Of: "reserved-port", Do: reserved("40001,40003-40009"), Inconclusive: "SC11"},
	{Name: "reserved with others", Of: "reserved-port", Do: reserved("8080,39990-40010"), Confirmed: "SC11"},
	{Name: "reserved before too", Of: "reserved-port", Do: func(d *journaltest.Journal) {
		d.Set(before(d), portrange.ReservedSetting, "", "40000")
	}, Inconclusive: "SC11"},
	{Name: "nothing was reserved", Of: "reserved-port", Do: dropSetting(portrange.ReservedSetting), Inconclusive: "SC11", Outcome: claim.OutcomeUnresolved},
	{Name: "moved out of the range meanwhile", Of: "reserved-port", Do: func(d *journaltest.Journal) {
		d.Set(d.First(journaltest.Setting(portrange.ReservedSetting)).N, portrange.RangeSetting, "40000 40063", "40001 40063")
	}, Inconclusive: "SC11"},
	{Name: "the range not known", Of: "reserved-port", Do: dropSetting(portrange.RangeSetting), Inconclusive: "SC11"},
	{Name: "not hit before", Of: "reserved-port", Do: unhit, Inconclusive: "SC11"},
	{Name: "too few attempts", Of: "reserved-port", Do: func(d *journaltest.Journal) {
		hit := d.First(call("getpeername")).N
		n := 0
		for d.Nth(n, journaltest.Folded).N < hit {
			n++
		}
		fewer(n, 0)(d)
		if n > 0 { // it may have been hit at once: then two attempts are too few for three
			fewer(0, 3)(d)
		}
	}, Inconclusive: "SC11"},
	{Name: "another target", Of: "reserved-port", Do: afterReserving(elsewhere), Inconclusive: "SC11"},
}
