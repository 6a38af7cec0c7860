package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// unhit makes the first series miss: its socket has another's peer.
func unhit(d *doctor) { d.first(call("getpeername")).Call.Out = "192.0.2.1:1" }

// hitAgain lets the first attempt of the second series, on socket, connect to
// itself all the same.
func hitAgain(socket string) func(*doctor) {
	return func(d *doctor) {
		connect := d.first(of(socket, call("connect")))
		target := targetOf(connect)
		n := connect.N
		d.again(n, d.first(stateTo(journal.Established, journal.TCPInfo)), func(e *journal.Event) { e.Socket = socket })
		for i, op := range []string{"getsockname", "getpeername"} {
			d.again(n+1+i, d.first(call(op)), func(e *journal.Event) { e.Socket = socket; e.Call.Out = target })
		}
	}
}

// otherAnswered lets an attempt connect, but to another socket.
func otherAnswered(socket string) func(*doctor) {
	return func(d *doctor) {
		n := d.first(of(socket, call("connect"))).N
		d.again(n, d.first(stateTo(journal.Established, journal.TCPInfo)), func(e *journal.Event) { e.Socket = socket })
	}
}

// foldedEstablished lets one of the attempts in the n-th fold have connected.
func foldedEstablished(n int) func(*doctor) {
	return func(d *doctor) {
		f := d.nth(n, folded).Fold
		f.Counts = append(f.Counts, journal.FoldedCount{What: "state ESTABLISHED by tcp_info", Count: 1})
	}
}

// fewer leaves only so many attempts in the n-th fold.
func fewer(n, times int) func(*doctor) {
	return func(d *doctor) { d.nth(n, folded).Fold.Times = times }
}

// firstSocket is the socket of the n-th connect.
func firstSocket(d *doctor, n int) string { return d.nth(n, call("connect")).Socket }

// second does something to the first socket of the second series.
func second(do func(socket string) func(*doctor)) func(*doctor) {
	return func(d *doctor) {
		n := 0
		for targetOf(d.nth(n, call("connect"))) == targetOf(d.first(call("connect"))) {
			n++
		}
		do(firstSocket(d, n))(d)
	}
}

// reservedSocket is the first socket of reserved-port's second series.
func afterReserving(do func(socket string) func(*doctor)) func(*doctor) {
	return func(d *doctor) {
		set := d.first(setting(reservedSetting)).N
		s := d.first(func(e *journal.Event) bool { return e.N > set && call("connect")(e) }).Socket
		do(s)(d)
	}
}

// rangeIs changes the value of ip_local_port_range, as read or set.
func rangeIs(value string) func(*doctor) {
	return func(d *doctor) { d.first(setting(rangeSetting)).Setting.New = value }
}

func dropSetting(name string) func(*doctor) {
	return func(d *doctor) { d.dropAll(setting(name)) }
}

