package main

import (
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// stuckAge is between which bounds it lies how long ago a socket's state began.
// The kernel does not keep that time, but others, before or after which it was.
type stuckAge struct{ atLeast, atMost diag.Since }

// stuckAgeOf concludes the age of a socket's state.
//
// A FIN is the last that its sender has to say: the peer's data came before its
// FIN, our data went before ours. And the peer's FIN acknowledges, as nearly
// every segment does, so its last acknowledgement came with it or later; so did
// that of our FIN. Where keepalive probes are answered, that may be just now:
// then only the upper bound is near.
func stuckAgeOf(s *diag.Socket, mptcp bool) (a stuckAge) {
	i := &s.Info
	acknowledged := i.LastAckRecv
	if i.Fallback {
		acknowledged = diag.Since{} // of MPTCP's own acknowledgements only
	}
	switch s.State {
	case tcpstate.CloseWait, tcpstate.Closing:
		return stuckAge{acknowledged, i.LastDataRecv}
	case tcpstate.LastAck:
		return stuckAge{atMost: i.LastDataRecv} // it began with a close of our own
	case tcpstate.FinWait2:
		return stuckAge{acknowledged, i.LastDataSent}
	case tcpstate.FinWait1:
		// Data that waits is sent again and again, after the FIN as before.
		if onlyFIN := s.TxQueue == 1; onlyFIN && !mptcp {
			return stuckAge{atMost: i.LastDataSent}
		}
	case tcpstate.TimeWait:
		if s.TimerMS <= stuckTimeWaitMS {
			return stuckAge{atLeast: diag.Since{MS: stuckTimeWaitMS - s.TimerMS, Told: true}} // it may have begun anew
		}
	}
	return a
}

// older is the age of the older of two sockets.
func (a stuckAge) older(b stuckAge) stuckAge {
	o := stuckAge{atLeast: diag.Since{MS: max(a.atLeast.MS, b.atLeast.MS), Told: a.atLeast.Told || b.atLeast.Told}}
	if a.atMost.Told && b.atMost.Told { // else one of them may have any age
		o.atMost = diag.Since{MS: max(a.atMost.MS, b.atMost.MS), Told: true}
	}
	return o
}
