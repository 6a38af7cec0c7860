package journal

import "testing"

func TestTCPOptions(t *testing.T) {
	for _, tt := range []struct {
		options     TCPOptions
		value, echo uint32
		stamped     bool
		shift       uint8
		scaled      bool
	}{
		{TCPOptions{"mss 1460", "sackOK", "TS val 4294967295 ecr 5", "wscale 10"}, 1<<32 - 1, 5, true, 10, true},
		{TCPOptions{"wscale 15"}, 0, 0, false, 14, true},
		{TCPOptions{"TS val 1 ecr 2", "TS val 3 ecr 4"}, 3, 4, true, 0, false},
		{TCPOptions{"TS val 1", "TSO val 3 ecr 4", "wscale", "wscales 3"}, 0, 0, false, 0, false},
		{nil, 0, 0, false, 0, false},
	} {
		value, echo, stamped := tt.options.Timestamps()
		shift, scaled := tt.options.WindowScale()
		if value != tt.value || echo != tt.echo || stamped != tt.stamped || shift != tt.shift || scaled != tt.scaled {
			t.Errorf("%q: timestamps %d %d %v, scale %d %v", tt.options, value, echo, stamped, shift, scaled)
		}
	}
	for _, bad := range []string{"TS val x ecr 1", "TS val 4294967296 ecr 1"} {
		if _, _, ok := (TCPOptions{bad}).Timestamps(); ok {
			t.Errorf("%q is taken for timestamps", bad)
		}
	}
	if _, ok := (TCPOptions{"wscale 256"}).WindowScale(); ok {
		t.Error("a scale beyond a byte is taken for one")
	}
}
