package journal

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// recording is a recorder and what it has streamed.
type recording struct {
	*Recorder
	streamed []Event
}

func startRecording(first int) *recording {
	r := &recording{Recorder: NewRecorder(Journal{Run: 7, Scenario: "x"}, first)}
	r.StreamTo(func(e Event) { r.streamed = append(r.streamed, e) })
	return r
}

// finish ends the run and checks what must be true of any.
func (r *recording) finish(t rapid.TB) Journal {
	t.Helper()
	next := r.Next()
	j := r.Finish("")
	if err := j.Check(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(j.Events, r.streamed); d != "" {
		t.Fatalf("-kept +streamed:\n%s", d)
	}
	if n := len(j.Events); n > 0 && j.Events[n-1].N > next {
		t.Fatalf("event %d was recorded though %d was the next number", j.Events[n-1].N, next)
	}
	return j
}

// said is what the notes and folds of a journal say, in order.
func said(j Journal) []string {
	var all []string
	for _, e := range j.Events {
		if e.Fold != nil {
			all = append(all, fmt.Sprintf("fold of %d", e.Fold.Times))
		} else {
			all = append(all, e.Note.Text)
		}
	}
	return all
}

func TestNumbering(t *testing.T) {
	r := startRecording(41)
	if n := r.Next(); n != 41 {
		t.Errorf("the next is %d", n)
	}
	a, b := r.Note("a"), r.Add(Event{N: 99, Run: 99, T: 5, Kind: KindNote, Note: &Note{"b"}})
	j := r.finish(t)
	if a != 41 || b != 42 || j.Events[0].N != 41 || j.Events[1].N != 42 || r.Next() != 43 {
		t.Errorf("numbered %d, %d", a, b)
	}
	if j.Events[1].T != 5 || j.Events[1].Run != 7 || j.Events[0].T == 0 {
		t.Errorf("stamped %+v", j.Events)
	}
	if j.ElapsedNS < j.Events[0].T || j.Scenario != "x" {
		t.Errorf("head %+v", j)
	}
}

func TestTrialKeptAndFolded(t *testing.T) {
	r := startRecording(1)
	r.Note("before")
	attempt := func(keep bool, text string) {
		r.Trial(func() bool { r.Note("%s", text); r.Note("%s", text); return keep })
	}
	attempt(true, "kept 1")
	attempt(false, "dropped")
	attempt(false, "dropped")
	attempt(true, "kept 2")
	attempt(false, "dropped")
	r.Note("after")
	attempt(false, "dropped")
	j := r.finish(t)
	want := []string{"before", "kept 1", "kept 1", "fold of 2", "kept 2", "kept 2", "fold of 1", "after", "fold of 1"}
	if got := said(j); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	f := j.Events[3].Fold
	if f.Events != 4 || !slices.Equal(f.Counts, []FoldedCount{{"note", 4}}) {
		t.Errorf("folded %+v", *f)
	}
}

// TestNumbersInsideATrialAreRight: what a kept trial was told while it ran is
// what the journal says, with and without a fold before it.
func TestNumbersInsideATrialAreRight(t *testing.T) {
	for _, folds := range []int{0, 1, 3} {
		r := startRecording(10)
		r.Note("before")
		for range folds {
			r.Trial(func() bool { r.Note("dropped"); return false })
		}
		var a, b, next int
		r.Trial(func() bool { a = r.Note("a"); b = r.Note("b"); next = r.Next(); return true })
		c := r.Note("c")
		j := r.finish(t)
		for n, want := range map[int]string{a: "a", b: "b", c: "c"} {
			if e, ok := j.Event(n); !ok || e.Note == nil || e.Note.Text != want {
				t.Errorf("after %d folded: event %d is %+v, want %s", folds, n, e, want)
			}
		}
		if next != c {
			t.Errorf("after %d folded: the next was %d, and became %d", folds, next, c)
		}
	}
}

func TestSocketsOfDroppedTrialsAreForgotten(t *testing.T) {
	r := startRecording(1)
	r.Socket(Socket{ID: "a1"})
	r.Trial(func() bool { r.Socket(Socket{ID: "a2"}); r.Socket(Socket{ID: "a2", Local: "x"}); return false })
	r.Trial(func() bool {
		r.Socket(Socket{ID: "a3"})
		r.Socket(Socket{ID: "a3", Local: "y"})
		return true
	})
	r.Socket(Socket{ID: "a1", Remote: "z"})
	j := r.finish(t)
	want := []Socket{{ID: "a1", Remote: "z"}, {ID: "a3", Local: "y"}}
	if !slices.Equal(j.Sockets, want) {
		t.Errorf("got %+v\nwant %+v", j.Sockets, want)
	}
}

// TestTrialsOfAnyKind: whatever is kept, dropped and noted, in any order, the
// journal has what was kept, where it belongs, and counts the rest.
func TestTrialsOfAnyKind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := startRecording(rapid.IntRange(1, 1000).Draw(t, "first"))
		var want []string
		told := map[int]string{}
		dropped := 0
		fold := func() {
			if dropped > 0 {
				want = append(want, fmt.Sprintf("fold of %d", dropped))
			}
			dropped = 0
		}
		for i := range rapid.IntRange(0, 12).Draw(t, "steps") {
			text := fmt.Sprint("step ", i)
			if rapid.Bool().Draw(t, "outside") {
				fold()
				want = append(want, text)
				told[r.Note("%s", text)] = text
				continue
			}
			keep, notes := rapid.Bool().Draw(t, "keep"), rapid.IntRange(0, 3).Draw(t, "notes")
			r.Trial(func() bool {
				for range notes {
					if n := r.Note("%s", text); keep {
						told[n] = text
					}
				}
				return keep
			})
			if !keep {
				dropped++
				continue
			}
			fold()
			want = append(want, slices.Repeat([]string{text}, notes)...)
		}
		fold()
		j := r.finish(t)
		if got := said(j); !slices.Equal(got, want) {
			t.Fatalf("got %q\nwant %q", got, want)
		}
		for n, text := range told {
			if e, ok := j.Event(n); !ok || e.Note == nil || e.Note.Text != text {
				t.Fatalf("event %d is %+v, want %s", n, e, text)
			}
		}
	})
}

