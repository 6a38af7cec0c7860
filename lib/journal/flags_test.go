package journal

import (
	"encoding/json"
	"testing"
)

func TestFlags(t *testing.T) {
	if got, want := Flags(0xff).String(), "FIN,SYN,RST,PSH,ACK,URG,ECE,CWR"; got != want {
		t.Errorf("every flag: %s, want %s", got, want)
	}
	f := SYN | ACK
	if !f.Has(SYN) || !f.Has(SYN|ACK) || f.Has(SYN|FIN) || !f.HasAny(SYN|FIN) || f.HasAny(RST|FIN) {
		t.Errorf("%v has SYN, has SYN and ACK, has not SYN and FIN", f)
	}
	if names := Flags(0).Names(); names == nil || len(names) != 0 {
		t.Errorf("no flag: %#v, want an empty list", names)
	}
}

// Flags that a later version wrote, or in another order, stay as they were, until they
// are changed.
func TestFlagsKept(t *testing.T) {
	for _, tt := range []struct{ names, changed string }{
		{`["SYN","ACK"]`, `["SYN","RST","ACK"]`},
		{`["ACK","SYN"]`, `["SYN","RST","ACK"]`},
		{`["AE","SYN"]`, `["SYN","RST"]`},
		{`["SYN","SYN"]`, `["SYN","RST"]`},
		{`[]`, `["RST"]`},
	} {
		const before, after = `{"n":1,"run":1,"t_ns":0,"kind":"packet","packet":{"src":"","dst":"","flags":`, `,"seq":0,"ack":0,"win":0,"len":0,"at":""}}`
		var e Event
		if err := json.Unmarshal([]byte(before+tt.names+after), &e); err != nil {
			t.Fatal(err)
		}
		if got, err := e.JSON(); err != nil || string(got) != before+tt.names+after {
			t.Errorf("%s: written %s, %v", tt.names, got, err)
		}
		e.Packet.Flags |= RST
		if got, err := e.JSON(); err != nil || string(got) != before+tt.changed+after {
			t.Errorf("%s and RST: written %s, %v", tt.names, got, err)
		}
	}
}
