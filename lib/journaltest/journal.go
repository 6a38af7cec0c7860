// Package journaltest is for the tests of binaries: journals that a binary's run
// recorded, judged and rendered again; the same journals changed a little, with
// the verdict that must follow; runs in an altered world; and sessions at a
// terminal.
package journaltest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sockproof/lib/journal"
)

// Recorded reads testdata/NAME.jsonl, a journal as one run of the real program
// wrote it: BINARY NAME --net NET --format jsonl.
func Recorded(t testing.TB, name string) *journal.Journal {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".jsonl"))
	if errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%v; record it: bin/BINARY SCENARIO --format jsonl > cmd/BINARY/testdata/%s.jsonl", err, name)
	}
	if err != nil {
		t.Fatal(err)
	}
	all, err := journal.Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%s: %d runs, want 1", name, len(all))
	}
	return &all[0]
}

// Spread is how far apart the numbers of an altered journal's events are, so
// that others fit between them.
const Spread = 10

// Journal is a recorded journal that a test alters. Changing it fails the
// test where what is to be changed is not there: an altered journal that is the
// recorded one proves nothing.
type Journal struct {
	t testing.TB
	*journal.Journal
}

// New reads a recording, to be changed.
func New(t testing.TB, name string) *Journal {
	t.Helper()
	d := &Journal{t, Recorded(t, name)}
	d.Played *= Spread
	for i := range d.Events {
		e := &d.Events[i]
		e.N *= Spread
		if e.Packet != nil {
			e.Packet.Of *= Spread
		}
		if e.Answer != nil {
			e.Answer.Asked *= Spread
			e.Answer.Read *= Spread
		}
	}
	return d
}

// Nth is the n-th such event, from 0.
func (d *Journal) Nth(n int, w Which) *journal.Event {
	d.t.Helper()
	for i := range d.Events {
		if w(&d.Events[i]) {
			if n == 0 {
				return &d.Events[i]
			}
			n--
		}
	}
	d.t.Fatal("what is to be altered is not in the journal")
	return nil
}

// First is the first such event.
func (d *Journal) First(w Which) *journal.Event { d.t.Helper(); return d.Nth(0, w) }

// Count is how many such events there are.
func (d *Journal) Count(w Which) (n int) {
	for i := range d.Events {
		if w(&d.Events[i]) {
			n++
		}
	}
	return n
}

// Drop deletes the first such event.
func (d *Journal) Drop(w Which) {
	d.t.Helper()
	n := d.First(w).N
	d.DropAll(Numbered(n))
}

// DropAll deletes every such event.
func (d *Journal) DropAll(w Which) {
	d.t.Helper()
	d.First(w)
	d.Events = slices.DeleteFunc(d.Events, func(e journal.Event) bool { return w(&e) })
}

// After puts an event behind another.
func (d *Journal) After(n int, e journal.Event) {
	d.t.Helper()
	i := slices.IndexFunc(d.Events, func(e journal.Event) bool { return e.N > n })
	if i < 0 {
		i = len(d.Events)
	}
	e.N, e.Run = d.Events[i-1].N+1, d.Run
	d.Events = slices.Insert(d.Events, i, e)
}

// Again puts a copy of an event, changed, behind another.
func (d *Journal) Again(n int, e *journal.Event, change func(*journal.Event)) {
	d.t.Helper()
	c := *e
	if e.Call != nil {
		v := *e.Call
		c.Call = &v
	}
	if e.Packet != nil {
		v := *e.Packet
		c.Packet = &v
	}
	if e.State != nil {
		v := *e.State
		c.State = &v
	}
	if e.Answer != nil {
		v := *e.Answer
		c.Answer = &v
	}
	if change != nil {
		change(&c)
	}
	d.After(n, c)
}

