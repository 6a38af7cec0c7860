package tcp

import (
	"testing"
	"time"

	"sockproof/lib/journal"
)

// isGivenUp ends a journal after an event, and lets the kernel have ended a socket some time later.
func (a *altered) isGivenUp(socket string, n int, later time.Duration) {
	from := ""
	for i := range a.Events {
		if e := &a.Events[i]; e.N <= n && e.Socket == socket && e.State != nil && e.State.Witness == journal.SockDiag {
			from = e.State.To
		}
	}
	a.endsWith(n)
	a.later(later)
	last := a.Events[len(a.Events)-1]
	a.put(last.N, journal.Event{T: last.T, Host: socket[:1], Socket: socket, Kind: journal.KindState, State: &journal.State{
		From: from, To: journal.Gone, Witness: journal.SockDiag,
	}})
}

// What is not answered is given up, after probes of a closed window as after segments, and with a low
// tcp_retries2 before anything was sent again. In unsent the peer of a4 closes its window, and answers a probe.
func TestUnansweredIsGivenUp(t *testing.T) {
	const unsent, lingerN, closedWindow, answered = "halfclose/unsent", "lingerreset/linger-n", 228, 232
	givenUp := func(n int, later time.Duration) func(a *altered) {
		return func(a *altered) { a.isGivenUp("a4", n, later) }
	}
	silent(t, []truth{
		{"before a probe was sent", unsent, givenUp(closedWindow, 250*time.Millisecond)},
		{"after a probe", unsent, givenUp(answered, 450*time.Millisecond)},
		{"while close() waited", lingerN, func(a *altered) {
			const took = 250 * time.Millisecond
			c := a.call("a4", "close", 0)
			c.Call.TookNS = took.Nanoseconds()
			a.isGivenUp("a4", c.N, took)
		}},
	})
	found(t, []lie{{"at once", unsent, R3, "a4", givenUp(closedWindow, time.Millisecond)}})
}

// A FIN that was on pushed data comes again alone, with PSH. No other segment has PSH and no data.
func TestPushedFin(t *testing.T) {
	pushed := func(flags string) func(a *altered) {
		return func(a *altered) {
			a.changeSegment("a", flags, func(p *journal.Packet) { p.Flags |= journal.PSH })
		}
	}
	silent(t, []truth{{"a FIN", fourWay, pushed("FIN,ACK")}})
	found(t, []lie{{"an ACK", fourWay, R3, "a1", pushed("ACK")}})
}

// Windows are scaled only if both SYNs offer it (RFC 7323 §2.2), and a small MSS makes the kernel count what was
// captured as one segment as many.
func TestSynOptions(t *testing.T) {
	a := recorded(t, "halfclose/three-way-loopback")
	v := New(a.Journal)
	if e := v.Socket("a1").End; e.scale == 0 || e.peerScale == 0 || v.several != leastSeveral {
		t.Errorf("scales %d and %d, several %d", e.scale, e.peerScale, v.several)
	}
	for i := range a.Events {
		if e := &a.Events[i]; isSegment(e) && e.Packet.Flags.Has(synFlag) {
			e.Packet.Options = journal.TCPOptions{"mss 256"}
			if !e.Packet.Flags.Has(journal.ACK) {
				e.Packet.Options = journal.TCPOptions{"mss 256", "wscale 10"}
			}
		}
	}
	v = New(a.Journal)
	for _, socket := range []string{"a1", "b2"} {
		if e := v.Socket(socket).End; e.scale != 0 || e.peerScale != 0 {
			t.Errorf("the windows of %s are scaled by %d and %d", socket, e.scale, e.peerScale)
		}
	}
	if v.several != leastMSS-mostOptions {
		t.Errorf("segments stand for several from %d bytes on", v.several)
	}
}
