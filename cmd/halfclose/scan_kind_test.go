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
		want  stuckKind
	}{
		{tcpstate.CloseWait, held, 0, stuckLeaked},
		{tcpstate.CloseWait, held, persist, stuckLeaked}, // the peer's window is not why it leaks
		{tcpstate.CloseWait, 0, 0, stuckNeverAccepted},
		{tcpstate.FinWait2, held, scanTimerKeepalive, stuckPeerOpen},
		{tcpstate.FinWait2, 0, scanTimerTimeWait, stuckPeerOpenOrphan},
		{tcpstate.FinWait2, 0, scanTimerKeepalive, stuckPeerOpenOrphan},
		{tcpstate.FinWait1, held, persist, stuckFinUnread},
		{tcpstate.FinWait1, 0, persist, stuckFinUnread},
		{tcpstate.FinWait1, held, scanTimerOn, stuckFinUnanswered},
		{tcpstate.FinWait1, 0, scanTimerOn, stuckFinUnanswered},
		{tcpstate.Closing, 0, persist, stuckClosingUnread},
		{tcpstate.Closing, 0, scanTimerOn, stuckClosing},
		{tcpstate.LastAck, held, persist, stuckLastAckUnread},
		{tcpstate.LastAck, held, scanTimerOn, stuckLastAck},
		{tcpstate.TimeWait, 0, scanTimerTimeWait, stuckTimeWait},
	} {
		s := diag.Socket{State: tt.state, Inode: tt.inode, Timer: tt.timer}
		got, stuck := stuckKindOf(&s)
		if !stuck || got != tt.want || stuckWords[got].state != s.StateName() {
			t.Errorf("%s, inode %d, timer %s: %s", s.StateName(), tt.inode, s.TimerName(), stuckWords[got].name)
		}
		if stuckStates&(1<<tt.state) == 0 {
			t.Errorf("%s is not looked for", s.StateName())
		}
	}
	for _, state := range []uint8{tcpstate.Established, tcpstate.Listen, tcpstate.SynSent, tcpstate.SynRecv, tcpstate.NewSynRecv, tcpstate.Close, 99} {
		if k, stuck := stuckKindOf(&diag.Socket{State: state}); stuck || state < 32 && stuckStates&(1<<state) != 0 {
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
