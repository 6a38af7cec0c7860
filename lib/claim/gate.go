package claim

import (
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// Gate keeps verdicts from resting on accounts that contradict each other: in one place,
// for all claims and outcomes.
type Gate struct {
	j             *journal.Journal
	v             *tcp.View // made when it is first asked for
	asked         bool      // the witnesses were confronted
	Discrepancies []tcp.Discrepancy
}

// NewGate confronts the witnesses of a journal.
func NewGate(j *journal.Journal) *Gate {
	v := tcp.New(j)
	return &Gate{j: j, v: v, asked: true, Discrepancies: append([]tcp.Discrepancy{}, v.Confront()...)}
}

// Unconfronted judges a journal as if nothing in it contradicted: for tests, in which a
// rule must hold its own.
func Unconfronted(j *journal.Journal) *Gate { return &Gate{j: j, v: tcp.New(j)} }

// Finding is a claim's finding, or, where its scope has a discrepancy, that it is
// inconclusive for that. The scope is the whole run where the finding rests on nothing
// having happened: an always that was confirmed, a can that was refuted, an absence.
func (g *Gate) Finding(f Finding) Finding {
	f.Absence = f.Absence || f.Quantity == Can && f.Verdict == Refuted
	return g.check(f, nil, f.Absence || f.Quantity == Always && f.Verdict == Confirmed)
}

// Outcome is that of a run as its phenomenon's finding has it. That it was not reproduced
// rests on the whole run.
func (g *Gate) Outcome(f Finding) Finding {
	f.Absence = f.Absence || f.Verdict == Refuted
	return g.check(f, nil, f.Absence)
}

// check takes a finding back where the sockets of its events, those it is about besides, or
// the whole run have a discrepancy.
func (g *Gate) check(f Finding, about []string, whole bool) Finding {
	if f.Verdict == Inconclusive {
		return f
	}
	if why := g.unseen(f); why != "" {
		f.Verdict, f.Because = Inconclusive, fmt.Sprintf("%s, but %s", f.Because, why)
		return f
	}
	d := g.within(f.Events, about, whole)
	if d == nil {
		return f
	}
	events := slices.Concat(f.Events, d.Events)
	slices.Sort(events)
	f.Verdict, f.Events = Inconclusive, slices.Compact(events)
	f.Because = fmt.Sprintf("the witnesses contradict each other (%s): %s", d.Rule, strings.Join(d.Accounts, "; but "))
	return f
}

// unseen says which witness is missing that a finding needs which rests on something not
// having come: without the kernel's counters nobody knows whether the capture saw all.
func (g *Gate) unseen(f Finding) string {
	if g.asked && f.Absence && g.j.Network != journal.HostNet && !g.j.Attached(journal.Counters) {
		return "the kernel's counters were not read, so the capture may have missed what did not come"
	}
	return ""
}

// within is the first discrepancy in a scope: of a host's stack, of the whole run, or of
// the sockets that the events concern and their peers. Nil: there is none.
func (g *Gate) within(events []int, about []string, whole bool) *tcp.Discrepancy {
	if len(g.Discrepancies) == 0 {
		return nil
	}
	scope, known := g.scope(events, about)
	for i := range g.Discrepancies {
		d := &g.Discrepancies[i]
		if whole || !known || len(d.Sockets) == 0 || slices.ContainsFunc(d.Sockets, func(id string) bool { return scope[id] }) {
			return d
		}
	}
	return nil
}

// scope is the sockets that some events concern, and others by their ids. Not known: as of sockets.
func (g *Gate) scope(events []int, about []string) (scope map[string]bool, known bool) {
	if scope, known = g.sockets(events); known {
		for _, id := range about {
			scope[id] = true
		}
	}
	return scope, known
}

// sockets are those that some events concern, and their peers. Not known: an event
// concerns no socket that has a name, and so perhaps any.
func (g *Gate) sockets(events []int) (scope map[string]bool, known bool) {
	scope = map[string]bool{}
	for _, n := range events {
		e, ok := g.j.Event(n)
		if !ok {
			return nil, false
		}
		before := len(scope)
		g.concerns(&e, scope)
		if len(scope) == before && e.Socket == "" && e.Packet == nil && e.Setting == nil && e.Process == nil {
			return nil, false // a counter, a table, a fold
		}
	}
	for _, s := range g.j.Sockets {
		if scope[s.ID] {
			g.between(s.Remote, s.Local, scope)
		}
	}
	return scope, len(scope) > 0
}

// concerns adds the sockets that an event concerns.
func (g *Gate) concerns(e *journal.Event, scope map[string]bool) {
	if e.Socket != "" {
		scope[e.Socket] = true
	}
	if p := e.Packet; p != nil {
		g.between(p.Src, p.Dst, scope)
	}
	if e.Process != nil {
		for _, id := range e.Process.Sockets {
			scope[id] = true
		}
	}
}

// between adds the sockets at either end of a connection. Where an end has none, as that of a
// connection that was refused, or not accepted yet, those that are bound there stand for it: the
// listener among them.
func (g *Gate) between(x, y journal.Address, scope map[string]bool) {
	for _, end := range [2][2]journal.Address{{x, y}, {y, x}} {
		at, to := end[0], end[1]
		connected := false
		for _, s := range g.j.Sockets {
			if at != "" && s.Local == at && s.Remote == to {
				scope[s.ID], connected = true, true
			}
		}
		for _, s := range g.j.Sockets {
			if at != "" && s.Local == at && !connected {
				scope[s.ID] = true
			}
		}
	}
}
