package main

import (
	"testing"

	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

func since(ms uint32) diag.Since { return diag.Since{MS: ms, Told: true} }

func TestStuckAge(t *testing.T) {
	// Data of ours 300 ms ago, data of the peer's 200, its last acknowledgement 100.
	info := diag.Info{LastDataSent: since(300), LastDataRecv: since(200), LastAckRecv: since(100)}
	fellBack := info
	fellBack.Fallback = true
	for _, tt := range []struct {
		name  string
		s     diag.Socket
		mptcp bool
		want  stuckAge
	}{
		{"the peer's FIN came after its data", diag.Socket{State: tcpstate.CloseWait, Info: info}, false, stuckAge{since(100), since(200)}},
		{"so in CLOSING", diag.Socket{State: tcpstate.Closing, Info: info}, false, stuckAge{since(100), since(200)}},
		{"LAST_ACK began with our close", diag.Socket{State: tcpstate.LastAck, Info: info}, false, stuckAge{atMost: since(200)}},
		{"our FIN came after our data", diag.Socket{State: tcpstate.FinWait2, Info: info}, false, stuckAge{since(100), since(300)}},
		{"FIN_WAIT2 made small tells nothing", diag.Socket{State: tcpstate.FinWait2, Timer: scanTimerTimeWait, TimerMS: 59_000}, false, stuckAge{}},
		{"only the FIN waits", diag.Socket{State: tcpstate.FinWait1, TxQueue: 1, Info: info}, false, stuckAge{atMost: since(300)}},
		{"data waits, and is sent again", diag.Socket{State: tcpstate.FinWait1, TxQueue: 2, Info: info}, false, stuckAge{}},
		{"MPTCP's queue is memory", diag.Socket{State: tcpstate.FinWait1, TxQueue: 1, Info: info}, true, stuckAge{}},
		{"time-wait", diag.Socket{State: tcpstate.TimeWait, TimerMS: 59_000}, false, stuckAge{atLeast: since(1_000)}},
		{"time-wait longer than it may be", diag.Socket{State: tcpstate.TimeWait, TimerMS: 60_001}, false, stuckAge{}},
		{"MPTCP", diag.Socket{State: tcpstate.CloseWait, Info: info}, true, stuckAge{since(100), since(200)}},
		{"MPTCP that fell back", diag.Socket{State: tcpstate.CloseWait, Info: fellBack}, true, stuckAge{atMost: since(200)}},
		{"nothing told", diag.Socket{State: tcpstate.CloseWait}, false, stuckAge{}},
	} {
		if got := stuckAgeOf(&tt.s, tt.mptcp); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// The oldest of several is at least as old as the one that is surely oldest,
// and at most as old as the one that may be; any age, if one may have any.
func TestStuckOldest(t *testing.T) {
	none := stuckAge{}
	for _, tt := range []struct{ a, b, want stuckAge }{
		{stuckAge{since(1), since(9)}, stuckAge{since(3), since(5)}, stuckAge{since(3), since(9)}},
		{stuckAge{since(1), since(9)}, stuckAge{atLeast: since(3)}, stuckAge{atLeast: since(3)}},
		{stuckAge{since(1), since(9)}, stuckAge{atMost: since(3)}, stuckAge{since(1), since(9)}},
		{stuckAge{atMost: since(9)}, stuckAge{atMost: since(3)}, stuckAge{atMost: since(9)}},
		{stuckAge{since(1), since(9)}, none, stuckAge{atLeast: since(1)}},
		{none, none, none},
	} {
		if got := tt.a.older(tt.b); got != tt.want {
			t.Errorf("%+v and %+v: %+v, want %+v", tt.a, tt.b, got, tt.want)
		}
		if got := tt.b.older(tt.a); got != tt.want {
			t.Errorf("%+v and %+v: %+v, want %+v", tt.b, tt.a, got, tt.want)
		}
	}
}
