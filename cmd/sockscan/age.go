package main

import "sockproof/lib/witness/tcpstate"

// age is between which bounds it lies how long ago a socket's state began. The kernel does not
// keep that time, but others, before or after which it was.
type age struct{ atLeast, atMost millis }

// timeWaitMS is how long TIME_WAIT lasts (TCP_TIMEWAIT_LEN in include/net/tcp.h).
const timeWaitMS = 60_000

// age concludes the age of a socket's state.
//
// A FIN is the last that its sender has to say: the peer's data came before its FIN, our data
// went before ours. And the peer's FIN acknowledges, as nearly every segment does, so its last
// acknowledgement came with it or later; so did that of our FIN. Where keepalive probes
// are answered, that may be just now: then only the upper bound is near.
func (s *socket) age(finTimeout millis) age {
	a := s.ageTold(finTimeout)
	if s.is(isLasting) && a.atLeast != untold {
		a.atLeast = max(a.atLeast, young)
	}
	return a
}

// ageTold is what one look tells of it.
func (s *socket) ageTold(finTimeout millis) age {
	switch s.state {
	case tcpstate.CloseWait, tcpstate.Closing:
		return age{s.acked, s.received}
	case tcpstate.LastAck:
		return age{untold, s.received} // it began with a close of our own
	case tcpstate.FinWait2:
		if s.timer == timerTimeWait && s.timerLeft <= finTimeout { // it has become small: it tells nothing else
			return age{finTimeout - s.timerLeft, untold}
		}
		return age{s.acked, s.sent}
	case tcpstate.FinWait1:
		// Data that waits is sent again and again, after the FIN as before.
		if onlyFIN := s.tx == 1; onlyFIN && !s.is(isMPTCP) {
			return age{untold, s.sent}
		}
	case tcpstate.TimeWait:
		if s.timerLeft <= timeWaitMS {
			return age{timeWaitMS - s.timerLeft, untold} // it may have begun anew
		}
	}
	return age{untold, untold}
}

// older is the age of the older of two sockets.
func (a age) older(b age) age {
	o := age{untold, untold}
	switch {
	case a.atLeast == untold:
		o.atLeast = b.atLeast
	case b.atLeast == untold:
		o.atLeast = a.atLeast
	default:
		o.atLeast = max(a.atLeast, b.atLeast)
	}
	if a.atMost != untold && b.atMost != untold { // else one of them may have any age
		o.atMost = max(a.atMost, b.atMost)
	}
	return o
}

// young is what changed a moment ago: every connection that ends passes through these states.
const young millis = 1000

// isYoung says whether the state may be about to end as it should.
func (a age) isYoung() bool {
	if a.atLeast != untold {
		return a.atLeast < young
	}
	return a.atMost != untold && a.atMost < young
}

// isDoubtful says whether the state may be young, and old as well: an acknowledgement that came a moment ago
// is that of a FIN, or of a keepalive probe.
func (a age) isDoubtful() bool { return a.isYoung() && a.atMost != untold && a.atMost >= young }

// isNarrow says whether the bounds are near each other.
func (a age) isNarrow() bool { return a.atMost-a.atLeast < 2*young }

// overlaps says whether two states may have begun at the same time.
func (a age) overlaps(b age) bool {
	return a.atMost != untold && b.atMost != untold && a.atLeast != untold && b.atLeast != untold &&
		a.atLeast <= b.atMost && b.atLeast <= a.atMost
}
