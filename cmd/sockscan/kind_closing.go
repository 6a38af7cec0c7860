package main

import "sockproof/lib/witness/tcpstate"

var closing = kind{name: "closing", judge: judgeClosing, causes: []*cause{&finUnanswered, &lastAckUnanswered, &closingUnanswered}}

var finUnanswered = cause{
	name: "fin-unanswered", head: "{n} of {who} closed without an answer: FIN_WAIT1, {peer} does not acknowledge the FIN",
	means: "the FIN, or data before it, is sent again and again; the kernel gives up in the end",
	whose: []string{theNetwork, thePeer}, scenario: "halfclose held-fin",
	next: "see whether the peer's host is up, and whether a firewall or NAT has forgotten the connection",
}

var lastAckUnanswered = cause{
	name: "last-ack", head: "{n} of {who} closed by both ends: LAST_ACK, the last ACK of {peer} is missing",
	means: "the FIN, or data before it, is sent again and again; the kernel gives up in the end",
	whose: []string{theNetwork, thePeer}, scenario: "halfclose held-fin",
	next: "see whether the peer's host is up, and whether a firewall or NAT has forgotten the connection",
}

var closingUnanswered = cause{
	name: "closing", head: "{n} of {who} closed by both ends at once: CLOSING, the ACK of {peer} is missing",
	means: "the FIN is sent again and again; the kernel gives up in the end",
	whose: []string{theNetwork, thePeer}, scenario: "simopen close-cross",
	next: "see whether the peer's host is up, and whether a firewall or NAT has forgotten the connection",
}

// retries is how often something was sent again before that is more than a loss.
const retries = 2

// isRetrying says whether retransmissions are under way.
func (s *socket) isRetrying() bool { return s.timer == timerRetransmit && s.retransmits >= retries }

// judgeClosing finds whose ACK of a FIN is missing.
func judgeClosing(l *look, i int, _ *options) *cause {
	s := l.socket(i)
	if !s.isRetrying() {
		return nil
	}
	switch s.state {
	case tcpstate.FinWait1:
		return &finUnanswered
	case tcpstate.LastAck:
		return &lastAckUnanswered
	case tcpstate.Closing:
		return &closingUnanswered
	}
	return nil
}
