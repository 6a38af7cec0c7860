package scenario

import (
	"testing"
	"time"

	"sockproof/lib/journal"
)

// destroyedIn is what the kernel told of a socket's end; nil: nothing.
func destroyedIn(j *journal.Journal, socket string) *journal.Destroyed {
	for _, e := range eventsIn(j, func(e *journal.Event) bool { return e.Destroyed != nil && e.Socket == socket }) {
		return e.Destroyed
	}
	return nil
}

// TestTheKernelTellsOfEnds: of a socket with all that it counted and what nobody read, whoever may watch; of
// a closer with SO_LINGER {1, 0} without its counts; of one that is open, nothing.
func TestTheKernelTellsOfEnds(t *testing.T) {
	t.Parallel()
	for _, at := range stages() {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			at.need(t)
			j := at.steps(t, func(r *T) {
				client, server := r.Connection()
				server.Write("unread")
				r.Settle()
				server.Close()
				r.Settle()
				client.Close()
				client, server = r.Connection()
				client.SetLinger(true, 0)
				client.Close()
				r.on.(*run).table.HearOut(10 * time.Second)
				server.Read(1)
			})
			if w := j.Witness(journal.DiagEvents); w.Status != journal.Attached || w.Lost != 0 {
				t.Fatalf("%+v", w)
			}
			if d := destroyedIn(&j, "a1"); d == nil || d.RxQueue != int64(len("unread"))+1 || d.BytesReceived != int64(len("unread"))+1 || d.SegsOut < 3 {
				t.Errorf("a1: %+v", d)
			}
			if d := destroyedIn(&j, "a2"); d == nil || d.SegsIn != 0 || d.SegsOut != 0 {
				t.Errorf("a2: %+v", d)
			}
			for _, e := range eventsIn(&j, func(e *journal.Event) bool { return e.Destroyed != nil && e.N <= j.Played }) {
				if e.Socket != "a1" && e.Socket != "a2" && e.Socket != "b2" {
					t.Errorf("%s: %+v", e.Socket, e.Destroyed)
				}
			}
		})
	}
}

// TestRoundsAreNotTold: and the journal says so.
func TestRoundsAreNotTold(t *testing.T) {
	j := testStage{journal.HostNet, journal.IPv4}.steps(t, func(r *T) {
		r.on.Trial(func() bool {
			client, server := r.Connection()
			client.Close()
			server.Close()
			return true
		})
		r.on.(*run).table.HearOut(time.Millisecond)
	})
	w := j.Witness(journal.DiagEvents)
	if told := eventsIn(&j, func(e *journal.Event) bool { return e.Destroyed != nil }); len(told) > 0 || w.Status != journal.Attached || w.Reason == "" {
		t.Errorf("%+v, told %v", w, told)
	}
}
