package claim

import (
	"slices"
	"strings"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// The events of twoConnections, by what they concern.
const (
	ofA1 = iota + 1
	betweenA1AndB2
	ofA2
	ofNoSocket // a counter
	ofASetting
	ofAChild // that has a1
	ofAListener
	ofAnICMP
	ofA3
	betweenA3AndB1
	last = betweenA3AndB1
)

// twoConnections: a1 and b2, a2 and b3, both accepted by b1; and a3, that it did not accept.
func twoConnections() *journal.Journal {
	const client, second, third, server = "192.0.2.1:40001", "192.0.2.1:40002", "192.0.2.1:40003", "192.0.2.2:8080"
	j := &journal.Journal{
		Run: 1, Network: journal.Wire, Witnesses: []journal.WitnessStatus{calls, packets},
		Sockets: []journal.Socket{
			{ID: "b1", Host: "b", Local: server},
			{ID: "a1", Host: "a", Local: client, Remote: server},
			{ID: "b2", Host: "b", Local: server, Remote: client},
			{ID: "a2", Host: "a", Local: second, Remote: server},
			{ID: "b3", Host: "b", Local: server, Remote: second},
			{ID: "a3", Host: "a", Local: third, Remote: server},
		},
		Events: []journal.Event{
			{Kind: journal.KindCall, Socket: "a1", Call: &journal.Call{Op: "write"}},
			{Kind: journal.KindPacket, Packet: &journal.Packet{Src: client, Dst: server}},
			{Kind: journal.KindCall, Socket: "a2", Call: &journal.Call{Op: "write"}},
			{Kind: journal.KindCounter, Host: "a", Counter: &journal.Counter{Name: "InSegs"}},
			{Kind: journal.KindSetting, Host: "a", Setting: &journal.Setting{}},
			{Kind: journal.KindProcess, Process: &journal.Process{Sockets: []string{"a1"}}},
			{Kind: journal.KindPacket, Packet: &journal.Packet{Src: "192.0.2.1:50000", Dst: server}},
			{Kind: journal.KindPacket, Packet: &journal.Packet{Src: "192.0.2.1", Dst: "192.0.2.2", Proto: "icmp"}},
			{Kind: journal.KindCall, Socket: "a3", Call: &journal.Call{Op: "connect"}},
			{Kind: journal.KindPacket, Packet: &journal.Packet{Src: third, Dst: server}},
		},
	}
	for i := range j.Events {
		j.Events[i].N, j.Events[i].Run = i+1, 1
	}
	return j
}

// contradiction is a discrepancy of a rule about sockets.
func contradiction(rule tcp.Rule, sockets ...string) tcp.Discrepancy {
	return tcp.Discrepancy{Rule: rule, Sockets: sockets, Accounts: []string{"one", "another"}, Events: []int{last}}
}

func TestScopeOfFindings(t *testing.T) {
	onFirst, onSecond, onListener := contradiction(tcp.R1, "b2"), contradiction(tcp.R2, "a2"), contradiction(tcp.R3, "b1")
	onHost := tcp.Discrepancy{Rule: tcp.R4, Hosts: []string{"b"}, Accounts: []string{"one", "another"}}
	for _, tt := range []struct {
		name     string
		d        tcp.Discrepancy
		q        Quantity
		verdict  Verdict
		absence  bool
		events   []int
		withheld bool
	}{
		{"a cited socket's peer", onFirst, Can, Confirmed, false, []int{ofA1}, true},
		{"a cited segment's socket", onFirst, Can, Confirmed, false, []int{betweenA1AndB2}, true},
		{"a cited child's socket's peer", onFirst, Can, Confirmed, false, []int{ofAChild}, true},
		{"a cited segment to a listener", onListener, Can, Confirmed, false, []int{ofAListener}, true},
		{"a cited segment of a connection that was not accepted", onListener, Can, Confirmed, false, []int{betweenA3AndB1}, true},
		{"a cited socket that was not accepted", onListener, Can, Confirmed, false, []int{ofA3}, true},
		{"another connection", onSecond, Can, Confirmed, false, []int{ofA1, betweenA1AndB2}, false},
		{"another connection, one of both cited", onSecond, Can, Confirmed, false, []int{ofA1, ofA2}, true},
		{"another connection, and a setting", onSecond, Can, Confirmed, false, []int{ofA1, ofASetting}, false},
		{"another connection, an always that was refuted", onSecond, Always, Refuted, false, []int{ofA1}, false},
		{"a listener, of which the connection came", onListener, Can, Confirmed, false, []int{ofA1}, false},
		{"an always that was confirmed", onSecond, Always, Confirmed, false, []int{ofA1}, true},
		{"a can that was refuted", onSecond, Can, Refuted, false, []int{ofA1}, true},
		{"an absence", onSecond, Can, Confirmed, true, []int{ofA1}, true},
		{"an absence that refutes", onSecond, Always, Refuted, true, []int{ofA1}, true},
		{"a host's stack", onHost, Can, Confirmed, false, []int{ofA1}, true},
		{"the whole run", contradiction(tcp.R4), Can, Confirmed, false, []int{ofA1}, true},
		{"an event that concerns no socket", onSecond, Can, Confirmed, false, []int{ofA1, ofNoSocket}, true},
		{"only a setting", onSecond, Can, Confirmed, false, []int{ofASetting}, true},
		{"only what has no ports", onSecond, Can, Confirmed, false, []int{ofAnICMP}, true},
		{"no event at all", onSecond, Can, Confirmed, false, nil, true},
		{"an event that is not there", onSecond, Can, Confirmed, false, []int{99}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := &Gate{j: twoConnections(), Discrepancies: []tcp.Discrepancy{tt.d}}
			f := g.Finding(Finding{Quantity: tt.q, Verdict: tt.verdict, Absence: tt.absence, Events: tt.events, Because: "as it was"})
			if !tt.withheld {
				if f.Verdict != tt.verdict || f.Because != "as it was" {
					t.Errorf("%s: %s", f.Verdict, f.Because)
				}
				return
			}
			if f.Verdict != Inconclusive || !strings.Contains(f.Because, string(tt.d.Rule)) || !slices.IsSorted(f.Events) {
				t.Errorf("%s, %v: %s", f.Verdict, f.Events, f.Because)
			}
			for _, n := range slices.Concat(tt.events, tt.d.Events) {
				if !slices.Contains(f.Events, n) {
					t.Errorf("event %d is not cited: %v", n, f.Events)
				}
			}
		})
	}
}

