package tcp

import (
	"testing"

	"sockproof/lib/journal"
)

// The states of a socket lead one to the next, follow its calls, and are seen on its host;
// its segments have flags that TCP sets.
func TestPath(t *testing.T) {
	found(t, []lie{
		{"a state that none leads to", fourWay, R5, "a1", func(a *altered) { a.state(journal.SockDiag, "a1", journal.FinWait2).State.To = journal.SynSent }},
		{"a connection that nobody called for", fourWay, R5, "a1", func(a *altered) {
			a.without(func(e *journal.Event) bool { return e.Call != nil && e.Socket == "a1" && e.Call.Op == "connect" })
		}},
		{"a listener that was not seen", fourWay, R5, "b1", func(a *altered) {
			a.without(func(e *journal.Event) bool { return e.Socket == "b1" && e.State != nil && e.State.To == journal.Listen })
		}},
		{"a socket that connects was not seen to", fourWay, R5, "a1", func(a *altered) { a.stays("a1", journal.SynSent) }},
		{"a connection in CLOSE by sock_diag", fourWay, R5, "b2", func(a *altered) { a.state(journal.SockDiag, "b2", journal.Gone).State.To = journal.Close }},
		{"a call on another host", fourWay, R5, "a1", func(a *altered) { a.call("a1", "close", 0).Host = "b" }},
		{"a state on another host", fourWay, R5, "a1", func(a *altered) { a.state(journal.SockDiag, "a1", journal.FinWait1).Host = "b" }},
		{"PSH without data", fourWay, R3, "a1", func(a *altered) {
			a.changeSegment("a", "ACK", func(p *journal.Packet) { p.Flags |= journal.PSH })
		}},
		{"a TIME_WAIT of three minutes", "halfclose/time-wait", R6, "b2", func(a *altered) {
			in := a.state(journal.SockDiag, "b2", journal.TimeWait)
			for i := range a.Events {
				if a.Events[i].N > in.N {
					a.Events[i].T += 180e9
				}
			}
		}},
	})
}