func TestFoldCountsByKindAndContent(t *testing.T) {
	r := startRecording(1)
	events := []Event{
		{Kind: KindCall, Call: &Call{Op: "connect", Errno: "ECONNREFUSED"}},
		{Kind: KindCall, Call: &Call{Op: "close"}},
		{Kind: KindPacket, Packet: &Packet{Flags: RST | ACK, At: AtSent}},
		{Kind: KindPacket, Packet: &Packet{Proto: "icmpv6", At: AtDropped}},
		{Kind: KindState, State: &State{To: SynSent, Witness: TCPInfo}},
		{Kind: KindSample, Sample: &Sample{}},
	}
	for i := range 3 {
		r.Trial(func() bool {
			for _, e := range events {
				r.Add(e)
			}
			if i == 0 {
				r.Add(events[4])
			}
			return false
		})
	}
	f := r.finish(t).Events[0].Fold
	want := []FoldedCount{
		{"state SYN_SENT by tcp_info", 4},
		{"close", 3},
		{"connect ECONNREFUSED", 3},
		{"packet RST,ACK sent", 3},
		{"packet icmpv6 dropped", 3},
		{"sample", 3},
	}
	if f.Times != 3 || f.Events != 19 || !slices.Equal(f.Counts, want) {
		t.Errorf("%+v", *f)
	}
}

