package tcp

import (
	"testing"
	"time"

	"sockproof/lib/journal"
)

// waiting samples the TIME_WAIT of a1 again, after a while and with so many milliseconds
// left.
func waiting(a *altered, after time.Duration, left int64) {
	first := a.nth("TIME_WAIT of a1", 0, func(e *journal.Event) bool {
		return e.Socket == "a1" && e.Sample != nil && e.Sample.State == journal.TimeWait
	})
	again := *first.Sample
	again.TimerMS = left
	a.endsWith(a.state(journal.SockDiag, "b2", journal.Gone).N)
	last := a.Events[len(a.Events)-1]
	a.Events = append(a.Events, journal.Event{
		N: last.N + 1, Run: a.Run, T: first.T + after.Nanoseconds(), Host: "a", Socket: "a1", Kind: journal.KindSample, Sample: &again,
	})
}

func TestTimers(t *testing.T) {
	found(t, []lie{
		{"a TIME_WAIT of over a minute", fourWay, R6, "a1", func(a *altered) { a.sample("a1", journal.TimeWait).TimerMS = 60_001 }},
		{"a TIME_WAIT without its timer", fourWay, R6, "a1", func(a *altered) {
			s := a.sample("a1", journal.TimeWait)
			s.Timer, s.TimerMS = "off", 0
		}},
		{"a TIME_WAIT that began again without a segment", fourWay, R6, "a1", func(a *altered) { waiting(a, 2*time.Second, 60_000) }},
		{"a retransmission after over two minutes", fourWay, R6, "a1", func(a *altered) { a.sample("a1", journal.FinWait1).TimerMS = 120_001 }},
		{"a timer that is off and runs", fourWay, R6, "b2", func(a *altered) { a.sample("b2", journal.Established).TimerMS = 1 }},
	})
	silent(t, []truth{
		{"a TIME_WAIT that falls with time", fourWay, func(a *altered) { waiting(a, 2*time.Second, 58_004) }},
		{"a TIME_WAIT that a segment began again", "halfclose/time-wait", func(a *altered) { a.sample("b5", journal.TimeWait) }},
	})
}

// A socket offers no more than its buffer holds.
func TestWindowFitsTheBuffer(t *testing.T) {
	silent(t, []truth{
		{"a buffer that grows, and one that is made smaller", "zerowindow/buffer", func(*altered) {}},
		{"a small one", "zerowindow/silly", func(*altered) {}},
	})
	found(t, []lie{{"a wider window", "zerowindow/buffer", R6, "b4", func(a *altered) {
		b4 := a.call("b4", "getsockopt", 0).N
		for i := range a.Events {
			if e := &a.Events[i]; e.N < b4 && isSegment(e) && e.Packet.Src.Port() == 8080 && !e.Packet.Flags.Has(synFlag) {
				e.Packet.Win = 65_535
			}
		}
	}}})
}

// close() with SO_LINGER {1, n} waits until the FIN is acknowledged, or n seconds
// (socket(7)): of a1 to a3 it was, of a4 and a5 not; a6 got a signal.
func TestLinger(t *testing.T) {
	const lingerN, acknowledged, waited, signalled = "lingerreset/linger-n", "a1", "a4", "a6"
	early := func(socket string) func(a *altered) {
		return func(a *altered) { a.call(socket, "close", 0).Call.TookNS = time.Millisecond.Nanoseconds() }
	}
	heldUp := func(a *altered, signal journal.Signal) {
		a.without(func(e *journal.Event) bool { return e.Process != nil && e.Process.Event == "signalled" })
		c := a.call(signalled, "close", 0)
		a.put(c.N, journal.Event{
			T: c.T + c.Call.TookNS/2, Host: "a", Kind: journal.KindProcess,
			Process: &journal.Process{Event: journal.HeldUp, Signal: signal, ForNS: c.Call.TookNS / 4},
		})
	}
	found(t, []lie{
		{"close() returned early", lingerN, R6, waited, early(waited)},
		{"close() returned early, and no signal says why", lingerN, R6, signalled, func(a *altered) {
			a.without(func(e *journal.Event) bool { return e.Process != nil && e.Process.Event == "signalled" })
		}},
	})
	silent(t, []truth{
		{"the FIN was acknowledged", lingerN, func(a *altered) { a.call(acknowledged, "close", 0) }},
		{"the program was stopped and continued", lingerN, func(a *altered) { heldUp(a, "SIGCONT") }},
	})
}
