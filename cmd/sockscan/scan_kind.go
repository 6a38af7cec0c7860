package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// stuckKind is a way to be stuck: a state, and what in it tells one cause from
// another. They are in the order in which they are shown, what needs a repair
// first.
type stuckKind uint8

const (
	stuckLeaked         stuckKind = iota // CLOSE_WAIT with a descriptor, nothing on its way to the peer
	stuckAnswerUnread                    // CLOSE_WAIT with a descriptor and something to send, the peer's window closed
	stuckAnswering                       // CLOSE_WAIT with a descriptor and something on its way
	stuckNeverAccepted                   // CLOSE_WAIT without
	stuckPeerUnread                      // FIN_WAIT2 with a descriptor, and data unread
	stuckPeerOpen                        // FIN_WAIT2 with a descriptor
	stuckPeerOpenOrphan                  // FIN_WAIT2 without
	stuckFinUnread                       // FIN_WAIT1, the peer's window closed
	stuckFinUnanswered                   // FIN_WAIT1 otherwise
	stuckClosingUnread                   // CLOSING, the peer's window closed
	stuckClosing                         // CLOSING otherwise
	stuckLastAckUnread                   // LAST_ACK, the peer's window closed
	stuckLastAck                         // LAST_ACK otherwise
	stuckTimeWait                        // TIME_WAIT, which is as it should be
	stuckKinds          = int(stuckTimeWait) + 1
)

// Whose bug a kind is.
const (
	whoseProgram = "this program"
	whosePeer    = "the peer"
	whoseNetwork = "the peer or the network"
	whoseNobody  = "nobody"
)

// stuckWords say what each kind means.
var stuckWords = [stuckKinds]struct{ state, name, meaning, whose string }{
	stuckLeaked:         {journal.CloseWait, "leaked", "the peer has sent its end, this program has not closed: it leaks them, if they stay", whoseProgram},
	stuckAnswerUnread:   {journal.CloseWait, "answer-unread", "the peer has sent its end, and does not read what this program still sends", whosePeer},
	stuckAnswering:      {journal.CloseWait, "answering", "the peer has sent its end, and does not acknowledge what this program still sends", whoseNetwork},
	stuckNeverAccepted:  {journal.CloseWait, "never-accepted", "the peer has sent its end; never accepted: the program does not call accept", whoseProgram},
	stuckPeerUnread:     {journal.FinWait2, "peer-unread", "this program has ended its direction, and does not read what the peer sent", whoseProgram},
	stuckPeerOpen:       {journal.FinWait2, "peer-open", "this program has ended its direction, the peer has not; tcp_fin_timeout does not end them", whosePeer},
	stuckPeerOpenOrphan: {journal.FinWait2, "peer-open-orphan", "closed here, the peer has not closed; the kernel forgets them by itself", whosePeer},
	stuckFinUnread:      {journal.FinWait1, "fin-unread", "the peer does not read, so what is left, and the FIN, cannot be sent", whosePeer},
	stuckFinUnanswered:  {journal.FinWait1, "fin-unanswered", "the peer does not acknowledge the FIN; the kernel gives up in the end", whoseNetwork},
	stuckClosingUnread:  {journal.Closing, "closing-unread", "both ends closed at once, but the peer does not read what is left", whosePeer},
	stuckClosing:        {journal.Closing, "closing", "both ends closed at once, the peer's ACK is missing; the kernel gives up in the end", whoseNetwork},
	stuckLastAckUnread:  {journal.LastAck, "last-ack-unread", "both ends have closed, but the peer does not read what is left", whosePeer},
	stuckLastAck:        {journal.LastAck, "last-ack", "both ends have closed, the peer's last ACK is missing; the kernel gives up in the end", whoseNetwork},
	stuckTimeWait:       {journal.TimeWait, "time-wait", "closed in good order: normal, and ends by itself", whoseNobody},
}

// stuckStates are the states that are looked for.
const stuckStates = 1<<tcpstate.CloseWait | 1<<tcpstate.FinWait1 | 1<<tcpstate.FinWait2 | 1<<tcpstate.Closing |
	1<<tcpstate.LastAck | 1<<tcpstate.TimeWait

// stuckTimerPersist is sock_diag's number of the timer that probes a closed window.
const stuckTimerPersist = 4

// stuckKindOf finds a socket's kind; none if it is not stuck. The queues of an
// MPTCP socket are the memory that they take, and tell nothing.
func stuckKindOf(s *diag.Socket, mptcp bool) (k stuckKind, stuck bool) {
	held, unread := s.Inode != 0, s.Timer == stuckTimerPersist
	counts := held && !mptcp
	either := func(is bool, a, b stuckKind) (stuckKind, bool) {
		if is {
			return a, true
		}
		return b, true
	}
	switch s.State {
	case tcpstate.CloseWait:
		if counts && s.TxQueue > 0 {
			return either(unread, stuckAnswerUnread, stuckAnswering)
		}
		return either(held, stuckLeaked, stuckNeverAccepted)
	case tcpstate.FinWait2:
		if counts && s.RxQueue > 0 {
			return stuckPeerUnread, true
		}
		return either(held, stuckPeerOpen, stuckPeerOpenOrphan)
	case tcpstate.FinWait1:
		return either(unread, stuckFinUnread, stuckFinUnanswered)
	case tcpstate.Closing:
		return either(unread, stuckClosingUnread, stuckClosing)
	case tcpstate.LastAck:
		return either(unread, stuckLastAckUnread, stuckLastAck)
	case tcpstate.TimeWait:
		return stuckTimeWait, true
	}
	return 0, false
}