func TestWitnessAndLoss(t *testing.T) {
	r := startRecording(1)
	r.Witness(WitnessStatus{Name: Calls, Status: Attached})
	r.Witness(WitnessStatus{Name: Packets, Status: Unavailable, Reason: "x"})
	r.Witness(WitnessStatus{Name: Packets, Status: Attached})
	r.Lost(Packets, 2, nil)
	r.Lost(Packets, 3, errors.New("no buffer space available"))
	j := r.Finish("interrupted")
	if got := j.Witness(Packets); got != (WitnessStatus{Name: Packets, Status: Attached, Lost: 5, Reason: "no buffer space available"}) {
		t.Errorf("%+v", got)
	}
	if got := j.Witness(Calls); got.Status != Attached || got.Lost != 0 {
		t.Errorf("%+v", got)
	}
	if got := j.Witness(Trace); got.Status != Unavailable || got.Reason == "" {
		t.Errorf("a witness nobody mentioned: %+v", got)
	}
	if j.Stopped != "interrupted" {
		t.Errorf("%+v", j)
	}
}

// TestOneClock: a moment of this process is converted to the run's time.
func TestOneClock(t *testing.T) {
	r := startRecording(1)
	before, at, after := r.Now(), r.At(time.Now()), r.Now()
	if before > at || at > after {
		t.Errorf("%d, %d, %d", before, at, after)
	}
}

// TestRecorderIsShared: events of several goroutines get numbers of their own,
// and are streamed in their order, through trials too.
func TestRecorderIsShared(t *testing.T) {
	const writers, each = 8, 200
	r := startRecording(1)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			id := fmt.Sprint("a", w)
			r.Witness(WitnessStatus{Name: Witness(id), Status: Attached})
			for i := range each {
				r.Note("%s", id)
				r.Socket(Socket{ID: id})
				if i%10 == 0 {
					r.Lost(Witness(id), 1, nil)
				}
			}
		})
	}
	for range each {
		r.Trial(func() bool { r.Note("trial"); return true })
	}
	all.Wait()
	j := r.finish(t)
	if len(j.Events) != (writers+1)*each {
		t.Errorf("%d events, want %d", len(j.Events), (writers+1)*each)
	}
	for i, e := range j.Events {
		if e.N != i+1 {
			t.Fatalf("event %d has the number %d", i+1, e.N)
		}
	}
	if len(j.Sockets) != writers || j.Witness("a0").Lost != each/10 {
		t.Errorf("%d sockets, %d lost", len(j.Sockets), j.Witness("a0").Lost)
	}
}

// TestStreamBeginsWithWhatIsThere: whoever listens late has missed nothing.
func TestStreamBeginsWithWhatIsThere(t *testing.T) {
	r := &recording{Recorder: NewRecorder(Journal{Run: 7}, 1)}
	r.Note("a")
	r.Trial(func() bool { r.Note("dropped"); return false })
	r.StreamTo(nil)
	r.StreamTo(func(e Event) { r.streamed = append(r.streamed, e) })
	r.Note("b")
	if got := said(r.finish(t)); !slices.Equal(got, []string{"a", "fold of 1", "b"}) {
		t.Errorf("%q", got)
	}
}

// TestForget: events and sockets so far are dropped, those of trials that were
// being folded too; the clock and the numbers go on.
func TestForget(t *testing.T) {
	r := NewRecorder(Journal{Run: 1}, 1)
	r.Socket(Socket{ID: "a1"})
	r.Note("before")
	r.Trial(func() bool { r.Note("tried"); return false })
	r.Forget()
	n := r.Note("after")
	j := r.Finish("")
	if len(j.Events) != 1 || j.Events[0].N != n || j.Events[0].Note.Text != "after" || len(j.Sockets) != 0 {
		t.Errorf("%d events, sockets %v: %+v", len(j.Events), j.Sockets, j.Events)
	}
	if n <= 1 {
		t.Errorf("numbers begin again: %d", n)
	}
	if err := j.Check(); err != nil {
		t.Error(err)
	}
}