// Carry puts a copy of a segment on the wire behind an event: sent and delivered.
func (d *Journal) Carry(n int, like *journal.Event, change func(*journal.Packet)) {
	d.t.Helper()
	first := *like // which moves where something comes to stand before it
	d.Again(n, &first, func(e *journal.Event) { e.Packet.At, e.Packet.Of = journal.AtSent, 0; change(e.Packet) })
	d.Again(n+1, &first, func(e *journal.Event) {
		e.Packet.At, e.Packet.Of = journal.AtDelivered, n+1
		change(e.Packet)
	})
}

// SYNAgain lets the first SYN be sent again before it is delivered, as after
// SIGSTOP and SIGCONT; the copy arrives while the SYN-ACK is under way.
func (d *Journal) SYNAgain(change func(*journal.Packet)) {
	d.t.Helper()
	syn := d.First(PacketAt(journal.AtSent, journal.SYN))
	n := syn.N
	d.Again(n, syn, func(e *journal.Event) { change(e.Packet) })
	d.Again(d.First(PacketAt(journal.AtSent, journal.SYN|journal.ACK)).N, d.First(PacketAt(journal.AtDelivered, journal.SYN)), func(e *journal.Event) {
		e.Packet.Of = n + 1
		change(e.Packet)
	})
}

// LookedAt is the number of the last event by which the sockets were looked at
// after an event, without another between.
func (d *Journal) LookedAt(n int) int {
	for i := range d.Events {
		e := &d.Events[i]
		if e.N <= n {
			continue
		}
		if e.State == nil && e.Sample == nil {
			break
		}
		n = e.N
	}
	return n
}

// Swap lets two events change places, numbers and times aside.
func (d *Journal) Swap(a, b *journal.Event) {
	*a, *b = *b, *a
	a.N, b.N = b.N, a.N
	a.T, b.T = b.T, a.T
}

// Call puts a call behind event n.
func (d *Journal) Call(n int, socket, op string, result int64, errno journal.Errno, args ...string) {
	d.t.Helper()
	d.After(n, journal.Event{
		Host: socket[:1], Socket: socket, Kind: journal.KindCall,
		Call: &journal.Call{Op: op, Args: args, Result: result, Errno: errno},
	})
}

// State puts a change of state behind event n.
func (d *Journal) State(n int, socket, from, to string, by journal.Witness) {
	d.t.Helper()
	d.After(n, journal.Event{
		Host: socket[:1], Socket: socket, Kind: journal.KindState,
		State: &journal.State{From: from, To: to, Witness: by},
	})
}

// Later moves event n, and all that follow, on in time.
func (d *Journal) Later(n int, by time.Duration) {
	d.t.Helper()
	ChangedAll(func(e *journal.Event) bool { return e.N >= n }, func(e *journal.Event) { e.T += by.Nanoseconds() })(d)
}

// Set puts a setting behind event n.
func (d *Journal) Set(n int, name, was, is string) {
	d.t.Helper()
	d.After(n, journal.Event{
		Host: "a", Kind: journal.KindSetting, Setting: &journal.Setting{Name: name, Old: was, New: is},
	})
}

// witness changes what is said of a witness.
func (d *Journal) witness(w journal.Witness, change func(*journal.WitnessStatus)) {
	d.t.Helper()
	for i := range d.Witnesses {
		if d.Witnesses[i].Name == w {
			change(&d.Witnesses[i])
			return
		}
	}
	d.t.Fatalf("no witness %s", w)
}

// missing says that the witness could not be had.
func missing(w journal.Witness) func(*Journal) {
	return func(d *Journal) {
		d.witness(w, func(s *journal.WitnessStatus) { s.Status, s.Reason = journal.Unavailable, "altered" })
	}
}

// lossy says that the witness missed an event.
func lossy(w journal.Witness) func(*Journal) {
	return func(d *Journal) {
		d.witness(w, func(s *journal.WitnessStatus) { s.Lost = 1 })
	}
}

func stopped(d *Journal) { d.Stopped = "time ran out: --timeout 1ms" }
