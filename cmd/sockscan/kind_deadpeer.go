package main

import (
	"math/bits"

	"sockproof/lib/witness/tcpstate"
)

var deadPeer = kind{name: "dead-peer", judge: judgeDeadPeer, causes: []*cause{&synUnanswered, &unanswered, &probesUnanswered, &windowUnanswered, &cannotSend}}

var synUnanswered = cause{
	name: "syn-unanswered", head: "{n} of {who} not connected: {peer} answers no SYN",
	means: "the SYN is sent again and again: the peer's host, or the path to it, swallows it; a port that nobody listens on would be answered with RST",
	whose: []string{theNetwork, thePeer}, scenario: "handshake syn-lost",
	next: "see whether the address is right, its host up, and whether a firewall drops SYNs; the kernel gives up after tcp_syn_retries",
}

var unanswered = cause{
	name: "unanswered", head: "{n} of {who} without an answer: {peer} has acknowledged nothing for {silence}",
	means: "data is sent again and again: the peer's host, or the path to it, has gone without a word",
	whose: []string{theNetwork, thePeer}, scenario: "deadpeer writing",
	next: "see whether the peer's host answers; TCP_USER_TIMEOUT makes the program learn of it sooner",
}

var probesUnanswered = cause{
	name: "probes-unanswered", head: "{n} of {who} without an answer: {peer} answers no keepalive probe, nothing came for {silence}",
	means: "the peer's host, or the path to it, has gone without a word; the kernel resets the connection when TCP_KEEPCNT probes are unanswered",
	whose: []string{theNetwork, thePeer}, scenario: "deadpeer idle",
	next: "see whether the peer's host answers, and whether a firewall or NAT has forgotten the connection",
}

var windowUnanswered = cause{
	name: "window-unanswered", head: "{n} of {who} without an answer: {peer} had closed its window, and answers no probe of it, nothing came for {silence}",
	means: "the peer did not read for a while, and then its host, or the path to it, has gone without a word; the kernel gives up after as many probes as tcp_retries2",
	whose: []string{theNetwork, thePeer}, scenario: "deadpeer writing",
	next: "see whether the peer's host answers; TCP_USER_TIMEOUT makes the program learn of it sooner",
}

var cannotSend = cause{
	name: "cannot-send", head: "{n} of {who} held up: what it has to say to {peer} does not leave this machine, nothing came for {silence}",
	means: "the peer's window has room, and yet nothing is on its way: the kernel's own sending fails",
	whose: []string{theSettings}, scenario: "deadpeer writing",
	next: "look for what refuses it here: a filter of the output hook (nft list ruleset), a queueing discipline (tc -s qdisc), a route (ip route get), memory (ss -tm)",
}

// probesInVain says whether the peer has closed its window and answers no probe any more: the kernel counts those since the
// last answer.
func (s *socket) probesInVain() bool { return s.timer == timerPersist && s.retransmits >= retries }

// judgeDeadPeer finds connections whose peer does not answer any more.
func judgeDeadPeer(l *look, i int, _ *options) *cause {
	s := l.socket(i)
	switch {
	case s.state == tcpstate.SynSent:
		return &synUnanswered
	case s.probesInVain() && s.is(hasRoom):
		return &cannotSend
	case s.probesInVain():
		return &windowUnanswered
	case s.timer == timerKeepalive && s.retransmits >= retries && (s.state == tcpstate.Established || s.state == tcpstate.FinWait2):
		return &probesUnanswered
	case s.isRetrying() && (s.state == tcpstate.Established || s.state == tcpstate.CloseWait):
		return &unanswered
	}
	return nil
}

// rtoMin is the shortest retransmission timeout (TCP_RTO_MIN), by which the kernel reckons how
// long tcp_retries2 lasts, whatever the connection's own.
const rtoMin millis = 200

// lasts is how long the kernel sends again before it gives up by tcp_retries2: its timeouts double until
// they are rtoMax (retransmits_timed_out in net/ipv4/tcp_timer.c).
func lasts(retries2 int, rtoMax millis) millis {
	doublings := bits.Len32(uint32(rtoMax/rtoMin)) - 1
	if retries2 <= doublings {
		return (2<<retries2 - 1) * rtoMin
	}
	return (2<<doublings-1)*rtoMin + millis(retries2-doublings)*rtoMax
}

// givesUp is in what time the kernel gives a connection up by tcp_retries2, unless the program set
// TCP_USER_TIMEOUT: since the first retransmission it is at least the timeouts that have passed, and at most as long as
// nothing was acknowledged.
func (l *look) givesUp(s *socket) span {
	set := l.space(s).settings
	if !s.isRetrying() || s.rto == 0 || set.retries2 == 0 || s.acked == untold || s.isOrphan() {
		return span{}
	}
	whole := lasts(set.retries2, set.rtoMax)
	rto := millis(s.rto / 1000)
	var passed millis
	if first := rto >> s.backoff; rto > first { // the timeouts after the first retransmission that have run out
		passed = rto - 2*first
	}
	passed += rto - min(rto, s.timerLeft)
	longest := max(s.acked, passed)
	return span{atLeast: max(s.timerLeft, whole-min(whole, longest)), atMost: max(s.timerLeft, whole-min(whole, passed)+set.rtoMax)}
}
