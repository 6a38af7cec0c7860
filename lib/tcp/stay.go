package tcp

import (
	"time"

	"sockproof/lib/journal"
)

// Stay is a socket's stay in one state, as one witness saw it.
type Stay struct {
	State string
	In    *journal.Event // the change into it
	Out   *journal.Event // the change out of it; nil: not seen
	Next  string         // the state it changed to; "" if Out is nil
	Last  *journal.Event // the last event of the steps

	earliest int64 // when it may have begun: when the call or the segment before was recorded
}

// Seen says whether there was one at all.
func (s *Stay) Seen() bool { return s.In != nil }

// Ended says whether the witness saw the socket leave the state.
func (s *Stay) Ended() bool { return s.Out != nil }

// Lasted is how long the witness saw it, at least; to the end of the steps if it did not end.
func (s *Stay) Lasted() time.Duration { return s.until(s.In.T) }

// AtMost is how long it can have lasted: the witness may have looked late, after the socket
// had come to the state.
func (s *Stay) AtMost() time.Duration { return s.until(s.earliest) }

func (s *Stay) until(from int64) time.Duration {
	last := s.Last
	if s.Out != nil {
		last = s.Out
	}
	return time.Duration(last.T - from)
}

// Stays lists a socket's stays in a state, by one witness.
func (v *View) Stays(s *Socket, state string, by journal.Witness) []Stay {
	var all []Stay
	for _, e := range s.States(by) {
		if e.State.To == state {
			all = append(all, Stay{State: state, In: e, Last: v.lastStep(), earliest: v.before(s, e)})
		}
		if n := len(all); n > 0 && e.State.From == state && all[n-1].Out == nil && e != all[n-1].In {
			all[n-1].Out, all[n-1].Next = e, e.State.To
		}
	}
	return all
}

// lastStep is the last event of the steps.
func (v *View) lastStep() *journal.Event {
	i, ok := v.index(v.played)
	if !ok {
		i--
	}
	return &v.Journal.Events[i]
}

// before is when the socket's last call before an event began, or what arrived there last
// before it was recorded, whichever is later: its state changed no earlier.
func (v *View) before(s *Socket, e *journal.Event) int64 {
	var t int64
	for _, c := range s.CallsOf(0, e.N, "close", "shutdown", "connect") {
		t = max(t, c.T)
	}
	for _, x := range s.Arrived(0, e.N) {
		if x.T <= e.T {
			t = max(t, x.T)
		}
	}
	return min(t, e.T)
}
