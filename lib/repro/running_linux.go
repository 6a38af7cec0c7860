package repro

import (
	"os"
	"sync"
	"time"

	"sockproof/lib/journal"
)

// The watch on whether this program runs: how often it looks, what it tells, and
// how many of those at most. Half of the kernel's shortest retransmission timeout
// (TCP_RTO_MIN, a fifth of a second) changes nothing that anyone judges.
const (
	runningPoll = 10 * time.Millisecond
	heldUpLeast = 100 * time.Millisecond
	heldUpMost  = 1000
)

// running watches for times in which this program did not run: it was stopped
// (SIGSTOP, a freezer), or its machine was busy, paused or out of its quota. The
// kernel's timers went on meanwhile, and some calls that block are interrupted by it.
type running struct {
	rec  *journal.Recorder
	stop chan struct{}
	done sync.WaitGroup
	last time.Time
	gaps []journal.Event
}

func watchRunning(rec *journal.Recorder) *running {
	w := &running{rec: rec, stop: make(chan struct{}), last: time.Now()}
	w.done.Go(func() {
		tick := time.NewTicker(runningPoll)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				w.look()
			case <-w.stop:
				w.look()
				return
			}
		}
	})
	return w
}

// look takes note of how long ago it last looked, if that is long.
func (w *running) look() {
	last, now := w.last, time.Now()
	w.last = now
	if gap := now.Sub(last); gap >= heldUpLeast && len(w.gaps) < heldUpMost {
		w.gaps = append(w.gaps, journal.Event{
			T: w.rec.At(last), Kind: journal.KindProcess,
			Process: &journal.Process{PID: os.Getpid(), Event: journal.HeldUp, ForNS: gap.Nanoseconds()},
		})
	}
}

// tell ends the watch, and journals what it saw: last, for it is about the run as a
// whole, and nobody's cause.
func (w *running) tell() {
	close(w.stop)
	w.done.Wait()
	for _, e := range w.gaps {
		w.rec.Add(e)
	}
}
