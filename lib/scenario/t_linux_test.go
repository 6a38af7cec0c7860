package scenario

import (
	"context"
	"strings"
	"testing"
	"time"

	"sockproof/lib/journal"
)

// steps takes steps between hosts a and b, and returns the journal.
func (s testStage) steps(t *testing.T, bound time.Duration, steps func(*T)) journal.Journal {
	t.Helper()
	s.need(t)
	of := Scenario{Name: "test", Networks: journal.Networks(), Hosts: []string{"a", "b"}, Steps: steps}
	return Conduct(context.Background(), &of, nil, Conditions{Network: s.network, Family: s.family, Timeout: bound, Run: 1, First: 1})
}

// What cannot be set up ends the run, for a reason that has the call and the errno.
func TestWhatCannotBeSetUpEndsTheRun(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			after := false
			j := s.steps(t, testBound, func(t *T) {
				first := t.Host("a").Socket(From(0))
				t.Host("a").Socket(From(first.Local().Port()))
				after = true
			})
			if after || !strings.HasPrefix(j.Stopped, "bind(") || !strings.HasSuffix(j.Stopped, "address already in use") {
				t.Errorf("went on: %t, stopped: %q", after, j.Stopped)
			}
			if err := j.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// What the kernel answers ends nothing.
func TestAnswersAreEvidence(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			var refused, reset, again journal.Errno
			j := s.steps(t, testBound, func(t *T) {
				l := t.Listen(ServerPort)
				l.Close()
				refused = l.Dial().Err()
				client, server := t.Connection()
				_, again = client.Read(1)
				server.Reset()
				_, reset = client.Read(1)
			})
			if j.Stopped != "" || refused != journal.ECONNREFUSED || again != journal.EAGAIN || reset != journal.ECONNRESET {
				t.Errorf("stopped: %q; %s, %s, %s", j.Stopped, refused, again, reset)
			}
		})
	}
}

// When the time is over no step is taken any more; rounds end, and what follows them
// without being a step is done.
func TestRoundsEndWithTheTime(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			made, after := 0, false
			j := s.steps(t, shortBound, func(t *T) {
				made = t.Rounds(Endless, func() Round {
					t.Host("a").Socket().Close()
					return Fold
				})
				t.Note("%d rounds", made)
				t.Settle()
				after = true
			})
			if made == 0 || after || !strings.HasPrefix(j.Stopped, errTimeout.Error()) {
				t.Errorf("%d rounds, went on: %t, stopped: %q", made, after, j.Stopped)
			}
			if err := j.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Steps that decide about packets say where they cannot.
func TestPacketsTakeTheWire(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			j := s.steps(t, testBound, func(t *T) { t.Rule(nil) })
			if (s.network == journal.Wire) != (j.Stopped == "") {
				t.Errorf("stopped: %q", j.Stopped)
			}
		})
	}
}
