package main

import (
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// stuckSocket is what a scan takes from a socket. Many are kept at once, until
// their owners are known, so it is small.
type stuckSocket struct {
	kind    stuckKind
	mptcp   bool
	endRead bool // the program has read all there was, and the end: it knows
	orphan  bool // closed by its program: it has no owner any more
	inode   uint32
	age     stuckAge
	leftMS  uint32 // until the kernel forgets it; 0: not told
	unread  uint32 // bytes that the program has not read; MPTCP does not tell
	unacked uint32 // bytes that the peer has not acknowledged; MPTCP does not tell
	unsent  uint32 // those of them that were never sent
}

// stuckTimeWaitMS is how long TIME_WAIT lasts (TCP_TIMEWAIT_LEN in include/net/tcp.h).
const stuckTimeWaitMS = 60_000

// stuckOf takes what is needed from a socket; none if it is not stuck.
func stuckOf(s *diag.Socket, mptcp bool) (t stuckSocket, stuck bool) {
	k, stuck := stuckKindOf(s, mptcp)
	if !stuck {
		return t, false
	}
	t = stuckSocket{kind: k, mptcp: mptcp, inode: uint32(s.Inode), age: stuckAgeOf(s, mptcp), leftMS: stuckLeftOf(s, mptcp)}
	t.orphan = s.Inode == 0 && k != stuckNeverAccepted && k != stuckTimeWait
	if !mptcp {
		t.endRead = s.State == tcpstate.CloseWait && s.Inode != 0 && s.RxQueue == 0
		t.unread = stuckWithoutFIN(s.RxQueue, stuckPeerFinished(s.State))
		t.unacked = stuckWithoutFIN(s.TxQueue, stuckFINWaits(s.State))
		t.unsent = stuckWithoutFIN(s.Info.NotSent, stuckFINWaits(s.State))
	}
	return t, true
}

// stuckWithoutFIN is a queue's length without the FIN at its end, which counts
// as a byte.
func stuckWithoutFIN(bytes uint32, fin bool) uint32 {
	if fin && bytes > 0 {
		return bytes - 1
	}
	return bytes
}

// stuckPeerFinished says whether the peer's FIN has come: the last in the queue
// of what is unread.
func stuckPeerFinished(state uint8) bool {
	return state == tcpstate.CloseWait || state == tcpstate.LastAck || state == tcpstate.Closing
}

// stuckFINWaits says whether the own FIN is not acknowledged: the last in that queue.
func stuckFINWaits(state uint8) bool {
	return state == tcpstate.FinWait1 || state == tcpstate.LastAck || state == tcpstate.Closing
}

// stuckLeftOf is how long the kernel keeps what nobody owns any more: TIME_WAIT,
// and FIN_WAIT2 once it has become as small. MPTCP has another timer for it.
func stuckLeftOf(s *diag.Socket, mptcp bool) uint32 {
	switch timer := s.TimerName(); {
	case timer == "timewait", mptcp && s.Inode == 0 && timer == "keepalive":
		return s.TimerMS
	}
	return 0
}
