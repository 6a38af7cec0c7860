package tcp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sockproof/lib/journal"
)

// recordings are the journals of honest runs that the binaries' tests judge.
func recordings(t testing.TB) map[string]*journal.Journal {
	t.Helper()
	files, err := filepath.Glob("../../cmd/*/testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	all := map[string]*journal.Journal{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		js, err := journal.Read(f)
		f.Close()
		if err != nil {
			t.Fatal(name, err)
		}
		binary := filepath.Base(filepath.Dir(filepath.Dir(name)))
		for i := range js {
			all[fmt.Sprintf("%s/%s/%d", binary, filepath.Base(name), i)] = &js[i]
		}
	}
	return all
}

// Honest runs have no discrepancy: a rule that finds one there would take right verdicts
// away.
func TestHonestRunsAgree(t *testing.T) {
	for name, j := range recordings(t) {
		for _, d := range New(j).Confront() {
			t.Errorf("%s: %s %v %v %v: %s", name, d.Rule, d.Sockets, d.Hosts, d.Events, &d)
		}
	}
}

// An honest run that a witness did not see, or of which it lost something, has no
// discrepancy either: a rule whose account is missing is silent.
func TestHonestRunsAgreeWithoutAWitness(t *testing.T) {
	for name, j := range recordings(t) {
		for _, w := range []journal.Witness{journal.Packets, journal.SockDiag, journal.TCPInfo, journal.Counters} {
			less := *j
			less.Events, less.Witnesses = slices.Clone(j.Events), slices.Clone(j.Witnesses)
			a := &altered{t, &less}
			a.unavailable(w)
			for _, d := range New(a.Journal).Confront() {
				t.Errorf("%s without %s: %s %v %v %v: %s", name, w, d.Rule, d.Sockets, d.Hosts, d.Events, &d)
			}
		}
	}
}

// places bounds in how many places a journal is spoilt.
const places = 20

// A view is built, and confronted, of whatever is read: events that are missing, come
// twice, are out of order, or lack what they should have.
func TestNoJournalPanics(t *testing.T) {
	for name, whole := range recordings(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := len(whole.Events)/places + 1
			for i := rand.IntN(step); i < len(whole.Events); i += step {
				for _, do := range []func([]journal.Event, int) []journal.Event{missing, cut, swapped, twice, bare} {
					j := *whole
					j.Events = do(slices.Clone(whole.Events), i)
					New(&j).Confront()
				}
			}
		})
	}
}

func missing(es []journal.Event, i int) []journal.Event { return slices.Delete(es, i, i+1) }

func cut(es []journal.Event, i int) []journal.Event { return es[:i] }

func swapped(es []journal.Event, i int) []journal.Event {
	if i > 0 {
		es[i-1], es[i] = es[i], es[i-1]
		es[i-1].N, es[i].N = es[i].N, es[i-1].N
	}
	return es
}

func twice(es []journal.Event, i int) []journal.Event {
	e := es[i]
	e.N = es[len(es)-1].N + 1
	return append(es, e)
}

// bare keeps nothing of an event but what kind it is.
func bare(es []journal.Event, i int) []journal.Event {
	e := &es[i]
	switch {
	case e.Call != nil:
		e.Call = &journal.Call{Op: e.Call.Op}
	case e.Packet != nil:
		e.Packet = &journal.Packet{At: e.Packet.At}
	case e.Process != nil:
		e.Process = &journal.Process{Event: e.Process.Event}
	case e.State != nil:
		e.State = &journal.State{Witness: e.State.Witness}
	}
	return es
}

// Numbers that no kernel would give make no stream of that size, and no panic.
func TestNumbersTooLarge(t *testing.T) {
	for name, change := range map[string]func(a *altered){
		"a segment":          func(a *altered) { a.changeSegment("a", "PSH,ACK", func(p *journal.Packet) { p.Len = math.MaxInt }) },
		"a negative segment": func(a *altered) { a.changeSegment("a", "PSH,ACK", func(p *journal.Packet) { p.Len = math.MinInt }) },
		"a number far away":  func(a *altered) { a.changeSegment("a", "PSH,ACK", func(p *journal.Packet) { p.Seq += 1 << 30 }) },
		"reads": func(a *altered) {
			a.endsWith(a.call("b2", "read", 0).N)
			for _, n := range []int{math.MaxInt, math.MaxInt, 7} {
				a.adds("b2", "read", n, "64").Data = []byte("request")
			}
		},
		"writes": func(a *altered) {
			a.endsWith(a.call("b2", "read", 0).N)
			for range 3 {
				a.adds("b2", "sendfile", 0, "9").Result = math.MaxInt
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := recorded(t, fourWay)
			change(a)
			New(a.Journal).Confront()
		})
	}
}
