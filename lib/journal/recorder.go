package journal

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Recorder appends events to a journal, numbering them and stamping them with
// the run's one clock. It is safe for use by several goroutines.
type Recorder struct {
	mu     sync.Mutex
	start  time.Time // carries the monotonic clock
	next   int
	j      Journal
	stream func(Event)

	trial   []Event // events of a trial not yet decided upon
	inTrial bool
	fold    folding
}

// NewRecorder begins a run whose events are numbered from first.
func NewRecorder(head Journal, first int) *Recorder {
	return &Recorder{start: time.Now(), next: first, j: head}
}

// StreamTo hands each event that is recorded for good to f too, in order,
// beginning with those there are already. f must not call the recorder; nil
// does nothing.
func (r *Recorder) StreamTo(f func(Event)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f == nil {
		return
	}
	for _, e := range r.j.Events {
		f(e)
	}
	r.stream = f
}

// Now is the time since the run began, in nanoseconds.
func (r *Recorder) Now() int64 { return time.Since(r.start).Nanoseconds() }

// At converts a moment of this process's monotonic clock to the run's.
func (r *Recorder) At(t time.Time) int64 { return t.Sub(r.start).Nanoseconds() }

// Add records an event and returns its number. N and Run are set here; T is
// set here when it is zero.
func (r *Recorder) Add(e Event) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.inTrial {
		r.closeFold()
	}
	e.N, e.Run = r.next, r.j.Run
	r.next++
	if e.T == 0 {
		e.T = r.Now()
	}
	if r.inTrial {
		r.trial = append(r.trial, e)
	} else {
		r.keep(e)
	}
	return e.N
}

// keep appends e for good.
func (r *Recorder) keep(e Event) {
	r.j.Events = append(r.j.Events, e)
	if r.stream != nil {
		r.stream(e)
	}
}

// Note records a remark.
func (r *Recorder) Note(format string, args ...any) int {
	return r.Add(Event{Kind: KindNote, Note: &Note{Text: fmt.Sprintf(format, args...)}})
}

// Witness declares whether a witness could see. Called again for the same
// witness, it replaces what was said.
func (r *Recorder) Witness(s WitnessStatus) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.j.Witnesses {
		if r.j.Witnesses[i].Name == s.Name {
			r.j.Witnesses[i] = s
			return
		}
	}
	r.j.Witnesses = append(r.j.Witnesses, s)
}

// StatusOf is what was declared of a witness.
func (r *Recorder) StatusOf(w Witness) WitnessStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.j.Witness(w)
}

// Lost adds to the events a witness missed. The first error that it missed some with is
// its reason.
func (r *Recorder) Lost(w Witness, n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.j.Witnesses {
		s := &r.j.Witnesses[i]
		if s.Name != w {
			continue
		}
		s.Lost += n
		if s.Reason == "" && err != nil {
			s.Reason = err.Error()
		}
	}
}

// Socket declares a socket, or updates the addresses of one declared before.
func (r *Recorder) Socket(s Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.j.Sockets) - 1; i >= 0; i-- {
		if r.j.Sockets[i].ID == s.ID {
			r.j.Sockets[i] = s
			return
		}
	}
	r.j.Sockets = append(r.j.Sockets, s)
}

// Knows says whether a socket was declared, and not in a trial that was not kept.
func (r *Recorder) Knows(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.j.Sockets) - 1; i >= 0; i-- {
		if r.j.Sockets[i].ID == id {
			return true
		}
	}
	return false
}

// Over says what the wire goes over, and why, where it is not a TUN.
func (r *Recorder) Over(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.j.Over = what
}

// Finish ends the run and returns its journal. stopped says why it ended
// before its last step; empty: it did not. What is recorded later, by a call that
// was not waited for, goes nowhere.
func (r *Recorder) Finish(stopped string) Journal {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closeFold()
	r.j.ElapsedNS = r.Now()
	r.j.Stopped = stopped
	j := r.j
	r.j, r.trial, r.stream = Journal{}, nil, nil
	return j
}

// Played marks the end of the steps: what is recorded from here on belongs to
// the teardown.
func (r *Recorder) Played() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closeFold()
	r.j.Played = r.next - 1
}

// Next is the number the next event will get.
func (r *Recorder) Next() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}

// Len is how many events there are, those of a trial under way among them.
func (r *Recorder) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.j.Events) + len(r.trial)
}

// Trial runs f and keeps what it recorded only if f says so. What is not kept
// is counted, and successive trials that were not kept become one Fold event;
// sockets declared in them are forgotten. Trials do not nest.
//
// A hunt of thousands of like attempts is recorded so: the one that mattered
// whole, the others as numbers.
func (r *Recorder) Trial(f func() (keep bool)) {
	r.mu.Lock()
	r.inTrial = true
	sockets := len(r.j.Sockets)
	began := r.Now()
	first := r.next
	if r.fold.times > 0 {
		r.next++ // the fold before these events comes first, if they are kept
	}
	r.mu.Unlock()

	keep := f()

	r.mu.Lock()
	defer r.mu.Unlock()
	r.inTrial = false
	events := r.trial
	r.trial = r.trial[:0]
	if !keep {
		r.fold.add(events, began)
		r.j.Sockets = r.j.Sockets[:sockets]
		r.next = first
		return
	}
	after := r.next
	r.next = first
	r.closeFold()
	r.next = after
	for _, e := range events {
		r.keep(e)
	}
}

// Forget drops what has been recorded so far, sockets included: for a program
// that goes on for days and tells what it sees as it goes.
func (r *Recorder) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fold = folding{}
	r.j.Events, r.j.Sockets = nil, nil
}

// folding gathers trials that were not kept.
type folding struct {
	times, events int
	began         int64
	counts        map[string]int
	segments      map[string]*FoldedSegments
}

func (f *folding) add(events []Event, began int64) {
	if f.times == 0 {
		f.began, f.counts, f.segments = began, map[string]int{}, map[string]*FoldedSegments{}
	}
	f.times++
	f.events += len(events)
	for i := range events {
		f.counts[sortOf(&events[i])]++
		f.segment(&events[i])
	}
}

// segment counts a TCP segment at its host.
func (f *folding) segment(e *Event) {
	p := e.Packet
	if p == nil || p.Proto != "" || p.Bulk != nil {
		return
	}
	s := f.segments[e.Host]
	if s == nil {
		s = &FoldedSegments{Host: e.Host}
		f.segments[e.Host] = s
	}
	rst := 0
	if p.Flags.Has(RST) {
		rst = 1
	}
	switch p.At {
	case AtSent:
		s.Sent++
		s.SentRST += rst
	case AtDelivered, AtInjected:
		s.Delivered++
		s.DeliveredRST += rst
	}
}

// closeFold records the trials folded so far, if any.
func (r *Recorder) closeFold() {
	if r.fold.times == 0 {
		return
	}
	f := &Fold{Times: r.fold.times, Events: r.fold.events}
	for what, n := range r.fold.counts {
		f.Counts = append(f.Counts, FoldedCount{What: what, Count: n})
	}
	slices.SortStableFunc(f.Counts, func(a, b FoldedCount) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.What, b.What))
	})
	for _, host := range slices.Sorted(maps.Keys(r.fold.segments)) {
		f.Segments = append(f.Segments, *r.fold.segments[host])
	}
	e := Event{N: r.next, Run: r.j.Run, T: r.fold.began, Kind: KindFold, Fold: f}
	r.next++
	r.fold = folding{}
	r.keep(e)
}
