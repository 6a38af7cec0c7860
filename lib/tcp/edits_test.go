package tcp

import (
	"math/rand/v2"
	"slices"
	"testing"

	"sockproof/lib/journal"
)

// leastFound is the share of random small changes that must be found, of each sort and
// over all: what was measured, less a margin. The rest contradict nothing: an event that
// was one of several, a number that no other account has.
var leastFound = map[string]float64{
	"an event is missing":              0.66,
	"a call returned another number":   0.83,
	"a call failed with another error": 0.79,
	"a call failed that had not":       0.93,
	"a witness saw another state":      0.86,
	"a segment has another number":     0.87,
	"a segment was never seen":         0.85,
	"a counter has another number":     0.80,
	"all":                              0.85,
}

// edit is a sort of small change; false: it does not apply at that event.
type edit struct {
	name string
	do   func(r *rand.Rand, a *altered, e *journal.Event) bool
}

var edits = []edit{
	{"an event is missing", func(_ *rand.Rand, a *altered, e *journal.Event) bool {
		if e.Call == nil && e.Packet == nil && e.State == nil {
			return false
		}
		n := e.N
		a.without(func(e *journal.Event) bool { return e.N == n })
		return true
	}},
	{"a call returned another number", func(r *rand.Rand, _ *altered, e *journal.Event) bool {
		if e.Call == nil || !isRead(e.Call.Op) && !isWrite(e.Call.Op) || e.Call.Result < 0 {
			return false
		}
		c := *e.Call
		c.Result += int64(1 - 2*r.IntN(2))
		if c.Result < 0 {
			return false
		}
		e.Call = &c
		return true
	}},
	{"a call failed with another error", func(r *rand.Rand, _ *altered, e *journal.Event) bool {
		if e.Call == nil || e.Call.Errno == "" {
			return false
		}
		c := *e.Call
		for c.Errno == e.Call.Errno {
			c.Errno = someErrnos[r.IntN(len(someErrnos))]
		}
		e.Call = &c
		return true
	}},
	{"a call failed that had not", func(r *rand.Rand, _ *altered, e *journal.Event) bool {
		if e.Call == nil || e.Call.Errno != "" || e.Socket == "" {
			return false
		}
		c := *e.Call
		c.Result, c.Errno, c.Data = -1, someErrnos[r.IntN(len(someErrnos))], nil
		e.Call = &c
		return true
	}},
	{"a witness saw another state", func(r *rand.Rand, _ *altered, e *journal.Event) bool {
		if e.State == nil {
			return false
		}
		s := *e.State
		for s.To == e.State.To {
			s.To = someStates[r.IntN(len(someStates))]
		}
		e.State = &s
		return true
	}},
	{"a segment has another number", func(r *rand.Rand, a *altered, e *journal.Event) bool {
		if !isSegment(e) || !e.Packet.Flags.Has(journal.ACK) {
			return false
		}
		n, ack := e.N, r.IntN(2) == 0
		if e.Packet.Of != 0 {
			n = e.Packet.Of
		}
		a.everywhere(n, func(p *journal.Packet) {
			if ack {
				p.Ack++
			} else {
				p.Seq++
			}
		})
		return true
	}},
	{"a segment was never seen", func(_ *rand.Rand, a *altered, e *journal.Event) bool {
		if !isSegment(e) {
			return false
		}
		n := e.N
		if e.Packet.Of != 0 {
			n = e.Packet.Of
		}
		a.without(func(e *journal.Event) bool { return e.N == n || e.Packet != nil && e.Packet.Of == n })
		return true
	}},
	{"a counter has another number", func(r *rand.Rand, _ *altered, e *journal.Event) bool {
		if e.Counter == nil || !slices.Contains([]string{"InSegs", "OutSegs", "OutRsts", "RetransSegs"}, e.Counter.Name) {
			return false
		}
		c := *e.Counter
		c.Delta += int64(1 - 2*r.IntN(2))
		e.Counter = &c
		return true
	}},
}

var (
	someErrnos = []journal.Errno{"EAGAIN", "ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "ECONNABORTED", "ENOTCONN", "EADDRINUSE", "EINVAL", "EPERM", "EIO"}
	someStates = []string{
		journal.Close, journal.SynSent, journal.SynRecv, journal.Established, journal.FinWait1, journal.FinWait2,
		journal.Closing, journal.TimeWait, journal.CloseWait, journal.LastAck, journal.Gone,
	}
)

// everywhere changes a segment as it left and as it came.
func (a *altered) everywhere(n int, change func(p *journal.Packet)) {
	for i := range a.Events {
		if e := &a.Events[i]; e.Packet != nil && (e.N == n || e.Packet.Of == n) {
			p := *e.Packet
			change(&p)
			e.Packet = &p
		}
	}
}

// shares counts how many changes of each sort were found.
type shares map[string]*struct{ made, found int }

// TestSmallEditsAreFound makes random small changes to the recordings, by a fixed seed.
// No rule may come to find less than it did.
func TestSmallEditsAreFound(t *testing.T) {
	const each = 250
	all := recordings(t)
	names := slices.DeleteFunc(sortedNames(all), func(name string) bool { return len(all[name].Events) > 600 })
	got := shares{}
	r := rand.New(rand.NewPCG(9293, 2022))
	for _, x := range edits {
		for made := 0; made < each; {
			whole := all[names[r.IntN(len(names))]]
			if found, ok := tryEdit(r, t, x, whole); ok {
				got.add(x.name, found)
				got.add("all", found)
				made++
			}
		}
	}
	for name, g := range got {
		share := float64(g.found) / float64(g.made)
		t.Logf("%-35s %4d of %4d: %.2f", name, g.found, g.made, share)
		if share < leastFound[name] {
			t.Errorf("%s: %.2f were found, at least %.2f had been", name, share, leastFound[name])
		}
	}
}

// tryEdit changes a journal at a random event of its steps; ok: the change applies there.
func tryEdit(r *rand.Rand, t *testing.T, x edit, whole *journal.Journal) (found, ok bool) {
	j := *whole
	j.Events = slices.Clone(whole.Events)
	e := &j.Events[r.IntN(len(j.Events))]
	if j.Played != 0 && e.N > j.Played && e.Counter == nil || !x.do(r, &altered{t, &j}, e) {
		return false, false
	}
	return len(New(&j).Confront()) > 0, true
}

func (s shares) add(name string, found bool) {
	if s[name] == nil {
		s[name] = &struct{ made, found int }{}
	}
	s[name].made++
	if found {
		s[name].found++
	}
}

func sortedNames(all map[string]*journal.Journal) []string {
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
