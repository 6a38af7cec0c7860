package main

import "sockproof/lib/witness/tcpstate"

var idle = kind{name: "idle", asked: true, judge: judgeIdle, causes: []*cause{&idleUnnoticed}}

var idleUnnoticed = cause{
	name: "idle", head: "{n} of {who} silent for {silence}, without keepalive: {peer}",
	means: "if the peer's host has gone, nothing will show it: no data is sent, and no probe",
	whose: []string{thisProgram}, scenario: "deadpeer idle",
	next: "switch SO_KEEPALIVE on, or let the program give up what has been silent",
}

// judgeIdle finds connections of whose peer nobody would notice that it has gone.
func judgeIdle(l *look, i int, o *options) *cause {
	s := l.socket(i)
	if s.state != tcpstate.Established || s.timer != timerOff || s.inode == 0 || s.received == untold || s.sent == untold || s.is(isMPTCP) {
		return nil
	}
	if min(s.received, s.sent) < o.idle {
		return nil
	}
	return &idleUnnoticed
}