// TestByHand: of sockets whose packets somebody lost, held or reordered by hand nothing is said to be
// always so, or refuted; that something can be was seen, and so was what became of the run.
func TestByHand(t *testing.T) {
	holds, fails := func(c *Case) { c.Holds("it did") }, func(c *Case) { c.Expect(false, "it did not") }
	for _, tt := range []struct {
		name string
		hand journal.Rule
		of   int // the event that is cited
		q    Quantity
		test func(*Case)
		want Verdict
	}{
		{"another's packet", journal.Rule{Hand: "drop", Of: betweenA1AndB2}, ofA2, Always, fails, Refuted},
		{"its own", journal.Rule{Hand: "drop", Of: betweenA1AndB2}, ofA1, Always, fails, Inconclusive},
		{"its own, and it holds", journal.Rule{Hand: "hold", Of: betweenA1AndB2}, ofA1, Always, holds, Inconclusive},
		{"its own, and it can be", journal.Rule{Hand: "hold", Of: betweenA1AndB2}, ofA1, Can, holds, Confirmed},
		{"two that changed places", journal.Rule{Hand: "swap"}, ofA2, Always, fails, Inconclusive},
		{"it rests on no socket", journal.Rule{Hand: "drop", Of: betweenA1AndB2}, ofNoSocket, Always, fails, Inconclusive},
		{"run on", journal.Rule{Text: "by hand: run on"}, ofA1, Always, fails, Refuted},
		{"a filter of the steps", journal.Rule{Text: "drop SYN"}, ofA1, Always, fails, Refuted},
	} {
		j := twoConnections()
		j.Events = append(j.Events, journal.Event{N: len(j.Events) + 1, Run: 1, Kind: journal.KindRule, Rule: &tt.hand})
		c := Claim{Quantity: tt.q, Rule: Once(func(c *Case) { c.Cite(c.Event(tt.of)); tt.test(c) })}
		if f := c.Judge(j); f.Verdict != tt.want {
			t.Errorf("%s: %s: %s; want %s", tt.name, f.Verdict, f.Because, tt.want)
		}
		p := By(&c)
		if o, why := p.Judge(j); o == OutcomeUnresolved {
			t.Errorf("%s: the outcome is %s: %s", tt.name, o, why)
		}
	}
}

