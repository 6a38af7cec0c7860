package main

import "sockproof/lib/witness/tcpstate"

var finWait2 = kind{name: "fin-wait2", judge: judgeFinWait2, causes: []*cause{&peerUnread, &peerOpen, &finWaitInUse, &finWaitYoung}}

var peerUnread = cause{
	name: "unread", head: "{n} not read by {who}: FIN_WAIT2, it has shut down its side {age}, and {peer} has sent more",
	means: "the program has ended its direction, and does not read what the peer sent after that",
	whose: []string{thisProgram}, scenario: "halfclose late-data",
	next: "the program must read until 0, or close()",
}

var peerOpen = cause{
	name: "peer-open", head: "{n} half closed by {who} {age}: FIN_WAIT2, {peer} has not closed",
	means: "the program has ended its direction, and waits for the peer's FIN; tcp_fin_timeout does not end what has a descriptor",
	whose: []string{thePeer, thisProgram}, scenario: "halfclose half-open",
	next: "see why the peer does not close; a program that does not want its answer calls close(), not shutdown()",
}

var finWaitInUse = cause{
	name: "in-use", quiet: true,
	means: "half closed here, and data came in the last 5 s: a half-close in use, or one that began a moment ago",
}

var finWaitYoung = cause{name: "young", quiet: true, means: "closed here less than a second ago, or by both ends"}

// judgeFinWait2 finds who waits for a FIN with a descriptor. Where the other end is on this machine too,
// that one is judged, in CLOSE_WAIT.
func judgeFinWait2(l *look, i int, o *options) *cause {
	s := l.socket(i)
	if s.state != tcpstate.FinWait2 || s.inode == 0 || o.isRelayed(i) {
		return nil
	}
	if o.judgesOtherEnd(l, i) {
		return nil
	}
	switch {
	case l.age(s).isYoung(), l.hasClosedToo(i):
		return &finWaitYoung
	case s.received < inUse:
		return &finWaitInUse
	case !s.is(isMPTCP) && s.rx > 0:
		return &peerUnread
	}
	return &peerOpen
}

// judgesOtherEnd says whether the other end is on this machine, and judged: in CLOSE_WAIT, or closed too with its FIN
// unanswered.
func (o *options) judgesOtherEnd(l *look, i int) bool {
	p := l.peer(i)
	if p < 0 || !o.wants(l, p) {
		return false
	}
	other := l.socket(p)
	return other.state == tcpstate.CloseWait && o.hasKind(&closeWait) || other.state == tcpstate.LastAck && other.isRetrying() && o.hasKind(&closing)
}

// hasClosedToo says whether the other end is on this machine, and its FIN on its way.
func (l *look) hasClosedToo(i int) bool {
	p := l.peer(i)
	return p >= 0 && l.socket(p).state == tcpstate.LastAck
}

var orphan = kind{name: "orphan", judge: judgeOrphan, causes: []*cause{&orphaned, &finWaitYoung}}

var orphaned = cause{
	name: "orphan", head: "{n} closed here {age}, and not by the peer: FIN_WAIT2 without a program, {peer}",
	means: "the peer's FIN is missing; the kernel ends them after tcp_fin_timeout",
	whose: []string{thePeer, theNetwork}, scenario: "halfclose orphan",
	next: "they end by themselves; where there are many, see why the peer does not close",
}

// judgeOrphan finds what waits for a FIN without a descriptor.
func judgeOrphan(l *look, i int, o *options) *cause {
	s := l.socket(i)
	if s.state != tcpstate.FinWait2 || s.inode != 0 {
		return nil
	}
	if o.judgesOtherEnd(l, i) {
		return nil
	}
	if l.age(s).isYoung() || l.hasClosedToo(i) {
		return &finWaitYoung
	}
	return &orphaned
}
