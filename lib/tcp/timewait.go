package tcp

import (
	"slices"
	"time"

	"sockproof/lib/journal"
)

// Waiting is a socket that was ended first and came to TIME_WAIT, as sock_diag saw it.
type Waiting struct {
	Ending
	In      *journal.Event   // it entered the state
	Samples []*journal.Event // readings of its timer
	Steady  []*journal.Event // those before any segment arrived that may have set it anew
}

// Waits lists those of which the timer was read.
func (v *View) Waits() []Waiting {
	return Derive(v, func(v *View) []Waiting {
		var all []Waiting
		for _, e := range v.Endings() {
			t := Waiting{Ending: e, In: First(e.Who.Entered(journal.TimeWait, journal.SockDiag))}
			for _, x := range e.Who.Samples(journal.TimeWait, 0, 0) {
				if x.Sample.Timer != "timewait" || t.In == nil {
					continue
				}
				t.Samples = append(t.Samples, x)
				if !t.isSetAnew(v, x.N) {
					t.Steady = append(t.Steady, x)
				}
			}
			if len(t.Samples) > 0 {
				all = append(all, t)
			}
		}
		return all
	})
}

// isSetAnew says whether a segment may have set the timer anew before a reading. Off the
// wire the FIN that led to TIME_WAIT may have been captured after the state was seen: there
// only what had come before counts.
func (t *Waiting) isSetAnew(v *View, reading int) bool {
	return slices.ContainsFunc(t.Who.Arrived(t.In.N, reading), func(s *Segment) bool { return v.OnWire() || s.Repeats != 0 })
}

// MayHaveEnded says whether it was over before an event, for all that is known: its socket
// was seen gone, or a RST had come to it, which ends the state (RFC 1337 §2). So it goes
// where a slow machine lets the peer's FIN be sent again: the second acknowledgement finds
// the peer closed.
func (t *Waiting) MayHaveEnded(before int) bool {
	gone := slices.ContainsFunc(t.Who.Entered(journal.Gone, journal.SockDiag), func(e *journal.Event) bool { return e.N > t.In.N && e.N < before })
	return gone || len(With(t.Who.Arrived(t.In.N, before), rstFlag)) > 0
}

// Lasts is how long it lasts by a reading of its timer: what has passed and what remains.
func (t *Waiting) Lasts(reading *journal.Event) time.Duration {
	return time.Duration(reading.T-t.In.T) + TimerLeft(reading)
}

// TimerLeft is what a timer had still to run when it was read.
func TimerLeft(e *journal.Event) time.Duration {
	return time.Duration(e.Sample.TimerMS) * time.Millisecond
}

// IsFINAgain says whether a segment is a FIN that had been sent before.
func (v *View) IsFINAgain(s *Segment) bool {
	sent := v.Segment(v.Event(s.Packet.Of))
	return s.Has(finFlag) && (s.Repeats != 0 || sent != nil && sent.Repeats != 0)
}
