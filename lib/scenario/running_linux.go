package scenario

import (
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"sockproof/lib/journal"
)

// The watch on whether this program runs: how often it looks, what it tells, how many
// of those at most, and within how many looks a SIGCONT is told of. Half of the kernel's
// shortest retransmission timeout (TCP_RTO_MIN, a fifth of a second) changes nothing
// that anyone judges.
const (
	runningPoll = 10 * time.Millisecond
	heldUpLeast = 100 * time.Millisecond
	heldUpMost  = 1000
	looksKept   = 5
)

const sigcont = "SIGCONT"

// running watches for times in which this program did not run: it was stopped
// (SIGSTOP, a freezer), or its machine was busy, paused or out of its quota. The
// kernel's timers went on meanwhile; and being stopped and continued, which SIGCONT
// tells however short it was, interrupts calls that block.
type running struct {
	rec       *journal.Recorder
	continued chan os.Signal
	stop      chan struct{}
	done      sync.WaitGroup
	looks     []time.Time // the last few, in order
	gaps      []journal.Event
}

func watchRunning(rec *journal.Recorder) *running {
	w := &running{rec: rec, continued: make(chan os.Signal, 1), stop: make(chan struct{})}
	w.looks = slices.Repeat([]time.Time{time.Now()}, looksKept)
	signal.Notify(w.continued, syscall.SIGCONT)
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

// look takes note of how long ago it last looked, if that is long, and of a SIGCONT.
func (w *running) look() {
	now := time.Now()
	if last := w.looks[len(w.looks)-1]; now.Sub(last) >= heldUpLeast {
		w.heldUp(last, now, "")
	}
	select {
	case <-w.continued:
		w.wasContinued(now)
	default:
	}
	w.looks = append(w.looks[1:], now)
}

// wasContinued takes note of a SIGCONT. It may come a few looks after the program ran
// again: it was stopped somewhere among these.
func (w *running) wasContinued(now time.Time) {
	since := w.looks[0]
	if n := len(w.gaps); n > 0 {
		if e := &w.gaps[n-1]; e.T+e.Process.ForNS >= w.rec.At(since) {
			e.Process.Signal, e.Process.ForNS = sigcont, w.rec.At(now)-e.T // one time after another, without a pause
			return
		}
	}
	w.heldUp(since, now, sigcont)
}

func (w *running) heldUp(from, to time.Time, by journal.Signal) {
	if len(w.gaps) >= heldUpMost {
		return
	}
	w.gaps = append(w.gaps, journal.Event{
		T: w.rec.At(from), Kind: journal.KindProcess,
		Process: &journal.Process{PID: os.Getpid(), Event: journal.HeldUp, Signal: by, ForNS: to.Sub(from).Nanoseconds()},
	})
}

// tell ends the watch, and journals what it saw: last, for it is about the run as a
// whole, and nobody's cause.
func (w *running) tell() {
	close(w.stop)
	w.done.Wait()
	signal.Stop(w.continued)
	for _, e := range w.gaps {
		w.rec.Add(e)
	}
}
