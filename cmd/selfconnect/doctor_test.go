package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// recordings are the journals in testdata, each as one run of the real program
// wrote it: selfconnect NAME --net NET --format jsonl.
var recordings = []string{
	"direct", "direct-loopback", "direct-host",
	"autobind", "hunt", "outside-range", "reserved-port", "detect-and-retry", "port-theft",
}

// recorded reads one recording, as it is.
func recorded(t testing.TB, name string) *journal.Journal {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".jsonl"))
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

// spread is how far apart the numbers of a doctored journal's events are, so
// that others fit between them.
const spread = 10

// doctor changes a journal. It fails the test where what it is to change is
// not there: a doctored journal that is the recorded one proves nothing.
type doctor struct {
	t testing.TB
	*journal.Journal
}

func newDoctor(t testing.TB, name string) *doctor {
	t.Helper()
	d := &doctor{t, recorded(t, name)}
	for i := range d.Events {
		e := &d.Events[i]
		e.N *= spread
		if e.Packet != nil {
			e.Packet.Of *= spread
		}
	}
	return d
}

// events a doctor looks for.
type which func(*journal.Event) bool

func call(op string) which {
	return func(e *journal.Event) bool { return e.Call != nil && e.Call.Op == op }
}

func stateTo(to string, by journal.Witness) which {
	return func(e *journal.Event) bool { return e.State != nil && e.State.To == to && e.State.Witness == by }
}

func packetAt(at string, flags ...string) which {
	return func(e *journal.Event) bool { return claim.HasFlags(e, flags...) && e.Packet.At == at }
}

func setting(name string) which {
	return func(e *journal.Event) bool { return e.Setting != nil && e.Setting.Name == name }
}

func folded(e *journal.Event) bool { return e.Fold != nil }

// of narrows what is looked for to one socket.
func of(socket string, w which) which {
	return func(e *journal.Event) bool { return e.Socket == socket && w(e) }
}

// option is a setsockopt of this option.
func option(name string) which {
	return func(e *journal.Event) bool { return call("setsockopt")(e) && slices.Contains(e.Call.Args, name) }
}

// nth is the n-th such event, from 0.
func (d *doctor) nth(n int, w which) *journal.Event {
	d.t.Helper()
	for i := range d.Events {
		if w(&d.Events[i]) {
			if n == 0 {
				return &d.Events[i]
			}
			n--
		}
	}
	d.t.Fatal("what is to be doctored is not in the journal")
	return nil
}

func (d *doctor) first(w which) *journal.Event { d.t.Helper(); return d.nth(0, w) }

// drop deletes the first such event.
func (d *doctor) drop(w which) {
	d.t.Helper()
	n := d.first(w).N
	d.Events = slices.DeleteFunc(d.Events, func(e journal.Event) bool { return e.N == n })
}

// dropAll deletes every such event.
func (d *doctor) dropAll(w which) {
	d.t.Helper()
	d.first(w)
	d.Events = slices.DeleteFunc(d.Events, func(e journal.Event) bool { return w(&e) })
}

// after puts an event behind another.
func (d *doctor) after(n int, e journal.Event) {
	d.t.Helper()
	i := slices.IndexFunc(d.Events, func(e journal.Event) bool { return e.N > n })
	if i < 0 {
		i = len(d.Events)
	}
	e.N, e.Run = d.Events[i-1].N+1, d.Run
	d.Events = slices.Insert(d.Events, i, e)
}

// again puts a copy of an event, changed, behind another.
func (d *doctor) again(n int, e *journal.Event, change func(*journal.Event)) {
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
	if change != nil {
		change(&c)
	}
	d.after(n, c)
}

// carry puts a copy of a segment on the wire behind an event: sent and delivered.
func (d *doctor) carry(n int, like *journal.Event, change func(*journal.Packet)) {
	d.t.Helper()
	d.again(n, like, func(e *journal.Event) { e.Packet.At, e.Packet.Of = journal.AtSent, 0; change(e.Packet) })
	d.again(n+1, like, func(e *journal.Event) {
		e.Packet.At, e.Packet.Of = journal.AtDelivered, n+1
		change(e.Packet)
	})
}

// swap lets two events change places, numbers and times aside.
func (d *doctor) swap(a, b *journal.Event) {
	*a, *b = *b, *a
	a.N, b.N = b.N, a.N
	a.T, b.T = b.T, a.T
}

// call puts a call behind event n.
func (d *doctor) call(n int, socket, op string, result int64, errno string, args ...string) {
	d.t.Helper()
	d.after(n, journal.Event{
		Host: "a", Socket: socket, Kind: journal.KindCall,
		Call: &journal.Call{Op: op, Args: args, Result: result, Errno: errno},
	})
}

// set puts a setting behind event n.
func (d *doctor) set(n int, name, was, is string) {
	d.t.Helper()
	d.after(n, journal.Event{
		Host: "a", Kind: journal.KindSetting, Setting: &journal.Setting{Name: name, Old: was, New: is},
	})
}

// witness changes what is said of a witness.
func (d *doctor) witness(w journal.Witness, change func(*journal.WitnessStatus)) {
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
func missing(w journal.Witness) func(*doctor) {
	return func(d *doctor) {
		d.witness(w, func(s *journal.WitnessStatus) { s.Status, s.Reason = journal.Unavailable, "doctored" })
	}
}

// lossy says that the witness missed an event.
func lossy(w journal.Witness) func(*doctor) {
	return func(d *doctor) {
		d.witness(w, func(s *journal.WitnessStatus) { s.Lost = 1 })
	}
}

func stopped(d *doctor) { d.Stopped = "time ran out: --timeout 1ms" }
