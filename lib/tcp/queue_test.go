package tcp

import (
	"testing"

	"sockproof/lib/journal"
)

// crossing: b3's last segment meets a full queue, and comes again when accept() has made
// room; b7's is answered with RST. b1 is the first listener.
const crossing = "backlog/crossing"

// listening is the i-th sample of a listener.
func (a *altered) listening(i int) *journal.Sample {
	return a.nth("sample of a listener", i, func(e *journal.Event) bool {
		return e.Sample != nil && e.Sample.State == journal.Listen
	}).Sample
}

func TestListenersQueue(t *testing.T) {
	found(t, []lie{
		{"one more waits", crossing, R1, "b1", func(a *altered) { a.listening(0).RxQueue++ }},
		{"one less waits", crossing, R1, "b1", func(a *altered) { a.listening(1).RxQueue-- }},
		{"another backlog", crossing, R1, "b1", func(a *altered) { a.listening(0).TxQueue++ }},
		{"an accept that is not told of", crossing, R1, "b1", func(a *altered) {
			a.removeCall("b1", "accept4", 0)
			a.listening(1).RxQueue--
		}},
		{"what met a full queue moved", crossing, R3, "b3", func(a *altered) {
			a.nth("SYN_RECV of b3", 0, func(e *journal.Event) bool {
				return e.Socket == "b3" && e.State != nil && e.State.To == journal.SynRecv
			}).State.To = journal.Established
		}},
	})
}

// What met a full queue is listed, and reached no end.
func TestOverflows(t *testing.T) {
	v := New(recorded(t, crossing).Journal)
	var ends, data int
	for _, o := range v.Overflows() {
		if o.Listener == nil || o.End == nil {
			t.Fatalf("event %d: %+v", o.N, o)
		}
		if o.End.Overflow == o.N {
			ends++
		}
		if o.Packet.Len > 0 {
			data++
		}
	}
	if ends != 2 || data != 1 {
		t.Errorf("%d ends, %d with data; want 2, 1", ends, data)
	}
	if o := New(recorded(t, fourWay).Journal).Overflows(); len(o) != 0 {
		t.Errorf("%d overflows where there was room", len(o))
	}
}
