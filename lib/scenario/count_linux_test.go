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
	j := testStage{journal.Wire, journal.IPv4}.steps(t, func(r *T) {
		for n := range 3 {
			for range n + 1 {
				client, server := r.Connection()
				client.Close()
				server.Close()
			}
			if n < 2 {
				r.Count()
			}
		}
	})
	for i, want := range []int64{1, 2, 3} {
		if got := movedBy(&j, "a", "ActiveOpens"); len(got) != 3 || got[i] != want {
			t.Fatalf("ActiveOpens moved by %v; want 1, 2, 3", got)
		}
	}
}

// TestForgotten: what was recorded before is gone, its sockets too; numbers go on.
func TestForgotten(t *testing.T) {
	j := testStage{journal.HostNet, journal.IPv4}.steps(t, func(r *T) {
		r.Note("before")
		r.Connection()
		r.Forget()
		r.Note("after")
	})
	if len(j.Events) == 0 || j.Events[0].Note == nil || j.Events[0].Note.Text != "after" || j.Events[0].N == 1 {
		t.Errorf("the first event is %+v", j.Events[0])
	}
	for _, s := range j.Sockets {
		t.Errorf("%s is remembered", s.ID)
	}
}
