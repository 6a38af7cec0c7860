package main

import "sockproof/lib/witness/tcpstate"

var zeroWindow = kind{name: "zero-window", judge: judgeZeroWindow, causes: []*cause{&peerReadsNot, &readsNot, &heldUp, &unreadData}}

var peerReadsNot = cause{
	name: "peer-does-not-read", head: "{n} of {who} held up: {peer} has kept its window closed for {silence}",
	means: "what this program sends waits here: the peer's receive buffer is full, and its program reads nothing, or too little to make room",
	whose: []string{thePeer}, scenario: "zerowindow stop",
	next: "look at the peer's program; a send timeout in this one bounds the wait",
}

var readsNot = cause{
	name: "does-not-read", head: "{n} not read by {who}: its window is closed, {peer} cannot send",
	means: "the receive buffer is full, and the program reads nothing, or too little to make room",
	whose: []string{thisProgram}, scenario: "zerowindow stop",
	next: "see what the program does instead of reading: strace -p, or its stacks",
}

var heldUp = cause{
	name: "held-up", quiet: true,
	means: "at a window that was closed less than 5 s ago: the reader is slow, or has stopped",
}

var unreadData = cause{
	name: "unread", quiet: true,
	means: "with data unread, the last of which came more than 5 s ago, and the window open: the program is busy with something else, or hangs",
}

// judgeZeroWindow finds who waits for a window, and, where only that end is here, who keeps one closed.
func judgeZeroWindow(l *look, i int, o *options) *cause {
	s := l.socket(i)
	switch {
	case s.probesInVain():
		return nil // whether the peer reads is not known: it may have gone
	case s.timer == timerPersist && s.tx > 0 && s.sent != untold && s.sent >= inUse:
		return &peerReadsNot
	case s.timer == timerPersist && s.tx > 0:
		return &heldUp
	case s.state != tcpstate.Established && s.state != tcpstate.FinWait2, s.inode == 0, s.rx == 0, s.received == untold:
		return nil
	case !s.is(isClosed):
		return unreadLong(s)
	}
	if p := l.peer(i); p >= 0 {
		return nil // that one is judged
	}
	if s.received < inUse {
		return &heldUp
	}
	return &readsNot
}

// unreadLong is for data that the program might have read long ago.
func unreadLong(s *socket) *cause {
	if s.state != tcpstate.Established || s.received < inUse {
		return nil
	}
	return &unreadData
}