// doctoredChoice: SC7, SC8 and SC11, and the hunts.
var doctoredChoice = []doctored{
	{name: "bound after all", of: "autobind", do: func(d *doctor) {
		d.call(d.first(call("connect")).N-spread, firstSocket(d, 0), "bind", 0, "", firstSocket(d, 0), "192.0.2.1:40000")
	}, claim: "SC7", want: claim.Inconclusive},
	{name: "the target outside the range", of: "autobind", do: rangeIs("32768 39999"), claim: "SC7", want: claim.Inconclusive},
	{name: "the range not read", of: "autobind", do: dropSetting(rangeSetting), claim: "SC7", want: claim.Inconclusive},
	{name: "the peer is another", of: "autobind", do: unhit, claim: "SC7", want: claim.Inconclusive},
	{name: "no connect", of: "autobind", do: func(d *doctor) { d.drop(call("connect")) }, claim: "SC7", want: claim.Inconclusive},
	{name: "a connect without arguments", of: "autobind", do: func(d *doctor) { d.first(call("connect")).Call.Args = nil }, claim: "SC7", want: claim.Inconclusive},
	{name: "the range not read", of: "hunt", do: dropSetting(rangeSetting), claim: "SC7", want: claim.Inconclusive},
	{name: "a socket listened", of: "autobind", do: func(d *doctor) {
		d.call(d.first(call("connect")).N, "a9", "listen", 0, "", "a9", "1")
	}, claim: "SC1", want: claim.Inconclusive},

	{name: "none hit", of: "hunt", do: unhit, outcome: claim.NotReproduced},
	{name: "something else answered", of: "hunt", do: func(d *doctor) { unhit(d); foldedEstablished(0)(d) }, outcome: claim.NotReproduced},
	{name: "no attempt", of: "hunt", do: func(d *doctor) { d.dropAll(call("connect")) }, outcome: claim.OutcomeUnresolved},

	{name: "hit all the same", of: "outside-range", do: second(hitAgain), claim: "SC8", want: claim.Refuted},
	{name: "hit all the same", of: "outside-range", do: second(hitAgain), outcome: claim.NotReproduced},
	{name: "hit, but inside the range", of: "outside-range", do: func(d *doctor) { second(hitAgain)(d); rangeIs("1024 60999")(d) }, claim: "SC8", want: claim.Inconclusive},
	{name: "the one inside not hit", of: "outside-range", do: unhit, claim: "SC8", want: claim.Inconclusive},
	{name: "the one inside not hit", of: "outside-range", do: unhit, outcome: claim.OutcomeUnresolved},
	{name: "too few for the range", of: "outside-range", do: fewer(1, 28_000), claim: "SC8", want: claim.Inconclusive},
	{name: "fewer than inside", of: "outside-range", do: fewer(1, 100), claim: "SC8", want: claim.Inconclusive},
	{name: "the range not read", of: "outside-range", do: dropSetting(rangeSetting), claim: "SC8", want: claim.Inconclusive},
	{name: "both inside the range", of: "outside-range", do: rangeIs("1024 60999"), claim: "SC8", want: claim.Inconclusive},
	{name: "neither inside the range", of: "outside-range", do: rangeIs("50000 60999"), claim: "SC8", want: claim.Inconclusive},
	{name: "the port outside answered", of: "outside-range", do: second(otherAnswered), claim: "SC8", want: claim.Inconclusive},
	{name: "the port outside answered in a fold", of: "outside-range", do: foldedEstablished(1), claim: "SC8", want: claim.Inconclusive},
	{name: "one series only", of: "outside-range", do: func(d *doctor) {
		hit := d.first(call("getpeername")).N
		d.dropAll(func(e *journal.Event) bool { return e.N > hit && (call("connect")(e) || folded(e)) })
	}, claim: "SC8", want: claim.Inconclusive},
	{name: "the range not read", of: "outside-range", do: dropSetting(rangeSetting), claim: "SC7", want: claim.Inconclusive},

	{name: "hit all the same", of: "reserved-port", do: afterReserving(hitAgain), claim: "SC11", want: claim.Refuted},
	{name: "hit all the same", of: "reserved-port", do: afterReserving(hitAgain), outcome: claim.NotReproduced},
	{name: "hit, but another port was reserved", of: "reserved-port", do: func(d *doctor) {
		afterReserving(hitAgain)(d)
		d.first(setting(reservedSetting)).Setting.New = "40001"
	}, claim: "SC11", want: claim.Inconclusive},
	{name: "another port was reserved", of: "reserved-port", do: func(d *doctor) { d.first(setting(reservedSetting)).Setting.New = "40001,40003-40009" }, claim: "SC11", want: claim.Inconclusive},
	{name: "reserved with others", of: "reserved-port", do: func(d *doctor) { d.first(setting(reservedSetting)).Setting.New = "8080,39990-40010" }, claim: "SC11", want: claim.Confirmed},
	{name: "reserved before too", of: "reserved-port", do: func(d *doctor) {
		d.set(d.first(call("connect")).N-spread, reservedSetting, "", "40000")
	}, claim: "SC11", want: claim.Inconclusive},
	{name: "nothing was reserved", of: "reserved-port", do: dropSetting(reservedSetting), claim: "SC11", want: claim.Inconclusive},
	{name: "nothing was reserved", of: "reserved-port", do: dropSetting(reservedSetting), outcome: claim.OutcomeUnresolved},
	{name: "moved out of the range meanwhile", of: "reserved-port", do: func(d *doctor) {
		d.set(d.first(setting(reservedSetting)).N, rangeSetting, "40000 40063", "40001 40063")
	}, claim: "SC11", want: claim.Inconclusive},
	{name: "the range not known", of: "reserved-port", do: dropSetting(rangeSetting), claim: "SC11", want: claim.Inconclusive},
	{name: "not hit before", of: "reserved-port", do: unhit, claim: "SC11", want: claim.Inconclusive},
	{name: "too few attempts", of: "reserved-port", do: func(d *doctor) {
		hit := d.first(call("getpeername")).N
		n := 0
		for d.nth(n, folded).N < hit {
			n++
		}
		fewer(n, 0)(d)
		if n > 0 { // it may have been hit at once: then two attempts are too few for three
			fewer(0, 3)(d)
		}
	}, claim: "SC11", want: claim.Inconclusive},
	{name: "another target", of: "reserved-port", do: afterReserving(func(s string) func(*doctor) {
		return func(d *doctor) {
			c := d.first(of(s, call("connect"))).Call
			c.Args = append(c.Args[:len(c.Args)-1:len(c.Args)-1], "192.0.2.1:40002")
		}
	}), claim: "SC11", want: claim.Inconclusive},
}
