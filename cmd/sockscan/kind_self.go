package main

import "sockproof/lib/witness/tcpstate"

var selfConnected = kind{
	name: "self-connected", judge: judgeSelf, causes: []*cause{&selfHeld, &selfTimeWait},
}

var selfHeld = cause{
	name: "self-connected", head: "{n} of {who} to itself: both ends are {service}",
	means: "a client connected to itself, because no server listened on the port: it reads what it writes, and keeps the server from starting (EADDRINUSE)",
	whose: []string{thisProgram, theSettings}, scenario: "selfconnect hunt",
	next: "end or reset it, and reserve the server's port: `sockscan port PORT` prints the line",
}

var selfTimeWait = cause{
	name: "time-wait", head: "{n} to itself, in TIME_WAIT: both ends were {service}",
	means: "a client had connected to itself; until TIME_WAIT ends, the port is blocked, also for a server with SO_REUSEADDR",
	whose: []string{thisProgram, theSettings}, scenario: "selfconnect port-theft",
	next: "reserve the server's port: `sockscan port PORT` prints the line",
}

// judgeSelf knows a socket that is connected to itself by its addresses.
func judgeSelf(l *look, i int, _ *options) *cause {
	s := l.socket(i)
	switch {
	case !s.isSelfConnected():
		return nil
	case s.state == tcpstate.TimeWait:
		return &selfTimeWait
	}
	return &selfHeld
}
