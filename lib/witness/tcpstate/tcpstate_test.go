package tcpstate_test

import (
	"testing"

	"sockproof/lib/witness/tcpstate"
)

func TestName(t *testing.T) {
	// In the order of the kernel's enum, from 0.
	names := []string{
		"state 0", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
		"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "SYN_RECV", "state 13",
	}
	for n, want := range names {
		if got := tcpstate.Name(uint8(n)); got != want {
			t.Errorf("Name(%d) = %s, want %s", n, got, want)
		}
	}
	if got := tcpstate.Name(99); got != "state 99" {
		t.Errorf("Name(99) = %s", got)
	}
}
