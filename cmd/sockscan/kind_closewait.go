package main

import "sockproof/lib/witness/tcpstate"

var closeWait = kind{
	name: "close-wait", judge: judgeCloseWait,
	causes: []*cause{&leaked, &leakedUnread, &awaited, &relayed, &maybeRelay, &neverAccepted, &closeWaitInUse, &closeWaitYoung},
}

var leaked = cause{
	name: "leaked", head: "{n} leaked by {who}: CLOSE_WAIT, {peer} closed {age}",
	means: "the peer has sent its FIN, the program has read it, and has not closed: each keeps a descriptor for as long as the program runs",
	whose: []string{thisProgram}, scenario: "halfclose leak",
	next: "find the path in the program that does not close after recv() returned 0 or an error; restarting it frees them",
}

var leakedUnread = cause{
	name: "fin-unread", head: "{n} forgotten by {who}: CLOSE_WAIT, the FIN unread, {peer} closed {age}",
	means: "the peer has sent its FIN, and the program does not read: it does not know yet that the peer has closed",
	whose: []string{thisProgram, theBackend}, scenario: "halfclose leak",
	next: "see what the program does instead of reading (a pool's idle connection, a blocked thread, a proxy that waits for its backend's answer): strace -p, or its stacks",
}

var awaited = cause{
	name: "awaited", head: "{n} half open in {who}: CLOSE_WAIT, {peer} has shut down its side {age}, and holds the other for an answer",
	means: "the peer has ended its direction and still has its descriptor: the program works at the answer, or has forgotten the connection",
	whose: []string{thisProgram, thePeer}, scenario: "halfclose half-open",
	next: "see what the program does (strace -p, its stacks); if it has nothing left to say, find the path that does not close after recv() returned 0",
}

var relayed = cause{
	name: "relay-waits", head: "{n} kept open by {who} for its backend: CLOSE_WAIT, {peer} closed {age}; the FIN was passed on to {waits}, which does not close",
	means: "the program is a relay: it has passed its client's FIN on, one FIN_WAIT2 for each CLOSE_WAIT, and waits until the other side closes too",
	whose: []string{theBackend}, scenario: "halfclose half-open",
	next: "look at the program that it waits for; a half-close timeout in the relay bounds the damage",
}

var maybeRelay = cause{
	name: "maybe-relay", head: "{n} open in {who}: CLOSE_WAIT, {peer} closed {age}; as many of its connections are in FIN_WAIT2: it may be a relay that waits, or leak them",
	means: "the program has as many connections in FIN_WAIT2 as here in CLOSE_WAIT, but their ages do not show which belongs to which",
	whose: []string{thisProgram, theBackend}, scenario: "halfclose half-open",
	next: "look at both ends of its connections with --sockets --program NAME",
}

var neverAccepted = cause{
	name: "never-accepted", head: "{n} never accepted by {who}: CLOSE_WAIT, {peer} closed {age}",
	means: "the peer has given up before the program called accept()",
	whose: []string{thisProgram, theLoad},
	next:  "see why the program does not accept: a blocked main loop, descriptors used up (EMFILE), too few workers",
}

var closeWaitInUse = cause{
	name: "in-use", quiet: true,
	means: "half closed by the peer, and data flows to it: a half-close in use, or a leak that began a moment ago",
}

var closeWaitYoung = cause{name: "young", quiet: true, means: "closed by the peer less than a second ago"}

// inUse is for how long the program may have sent nothing, for a half-closed connection to be
// in use.
const inUse millis = 5000

// judgeCloseWait tells leaks from relays that wait and half-closes that are in use.
func judgeCloseWait(l *look, i int, o *options) *cause {
	s := l.socket(i)
	if s.state != tcpstate.CloseWait {
		return nil
	}
	waits := !s.is(isMPTCP) && s.tx > 0
	switch {
	case s.inode == 0:
		return l.judgeNeverAccepted(s)
	case waits && (s.timer == timerPersist || s.isRetrying()):
		return nil // the peer does not read, or does not answer
	case !l.peerReads(i):
	case waits, s.is(hasSent) && s.sent < inUse:
		return &closeWaitInUse
	}
	switch {
	case l.age(s).isYoung():
		return &closeWaitYoung
	case o.relays[i] != nil:
		return &relayed
	case o.mayRelay[s.owner]:
		return &maybeRelay
	case l.peerWaits(i):
		return &awaited
	case !s.is(isMPTCP) && s.rx > 0:
		return &leakedUnread
	}
	return &leaked
}

// judgeNeverAccepted leaves those in a full queue to the finding about the queue.
func (l *look) judgeNeverAccepted(s *socket) *cause {
	if v := l.acceptor(s); v != nil && v.isFull() {
		return nil
	}
	if l.age(s).isYoung() {
		return &closeWaitYoung
	}
	return &neverAccepted
}

// peerWaits says whether another program on this machine still holds the other end.
func (l *look) peerWaits(i int) bool {
	p := l.peer(i)
	if p < 0 {
		return false
	}
	other := l.socket(p)
	itself := other.owner != 0 && other.owner == l.socket(i).owner
	return other.state == tcpstate.FinWait2 && other.inode != 0 && !itself
}

// peerReads says whether the other end may still read: where it is on this machine and no program holds
// it any more, it does not.
func (l *look) peerReads(i int) bool {
	p := l.peer(i)
	if p < 0 {
		return true
	}
	other := l.socket(p)
	return other.inode != 0
}
