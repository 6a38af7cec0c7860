package scenario

import (
	"testing"

	"sockproof/lib/journal"
)

// movedBy lists how far a counter of a host moved, each time it was counted.
func movedBy(j *journal.Journal, host, name string) []int64 {
	var all []int64
	for _, e := range j.Events {
		if e.Counter != nil && e.Host == host && e.Counter.Name == name {
			all = append(all, e.Counter.Delta)
		}
	}
	return all
}

// TestCountsAreSinceTheLast: what has been counted is not counted again, at the end
// of the run either.
func TestCountsAreSinceTheLast(t *testing.T) {
	j := testStage{journal.Wire, journal.IPv4}.play(t, func(r *Run) error {
		for n := range 3 {
			for range n + 1 {
				client, server, err := pair(r)
				if err != nil {
					return err
				}
				if err := client.Close(); err != nil {
					return err
				}
				r.Settle()
				if err := server.Close(); err != nil {
					return err
				}
				r.Settle()
			}
			if n < 2 {
				r.Count()
			}
		}
		return nil
	})
	for i, want := range []int64{1, 2, 3} {
		if got := movedBy(&j, "a", "ActiveOpens"); len(got) != 3 || got[i] != want {
			t.Fatalf("ActiveOpens moved by %v; want 1, 2, 3", got)
		}
	}
}

// TestForgotten: what was recorded before is gone, its sockets too; numbers go on.
func TestForgotten(t *testing.T) {
	j := testStage{journal.HostNet, journal.IPv4}.play(t, func(r *Run) error {
		r.Note("before")
		if _, _, err := pair(r); err != nil {
			return err
		}
		r.Forget()
		r.Note("after")
		return nil
	})
	if len(j.Events) == 0 || j.Events[0].Note == nil || j.Events[0].Note.Text != "after" || j.Events[0].N == 1 {
		t.Errorf("the first event is %+v", j.Events[0])
	}
	for _, s := range j.Sockets {
		t.Errorf("%s is remembered", s.ID)
	}
}
