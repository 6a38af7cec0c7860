package tcp

import (
	"testing"

	"sockproof/lib/journal"
)

// theft: a1 connects to itself and so keeps the port from a2's bind; it closes, and a3
// gets it.
const theft = "selfconnect/port-theft"

func TestAddresses(t *testing.T) {
	const neverHeld = "192.0.2.2:8099"
	found(t, []lie{
		{"EADDRINUSE of a port that none has", fourWay, R2, "b1", func(a *altered) { a.fails("b1", "bind", 0, "EADDRINUSE") }},
		{"EADDRINUSE of a port that another host has", fourWay, R2, "a1", func(a *altered) {
			a.fails("a1", "bind", 0, "EADDRINUSE")
			a.call("a1", "bind", 0).Call.Args[1] = "192.0.2.1:8080"
		}},
		{"EADDRNOTAVAIL of the host's own address", fourWay, R2, "b1", func(a *altered) { a.fails("b1", "bind", 0, "EADDRNOTAVAIL") }},
		{"bind() of a port that another has", theft, R2, "a2", func(a *altered) { a.returns("a2", "bind", 0) }},
		{"bind() of a port with a listener", "halfclose/time-wait", R2, "b8", func(a *altered) { a.returns("b8", "bind", 0) }},
		{"bind() that bound another port", fourWay, R2, "b1", func(a *altered) { a.call("b1", "bind", 0).Call.Kept = neverHeld }},
		{"setsockopt() that set nothing", theft, R2, "a2", func(a *altered) { a.call("a2", "setsockopt", 0).Call.Kept = "0" }},
		{"TCP_QUICKACK that was not set", "delayack/quickack", R2, "b2", func(a *altered) { a.call("b2", "setsockopt", 1).Call.Kept = "0" }},
		{"connect: EADDRNOTAVAIL without a rival", fourWay, R2, "a1", func(a *altered) { a.fails("a1", "connect", 0, "EADDRNOTAVAIL") }},
		{"getsockname() that gave no address", fourWay, R7, "b1", func(a *altered) { a.call("b1", "getsockname", 0).Call.Out = "" }},
	})
	silent(t, []truth{
		{"bind() that bound what was asked for", fourWay, func(a *altered) { a.call("b1", "bind", 0).Call.Kept = "192.0.2.2:8080" }},
		{"bind() of any port", "halfclose/three-way-host", func(a *altered) { a.call("b1", "bind", 0) }},
		{"setsockopt() that set what was asked for", theft, func(a *altered) { a.call("a2", "setsockopt", 0).Call.Kept = "1" }},
		{"TCP_QUICKACK that was set", "delayack/quickack", func(a *altered) { a.call("b2", "setsockopt", 1).Call.Kept = "1" }},
		{"EADDRINUSE of a TIME_WAIT", "halfclose/time-wait", func(a *altered) { a.call("b8", "bind", 0) }},
		{"SO_REUSEPORT", "simopen/listener", func(a *altered) { a.call("b2", "bind", 0) }},
		{"connect: EADDRNOTAVAIL with a rival", "simopen/listener", func(a *altered) { a.call("b4", "connect", 0) }},
		{"on the host network, another program may have the port", "halfclose/three-way-host", func(a *altered) {
			a.endsWith(a.call("b1", "bind", 0).N)
			a.fails("b1", "bind", 0, "EADDRINUSE")
		}},
		{"without packets, a port is known all the same", theft, func(a *altered) { a.unavailable(journal.Packets) }},
	})
}

func TestPortsWithoutPackets(t *testing.T) {
	found(t, []lie{{"EADDRINUSE of a port that none has", fourWay, R2, "b1", func(a *altered) {
		a.unavailable(journal.Packets)
		a.fails("b1", "bind", 0, "EADDRINUSE")
	}}})
}
