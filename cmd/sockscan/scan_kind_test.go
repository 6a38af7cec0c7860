package main

import (
	"testing"

	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// Linux's numbers of sock_diag's timers.
const (
	scanTimerOn        = 1
	scanTimerKeepalive = 2
	scanTimerTimeWait  = 3
)

func TestStuckKinds(t *testing.T) {
	const held, persist = 7, stuckTimerPersist
	for _, tt := range []struct {
		state uint8
		inode uint64
		timer uint8
		queue uint32 // of what is to be read, and of what is to be sent
		mptcp bool
		want  stuckKind
	}{
		{tcpstate.CloseWait, held, 0, 0, false, stuckLeaked},
		{tcpstate.CloseWait, held, persist, 0, false, stuckLeaked}, // the peer's window is not why it leaks
		{tcpstate.CloseWait, held, persist, 9, false, stuckAnswerUnread},
		{tcpstate.CloseWait, held, scanTimerOn, 9, false, stuckAnswering},
		{tcpstate.CloseWait, held, scanTimerOn, 9, true, stuckLeaked},
		{tcpstate.CloseWait, 0, 0, 9, false, stuckNeverAccepted},
		{tcpstate.FinWait2, held, 0, 9, false, stuckPeerUnread},
		{tcpstate.FinWait2, held, 0, 9, true, stuckPeerOpen},
		{tcpstate.FinWait2, 0, scanTimerTimeWait, 9, false, stuckPeerOpenOrphan},
		{tcpstate.CloseWait, 0, 0, 0, false, stuckNeverAccepted},
		{tcpstate.FinWait2, held, scanTimerKeepalive, 0, false, stuckPeerOpen},
		{tcpstate.FinWait2, 0, scanTimerTimeWait, 0, false, stuckPeerOpenOrphan},
		{tcpstate.FinWait2, 0, scanTimerKeepalive, 0, false, stuckPeerOpenOrphan},
		{tcpstate.FinWait1, held, persist, 0, false, stuckFinUnread},
		{tcpstate.FinWait1, 0, persist, 0, false, stuckFinUnread},
		{tcpstate.FinWait1, held, scanTimerOn, 0, false, stuckFinUnanswered},
		{tcpstate.FinWait1, 0, scanTimerOn, 0, false, stuckFinUnanswered},
		{tcpstate.Closing, 0, persist, 0, false, stuckClosingUnread},
		{tcpstate.Closing, 0, scanTimerOn, 0, false, stuckClosing},
		{tcpstate.LastAck, held, persist, 0, false, stuckLastAckUnread},
		{tcpstate.LastAck, held, scanTimerOn, 0, false, stuckLastAck},
		{tcpstate.TimeWait, 0, scanTimerTimeWait, 0, false, stuckTimeWait},
	} {
		s := diag.Socket{State: tt.state, Inode: tt.inode, Timer: tt.timer, RxQueue: tt.queue, TxQueue: tt.queue}
		got, stuck := stuckKindOf(&s, tt.mptcp)
		if !stuck || got != tt.want || stuckWords[got].state != s.StateName() {
			t.Errorf("%s, inode %d, timer %s: %s", s.StateName(), tt.inode, s.TimerName(), stuckWords[got].name)
		}
		if stuckStates&(1<<tt.state) == 0 {
			t.Errorf("%s is not looked for", s.StateName())
		}
	}
	for _, state := range []uint8{tcpstate.Established, tcpstate.Listen, tcpstate.SynSent, tcpstate.SynRecv, tcpstate.NewSynRecv, tcpstate.Close, 99} {
		if k, stuck := stuckKindOf(&diag.Socket{State: state}, false); stuck || state < 32 && stuckStates&(1<<state) != 0 {
			t.Errorf("%s is %s", tcpstate.Name(state), stuckWords[k].name)
		}
	}
}

// Every kind has words of its own.
func TestStuckWords(t *testing.T) {
	names, meanings := map[string]bool{}, map[string]bool{}
	for k, w := range stuckWords {
		if w.state == "" || w.name == "" || w.meaning == "" || w.whose == "" || names[w.name] || meanings[w.meaning] {
			t.Errorf("kind %d: %+v", k, w)
		}
		names[w.name], meanings[w.meaning] = true, true
	}
}