func TestInconclusiveStays(t *testing.T) {
	g := &Gate{j: twoConnections(), Discrepancies: []tcp.Discrepancy{contradiction(tcp.R1, "a1")}}
	f := Finding{Quantity: Always, Verdict: Inconclusive, Because: "as it was", Events: []int{ofA1}}
	if got := g.Finding(f); got.Because != f.Because || !slices.Equal(got.Events, f.Events) {
		t.Errorf("%+v", got)
	}
}

func TestNoDiscrepancyChangesNothing(t *testing.T) {
	g := &Gate{j: twoConnections()}
	for _, v := range []Verdict{Confirmed, Refuted} {
		f := Finding{Quantity: Always, Verdict: v, Absence: true, Because: "as it was", Events: []int{ofNoSocket}}
		if got := g.Finding(f); got.Verdict != v || got.Because != f.Because {
			t.Errorf("%+v", got)
		}
	}
}

func TestFirstDiscrepancyInScopeIsNamed(t *testing.T) {
	g := &Gate{j: twoConnections(), Discrepancies: []tcp.Discrepancy{contradiction(tcp.R1, "a2"), contradiction(tcp.R2, "a1"), contradiction(tcp.R3, "a1")}}
	f := g.Finding(Finding{Quantity: Can, Verdict: Confirmed, Events: []int{ofA1}})
	if f.Verdict != Inconclusive || !strings.Contains(f.Because, string(tcp.R2)) {
		t.Errorf("%s: %s", f.Verdict, f.Because)
	}
}

// That a phenomenon was reproduced rests on what is cited; that it was not, on the whole run.
func TestScopeOfOutcomes(t *testing.T) {
	elsewhere, here := contradiction(tcp.R1, "a2"), contradiction(tcp.R1, "a1")
	holds := func(c *Case) { c.Holds("x") }
	for _, tt := range []struct {
		name string
		d    tcp.Discrepancy
		rule func(c *Case)
		want Outcome
	}{
		{"reproduced, and it is elsewhere", elsewhere, holds, Reproduced},
		{"reproduced, and it is here", here, holds, OutcomeUnresolved},
		{"reproduced by an absence", elsewhere, func(c *Case) { c.Absent(); c.Holds("x") }, OutcomeUnresolved},
		{"not reproduced, and it is elsewhere", elsewhere, func(c *Case) { c.Expect(false, "x") }, OutcomeUnresolved},
		{"not reproduced, for it did not come", elsewhere, func(c *Case) { c.ExpectSeen(false, "x") }, OutcomeUnresolved},
	} {
		j := twoConnections()
		rule := Once(func(c *Case) { c.Cite(c.Event(ofA1)); tt.rule(c) })
		p := Phenomenon{Needs: []journal.Witness{journal.Packets}, Rule: rule}
		if o, why := p.Gated(j, &Gate{j: j, Discrepancies: []tcp.Discrepancy{tt.d}}); o != tt.want {
			t.Errorf("%s: %s: %s", tt.name, o, why)
		}
		if o, _ := p.Judge(j); o == OutcomeUnresolved {
			t.Errorf("%s: inconclusive without a discrepancy", tt.name)
		}
	}
}

// What is asked of the witnesses of a journal is a list, and none is no nil.
func TestGateAsksTheJournal(t *testing.T) {
	j := twoConnections()
	j.Events = nil
	if g := NewGate(j); g.Discrepancies == nil || len(g.Discrepancies) != 0 {
		t.Errorf("%+v", g.Discrepancies)
	}
	if g := NewGate(twoConnections()); len(g.Discrepancies) == 0 {
		t.Error("calls on sockets that nothing made contradict nothing")
	}
}
