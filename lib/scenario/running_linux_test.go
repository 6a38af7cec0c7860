package scenario

import (
	"os/signal"
	"syscall"
	"testing"
	"time"

	"sockproof/lib/claim"
)

// TestContinued: that the program was stopped and continued is journalled, and when.
func TestContinued(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			for name, signals := range map[string]bool{"continued": true, "left alone": false} {
				var from, to int64
				j := s.steps(t, func(r *T) {
					from = r.on.(*run).rec.Now()
					if signals {
						r.Must(syscall.Kill(syscall.Getpid(), syscall.SIGCONT))
					}
					time.Sleep(2 * runningPoll)
					to = r.on.(*run).rec.Now()
				})
				told := false
				for _, e := range claim.HoldUps(&j) {
					told = told || e.Process.Signal == sigcont && e.T <= to && from <= e.T+e.Process.ForNS
					if e.Process.ForNS <= 0 || e.T < 0 || e.T+e.Process.ForNS > j.ElapsedNS {
						t.Errorf("%s: %+v, %+v", name, e, e.Process)
					}
				}
				if told != signals {
					t.Errorf("%s: told: %t", name, told)
				}
			}
		})
	}
}

// TestHeldUp: a time without a look is told of if it is long.
func TestHeldUp(t *testing.T) {
	s := stages()[0]
	j := s.steps(t, func(r *T) {
		w := watchRunning(r.on.(*run).rec)
		close(w.stop)
		w.done.Wait()
		signal.Stop(w.continued)
		for _, ago := range []time.Duration{0, heldUpLeast} {
			w.looks[len(w.looks)-1] = time.Now().Add(-ago)
			before := len(w.gaps)
			w.look()
			if told := len(w.gaps) - before; (told == 1) != (ago >= heldUpLeast) {
				t.Errorf("%v without a look: told %d times", ago, told)
			}
		}
	})
	if j.Stopped != "" {
		t.Error(j.Stopped)
	}
}
