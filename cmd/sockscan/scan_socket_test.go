package main

import (
	"testing"

	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// A FIN counts as a byte in the kernel's queues, and is none.
func TestStuckBytes(t *testing.T) {
	type want struct {
		unread, unacked, unsent uint32
		endRead                 bool
	}
	for _, tt := range []struct {
		name              string
		state             uint8
		inode             uint64
		rx, tx, neverSent uint32
		mptcp             bool
		want              want
	}{
		{"5 bytes and the end unread", tcpstate.CloseWait, 7, 6, 0, 0, false, want{unread: 5}},
		{"the end unread", tcpstate.CloseWait, 7, 1, 0, 0, false, want{}},
		{"read to the end", tcpstate.CloseWait, 7, 0, 0, 0, false, want{endRead: true}},
		{"its own data is not acknowledged", tcpstate.CloseWait, 7, 0, 9, 4, false, want{unacked: 9, unsent: 4, endRead: true}},
		{"never accepted", tcpstate.CloseWait, 0, 0, 0, 0, false, want{}},
		{"only the FIN waits", tcpstate.FinWait1, 0, 0, 1, 1, false, want{}},
		{"data and the FIN wait", tcpstate.FinWait1, 7, 3, 11, 6, false, want{unread: 3, unacked: 10, unsent: 5}},
		{"both FINs", tcpstate.Closing, 7, 4, 3, 1, false, want{unread: 3, unacked: 2}},
		{"both FINs, one after the other", tcpstate.LastAck, 7, 1, 2, 0, false, want{unacked: 1}},
		{"data after the own FIN", tcpstate.FinWait2, 7, 8, 0, 0, false, want{unread: 8}},
		{"time-wait", tcpstate.TimeWait, 0, 0, 0, 0, false, want{}},
		{"MPTCP's queues are memory", tcpstate.CloseWait, 7, 834, 100, 0, true, want{}},
	} {
		s := diag.Socket{State: tt.state, Inode: tt.inode, RxQueue: tt.rx, TxQueue: tt.tx, Info: diag.Info{NotSent: tt.neverSent}}
		got, stuck := stuckOf(&s, tt.mptcp)
		if g := (want{got.unread, got.unacked, got.unsent, got.endRead}); !stuck || g != tt.want || got.mptcp != tt.mptcp {
			t.Errorf("%s: %+v, want %+v", tt.name, g, tt.want)
		}
	}
}

func TestStuckOrphans(t *testing.T) {
	for _, tt := range []struct {
		state  uint8
		inode  uint64
		orphan bool
	}{
		{tcpstate.FinWait1, 0, true},
		{tcpstate.FinWait2, 0, true},
		{tcpstate.Closing, 0, true},
		{tcpstate.LastAck, 0, true},
		{tcpstate.FinWait1, 7, false},
		{tcpstate.LastAck, 7, false},
		{tcpstate.CloseWait, 0, false}, // it never had an owner
		{tcpstate.TimeWait, 0, false},  // as it should be
	} {
		if got, _ := stuckOf(&diag.Socket{State: tt.state, Inode: tt.inode}, false); got.orphan != tt.orphan || uint64(got.inode) != tt.inode {
			t.Errorf("%s, inode %d: %+v", tcpstate.Name(tt.state), tt.inode, got)
		}
	}
}

func TestStuckLeft(t *testing.T) {
	for _, tt := range []struct {
		name  string
		s     diag.Socket
		mptcp bool
		want  uint32
	}{
		{"time-wait", diag.Socket{State: tcpstate.TimeWait, Timer: scanTimerTimeWait, TimerMS: 59_000}, false, 59_000},
		{"FIN_WAIT2 made small", diag.Socket{State: tcpstate.FinWait2, Timer: scanTimerTimeWait, TimerMS: 58_000}, false, 58_000},
		{"FIN_WAIT2 that is yet to be made small", diag.Socket{State: tcpstate.FinWait2, Timer: scanTimerKeepalive, TimerMS: 5_000}, false, 0},
		{"a keepalive", diag.Socket{State: tcpstate.CloseWait, Inode: 7, Timer: scanTimerKeepalive, TimerMS: 5_000}, false, 0},
		{"a retransmission", diag.Socket{State: tcpstate.LastAck, Timer: scanTimerOn, TimerMS: 5_000}, false, 0},
		{"MPTCP, closed", diag.Socket{State: tcpstate.FinWait2, Timer: scanTimerKeepalive, TimerMS: 57_000}, true, 57_000},
		{"MPTCP, a keepalive", diag.Socket{State: tcpstate.FinWait2, Inode: 7, Timer: scanTimerKeepalive, TimerMS: 57_000}, true, 0},
	} {
		if got, _ := stuckOf(&tt.s, tt.mptcp); got.leftMS != tt.want {
			t.Errorf("%s: %d ms left, want %d", tt.name, got.leftMS, tt.want)
		}
	}
}
