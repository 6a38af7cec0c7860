package tcp

import (
	"os"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/journal"
)

// altered is a copy of a recorded journal that a test changes, as an altered world or a
// forger would.
type altered struct {
	testing.TB
	*journal.Journal
}

// recorded copies a journal by its binary and scenario: "halfclose/four-way".
func recorded(t testing.TB, name string) *altered {
	t.Helper()
	binary, scenario, _ := strings.Cut(name, "/")
	f, err := os.Open("../../cmd/" + binary + "/testdata/" + scenario + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	js, err := journal.Read(f)
	if err != nil {
		t.Fatal(name, err)
	}
	return &altered{t, &js[0]}
}

// nth is the i-th event that is, from 0.
func (a *altered) nth(what string, i int, is func(e *journal.Event) bool) *journal.Event {
	a.Helper()
	for k := range a.Events {
		if e := &a.Events[k]; is(e) {
			if i == 0 {
				return e
			}
			i--
		}
	}
	a.Fatalf("the recording has no %s", what)
	return nil
}

// call is the i-th of its name on a socket.
func (a *altered) call(socket, op string, i int) *journal.Event {
	a.Helper()
	return a.nth(op+"() of "+socket, i, func(e *journal.Event) bool {
		return e.Call != nil && e.Socket == socket && e.Call.Op == op
	})
}

// fails makes a call fail.
func (a *altered) fails(socket, op string, i int, errno journal.Errno) {
	a.Helper()
	c := a.call(socket, op, i).Call
	c.Result, c.Errno, c.Data, c.Out, c.Signal = -1, errno, nil, "", ""
}

// returns makes the first call succeed with a number; one that moves bytes has as many.
func (a *altered) returns(socket, op string, n int) {
	a.Helper()
	c := a.call(socket, op, 0).Call
	c.Result, c.Errno = int64(n), ""
	if c.Data != nil || isRead(op) || isWrite(op) {
		c.Data = append(c.Data, make([]byte, n)...)[:n]
	}
}

// moves makes the first call have moved these bytes.
func (a *altered) moves(socket, op, data string) {
	a.Helper()
	c := a.call(socket, op, 0).Call
	c.Result, c.Errno, c.Data = int64(len(data)), "", []byte(data)
}

// removeCall takes a call out.
func (a *altered) removeCall(socket, op string, i int) {
	a.Helper()
	n := a.call(socket, op, i).N
	a.without(func(e *journal.Event) bool { return e.N == n })
}

// segment is the i-th that has these flags, "FIN,ACK", and was seen at a host: "sent" as
// it left it, "delivered" as it entered it.
func (a *altered) segment(host, at, flags string, i int) *journal.Event {
	a.Helper()
	return a.nth(strings.Join([]string{flags, at, "at", host}, " "), i, func(e *journal.Event) bool {
		return isSegment(e) && e.Host == host && e.Packet.At == at && e.Packet.Flags.String() == flags
	})
}

// removeSegment takes a segment out, as it left and as it came.
func (a *altered) removeSegment(host, flags string, i int) {
	a.Helper()
	at := journal.AtSent
	if a.Network != journal.Wire {
		at = journal.AtDelivered
	}
	n := a.segment(host, at, flags, i).N
	a.without(func(e *journal.Event) bool { return e.N == n || e.Packet != nil && e.Packet.Of == n })
}

// changeSegment changes the first that has these flags, as it left and as it came.
func (a *altered) changeSegment(host, flags string, change func(p *journal.Packet)) {
	a.Helper()
	n := a.segment(host, journal.AtSent, flags, 0).N
	for k := range a.Events {
		if e := &a.Events[k]; e.Packet != nil && (e.N == n || e.Packet.Of == n) {
			change(e.Packet)
		}
	}
}

// without takes events out.
func (a *altered) without(which func(e *journal.Event) bool) {
	a.Events = slices.DeleteFunc(a.Events, func(e journal.Event) bool { return which(&e) })
}

// endsWith makes the journal end after an event.
func (a *altered) endsWith(n int) {
	a.Played = 0
	a.without(func(e *journal.Event) bool { return e.N > n })
}

// adds appends a call of a socket.
func (a *altered) adds(socket, op string, result int, args ...string) *journal.Call {
	last := a.Events[len(a.Events)-1]
	c := &journal.Call{Op: op, Args: append([]string{socket}, args...), Result: int64(result)}
	if isWrite(op) {
		c.Data = make([]byte, result)
	}
	a.Events = append(a.Events, journal.Event{
		N: last.N + 1, Run: a.Run, T: last.T + 1000, Host: socket[:1], Socket: socket, Kind: journal.KindCall, Call: c,
	})
	return c
}

// stays makes a socket stay as it was before it came into a state: neither witness saw
// that state, nor anything after it.
func (a *altered) stays(socket, before string) {
	a.Helper()
	first := a.nth(socket+" in "+before, 0, func(e *journal.Event) bool {
		return e.Socket == socket && e.State != nil && e.State.To == before
	}).N
	a.without(func(e *journal.Event) bool {
		return e.Socket == socket && e.N >= first && (e.State != nil || e.Sample != nil)
	})
}

// becomes makes both witnesses see another state instead, and none after it.
func (a *altered) becomes(socket, state, instead string) {
	a.Helper()
	last := 0
	for k := range a.Events {
		if e := &a.Events[k]; e.Socket == socket && e.State != nil && e.State.To == state {
			e.State.To, last = instead, e.N
		}
	}
	if last == 0 {
		a.Fatalf("%s was never in %s", socket, state)
	}
	a.without(func(e *journal.Event) bool {
		return e.Socket == socket && (e.State != nil && e.N > last || e.Sample != nil && e.Sample.State == state)
	})
}

// state is that by which a witness saw a socket come into a state.
func (a *altered) state(w journal.Witness, socket, to string) *journal.Event {
	a.Helper()
	return a.nth(socket+" in "+to, 0, func(e *journal.Event) bool {
		return e.Socket == socket && e.State != nil && e.State.Witness == w && e.State.To == to
	})
}

// sample is the first of a socket in a state.
func (a *altered) sample(socket, state string) *journal.Sample {
	a.Helper()
	return a.nth("sample of "+socket, 0, func(e *journal.Event) bool {
		return e.Socket == socket && e.Sample != nil && e.Sample.State == state
	}).Sample
}

// counts adds to what the stack of a host counted.
func (a *altered) counts(host, name string, more int64) {
	a.Helper()
	for k := range a.Events {
		if e := &a.Events[k]; e.Host == host && e.Counter != nil && e.Counter.Name == name {
			e.Counter.Delta += more
			return
		}
	}
	last := a.nth("counter", 0, func(e *journal.Event) bool { return e.Counter != nil && e.Host == host })
	a.put(last.N, journal.Event{T: last.T, Host: host, Kind: journal.KindCounter, Counter: &journal.Counter{Name: name, Delta: more}})
}

// put inserts an event before another, whose number it takes.
func (a *altered) put(before int, e journal.Event) {
	i, _ := slices.BinarySearchFunc(a.Events, before, func(e journal.Event, n int) int { return e.N - n })
	e.N, e.Run = before, a.Run
	a.Events = slices.Insert(a.Events, i, e)
	later := func(n int) int {
		if n >= before {
			return n + 1
		}
		return n
	}
	for k := range a.Events {
		if e := &a.Events[k]; k > i {
			e.N = later(e.N)
		}
		if p := a.Events[k].Packet; p != nil {
			p.Of = later(p.Of)
		}
	}
	if a.Played >= before {
		a.Played++
	}
}

// unavailable makes the journal one of a run that a witness did not see.
func (a *altered) unavailable(w journal.Witness) {
	a.without(func(e *journal.Event) bool { return witnessOf(e) == w })
	for i := range a.Witnesses {
		if a.Witnesses[i].Name == w {
			a.Witnesses[i] = journal.WitnessStatus{Name: w, Status: journal.Unavailable}
		}
	}
}

// witnessOf is whose account an event is; "": none's that can be missing.
func witnessOf(e *journal.Event) journal.Witness {
	switch {
	case e.Packet != nil:
		return journal.Packets
	case e.State != nil:
		return e.State.Witness
	case e.Sample != nil:
		return e.Sample.Witness
	case e.Destroyed != nil:
		return e.Destroyed.Witness
	case e.Counter != nil:
		return journal.Counters
	}
	return ""
}

// lie is a change of a recording that must be found, by which rule and about what.
type lie struct {
	name   string
	in     string // the recording
	rule   Rule
	about  string // a socket, or a host
	change func(a *altered)
}

// found asks for a discrepancy of each lie's rule about its socket or its host.
func found(t *testing.T, lies []lie) {
	t.Helper()
	for _, l := range lies {
		t.Run(l.name, func(t *testing.T) {
			a := recorded(t, l.in)
			l.change(a)
			all := New(a.Journal).Confront()
			if !slices.ContainsFunc(all, func(d Discrepancy) bool { return d.Rule == l.rule && d.concerns(l.about) }) {
				t.Errorf("no %s about %s, but %v", l.rule, l.about, kinds(all))
			}
		})
	}
}

func (d *Discrepancy) concerns(who string) bool {
	return slices.Contains(d.Sockets, who) || slices.Contains(d.Hosts, who)
}

// kinds are the discrepancies without their prose.
func kinds(all []Discrepancy) []Discrepancy {
	var some []Discrepancy
	for _, d := range all {
		some = append(some, Discrepancy{Rule: d.Rule, Sockets: d.Sockets, Hosts: d.Hosts, Events: d.Events})
	}
	return some
}

// truth is a change of a recording after which it is still one that can be.
type truth struct {
	name   string
	in     string
	change func(a *altered)
}

// silent asks for no discrepancy at all.
func silent(t *testing.T, truths []truth) {
	t.Helper()
	for _, x := range truths {
		t.Run(x.name, func(t *testing.T) {
			a := recorded(t, x.in)
			x.change(a)
			for _, d := range New(a.Journal).Confront() {
				t.Errorf("%s %v %v %v: %s", d.Rule, d.Sockets, d.Hosts, d.Events, &d)
			}
		})
	}
}

// uncounted takes away what TCP_INFO counted of the sockets.
func (a *altered) uncounted() {
	for i := range a.Events {
		if s := a.Events[i].State; s != nil {
			s.Info = nil
		}
	}
}
