package main

import "sockproof/lib/witness/tcpstate"

var zeroWindow = kind{name: "zero-window", judge: judgeZeroWindow, causes: []*cause{&peerReadsNot, &readsNot}}

var peerReadsNot = cause{
	name: "peer-does-not-read", head: "{n} of {who} held up: {peer} does not read, its window is closed for {silence}",
	means: "what this program sends waits here: the peer's receive buffer is full, and its program does not read",
	whose: []string{thePeer}, scenario: "zerowindow stop",
	next: "look at the peer's program; a send timeout in this one bounds the wait",
}

var readsNot = cause{
	name: "does-not-read", head: "{n} not read by {who}: its window is closed, {peer} cannot send",
	means: "the receive buffer is full, and the program does not read",
	whose: []string{thisProgram}, scenario: "zerowindow stop",
	next: "see what the program does instead of reading: strace -p, or its stacks",
}

// judgeZeroWindow finds who waits for a window, and, where only that end is here, who keeps one closed.
func judgeZeroWindow(l *look, i int, o *options) *cause {
	s := l.socket(i)
	switch {
	case s.probesInVain():
		return nil // whether the peer reads is not known: it may have gone
	case s.timer == timerPersist && s.tx > 0 && s.sent != untold && s.sent >= young:
		return &peerReadsNot
	case s.state != tcpstate.Established && s.state != tcpstate.FinWait2, s.inode == 0, s.rx == 0, !s.is(isClosed), s.received == untold || s.received < young:
		return nil
	}
	if p := l.peer(i); p >= 0 {
		return nil // that one is judged
	}
	return &readsNot
}
