package scenario

import (
	"context"
	"strings"
	"testing"

	"sockproof/lib/journal"
)

// What cannot be set up ends the run, for a reason that has the call and the errno.
func TestWhatCannotBeSetUpEndsTheRun(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			s.need(t)
			after := false
			j := s.conduct(context.Background(), testBound, func(t *T) {
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
			s.need(t)
			var refused, reset, again journal.Errno
			j := s.conduct(context.Background(), testBound, func(t *T) {
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
			s.need(t)
			made, after := 0, false
			j := s.conduct(context.Background(), shortBound, func(t *T) {
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
			s.need(t)
			j := s.conduct(context.Background(), testBound, func(t *T) { t.Rule(nil) })
			if (s.network == journal.Wire) != (j.Stopped == "") {
				t.Errorf("stopped: %q", j.Stopped)
			}
		})
	}
}
