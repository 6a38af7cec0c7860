package claim

import (
	"strings"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// seeing is a claim that needs two witnesses and confirms whatever they see.
func seeing(q Quantity) *Claim {
	return &Claim{
		ID: "XX1", Statement: "x is y", Source: "a test", Quantity: q,
		Needs: []journal.Witness{journal.Calls, journal.Packets},
		Rule:  Once(func(c *Case) { c.Holds("seen %d times", 2) }),
	}
}

// watched is a journal with witnesses in a condition.
func watched(status ...journal.WitnessStatus) *journal.Journal {
	return &journal.Journal{Run: 1, Witnesses: status}
}

var (
	calls   = journal.WitnessStatus{Name: journal.Calls, Status: journal.Attached}
	packets = journal.WitnessStatus{Name: journal.Packets, Status: journal.Attached}
	lossy   = journal.WitnessStatus{Name: journal.Packets, Status: journal.Attached, Lost: 3}
	missing = journal.WitnessStatus{Name: journal.Packets, Status: journal.Unavailable, Reason: "no permission"}
	other   = journal.WitnessStatus{Name: journal.Trace, Status: journal.Unavailable, Lost: 7}
)

func TestNothingIsFilledInForABlindWitness(t *testing.T) {
	stopped := watched()
	stopped.Stopped = "no network could be had"
	for _, tt := range []struct {
		name    string
		j       *journal.Journal
		verdict Verdict
		because string
	}{
		{"both see", watched(calls, packets), Confirmed, "seen 2 times"},
		{"one that is not needed does not", watched(calls, packets, other), Confirmed, "seen 2 times"},
		{"one is missing", watched(calls, missing), Inconclusive, "packets was not attached: no permission"},
		{"one was not mentioned", watched(calls), Inconclusive, "packets was not attached: not part of this run"},
		{"one lost events", watched(calls, lossy), Inconclusive, "packets lost 3 events"},
		{"the run never began", stopped, Inconclusive, "no network could be had"},
	} {
		c := seeing(Can)
		f := c.Judge(tt.j)
		if f.Verdict != tt.verdict || !strings.Contains(f.Because, tt.because) {
			t.Errorf("%s: %s: %s", tt.name, f.Verdict, f.Because)
		}
		if f.Claim != c.ID || f.Statement != c.Statement || f.Source != c.Source || f.Quantity != Can || f.Events == nil {
			t.Errorf("%s: not all of the claim is in %+v", tt.name, f)
		}
		p := By(c)
		want := OutcomeUnresolved
		if tt.verdict == Confirmed {
			want = Reproduced
		}
		if o, why := p.Judge(tt.j); o != want || !strings.Contains(why, tt.because) {
			t.Errorf("%s: %s: %s", tt.name, o, why)
		}
	}
}

// TestRuleIsNotAskedBlind: a rule need not ask whether its witnesses saw.
func TestRuleIsNotAskedBlind(t *testing.T) {
	c := seeing(Always)
	c.Rule = Once(func(*Case) { t.Error("it was asked") })
	c.Judge(watched(calls, lossy))
	p := By(c)
	p.Judge(watched(calls, missing))
	stopped := watched(calls, packets)
	stopped.Stopped = "interrupted"
	p.Judge(stopped)
}

// comesTo is a rule with one case for each verdict; "" comes to no decision.
func comesTo(verdicts ...Verdict) Rule {
	return Each(func(*tcp.View) []Verdict { return verdicts }, func(c *Case, v Verdict) {
		if v == "" {
			return
		}
		c.Given(v != Inconclusive, "who knows")
		c.Expect(v != Refuted, "it did not")
		c.Holds("it did")
	})
}

func TestOutcome(t *testing.T) {
	for _, tt := range []struct {
		v    Verdict
		stop string
		want Outcome
		why  string
	}{
		{Confirmed, "", Reproduced, "it did"},
		{Refuted, "", NotReproduced, "it did not"},
		{Inconclusive, "", OutcomeUnresolved, "who knows"},
		{"", "", OutcomeUnresolved, "the rule came to no decision"},
		{Confirmed, "interrupted", OutcomeUnresolved, "interrupted"},
		{Refuted, "interrupted", OutcomeUnresolved, "interrupted"},
	} {
		j := watched(calls, packets)
		j.Stopped = tt.stop
		p := Phenomenon{Needs: []journal.Witness{journal.Calls}, Rule: comesTo(tt.v)}
		if o, why := p.Judge(j); o != tt.want || why != tt.why {
			t.Errorf("%s, stopped %q: %s: %s", tt.v, tt.stop, o, why)
		}
	}
}

// What was not seen may have needed the connection that the routing refused.
func TestOutcomeWithoutARoute(t *testing.T) {
	for errno, want := range map[journal.Errno]Outcome{"EHOSTUNREACH": OutcomeUnresolved, "EACCES": OutcomeUnresolved, "ECONNREFUSED": NotReproduced} {
		j := watched(calls, packets)
		j.Events = append(j.Events, journal.Event{N: 1, Socket: "a1", Kind: journal.KindCall, Call: &journal.Call{Op: "connect", Result: -1, Errno: errno}})
		p := Phenomenon{Needs: []journal.Witness{journal.Calls}, Rule: comesTo(Refuted)}
		if o, why := p.Judge(j); o != want {
			t.Errorf("%s: %s: %s", errno, o, why)
		}
	}
}

// TestSumOfCases: of Always one refuted case refutes, else one undecided leaves it open; of
// Can one that holds confirms. Without a case nothing was put to the test.
func TestSumOfCases(t *testing.T) {
	const c, r, i = Confirmed, Refuted, Inconclusive
	for _, tt := range []struct {
		cases       []Verdict
		always, can Verdict
		outcome     Outcome // of Can
	}{
		{nil, i, i, OutcomeUnresolved},
		{[]Verdict{c, c}, c, c, Reproduced},
		{[]Verdict{c, i}, i, c, Reproduced},
		{[]Verdict{i, c, r}, r, c, Reproduced},
		{[]Verdict{i, r}, r, i, OutcomeUnresolved},
		{[]Verdict{r, r}, r, i, NotReproduced},
	} {
		j := watched(calls, packets)
		always, can := Claim{Quantity: Always, Rule: comesTo(tt.cases...)}, Claim{Quantity: Can, Rule: comesTo(tt.cases...)}
		if f := always.Judge(j); f.Verdict != tt.always {
			t.Errorf("always %v: %s", tt.cases, f.Verdict)
		}
		if f := can.Judge(j); f.Verdict != tt.can {
			t.Errorf("can %v: %s", tt.cases, f.Verdict)
		}
		p := By(&can)
		if o, why := p.Judge(j); o != tt.outcome {
			t.Errorf("can %v: %s: %s", tt.cases, o, why)
		}
	}
}

// TestAbsenceOfAStoppedRun: what was not seen refutes only if every step was taken.
func TestAbsenceOfAStoppedRun(t *testing.T) {
	c := Claim{Quantity: Always, Rule: Once(func(c *Case) { c.ExpectSeen(false, "it did not come") })}
	j := watched(calls)
	if f := c.Judge(j); f.Verdict != Refuted || !f.Absence {
		t.Errorf("%+v", f)
	}
	j.Stopped = "interrupted"
	if f := c.Judge(j); f.Verdict != Inconclusive {
		t.Errorf("%+v", f)
	}
}

// TestAlwaysOfAStoppedRun: what would refute an always may be in the steps that were not taken. What
// refutes it, or shows that something can be, was seen.
func TestAlwaysOfAStoppedRun(t *testing.T) {
	for _, tt := range []struct {
		q    Quantity
		rule Rule
		want Verdict
	}{
		{Always, Once(func(c *Case) { c.Holds("it did") }), Inconclusive},
		{Always, Once(func(c *Case) { c.Expect(false, "it did not") }), Refuted},
		{Can, Once(func(c *Case) { c.Holds("it did") }), Confirmed},
	} {
		j := watched(calls)
		j.Stopped = "interrupted"
		if f := (&Claim{Quantity: tt.q, Rule: tt.rule}).Judge(j); f.Verdict != tt.want {
			t.Errorf("%s: %s: %s; want %s", tt.q, f.Verdict, f.Because, tt.want)
		}
	}
}

// TestChallenged: without the known counter-example an always is open, and the outcome is not.
func TestChallenged(t *testing.T) {
	c := Claim{Quantity: Always, Rule: Once(func(c *Case) { c.Challenged(false, "not tried"); c.Holds("it did") })}
	p := By(&c)
	if f := c.Judge(watched(calls)); f.Verdict != Inconclusive {
		t.Errorf("%+v", f)
	}
	if o, why := p.Judge(watched(calls)); o != Reproduced {
		t.Errorf("%s: %s", o, why)
	}
}

// TestMeasuredWhileStopped: what was measured while this program did not run decides nothing.
func TestMeasuredWhileStopped(t *testing.T) {
	s := newScript(journal.Wire)
	s.call("close", "")
	s.Events[0].Call.TookNS = 1e9
	c := Claim{Quantity: Always, Rule: Once(func(c *Case) { c.Took(c.Event(1)); c.Holds("it took a second") })}
	if f := c.Judge(&s.Journal); f.Verdict != Confirmed {
		t.Errorf("%+v", f)
	}
	s.add(journal.Event{Kind: journal.KindProcess, Process: &journal.Process{Event: journal.HeldUp, ForNS: 5e8}})
	if f := c.Judge(&s.Journal); f.Verdict != Inconclusive {
		t.Errorf("%+v", f)
	}
}

// TestTotal: over several runs one confirmation confirms what can be, one
// refutation refutes what always is; the first finding that decides is quoted.
func TestTotal(t *testing.T) {
	const c, r, i = Confirmed, Refuted, Inconclusive
	for _, tt := range []struct {
		q    Quantity
		runs []Verdict
		want Verdict
		run  int
	}{
		{Can, []Verdict{c}, c, 1},
		{Can, []Verdict{r}, r, 1},
		{Can, []Verdict{i}, i, 1},
		{Can, []Verdict{i, i}, i, 1},
		{Can, []Verdict{r, i, c, r, c}, c, 3},
		{Can, []Verdict{i, r, r}, r, 2},
		{Always, []Verdict{c}, c, 1},
		{Always, []Verdict{i, c, c}, c, 2},
		{Always, []Verdict{c, c, r, c, r}, r, 3},
		{Always, []Verdict{i, i}, i, 1},
		{Always, []Verdict{r, c}, r, 1},
	} {
		var total Total
		count := map[Verdict]int{}
		for n, v := range tt.runs {
			count[v]++
			total.Add(n+1, Finding{Claim: "XX1", Statement: "x is y", Quantity: tt.q, Verdict: v, Because: string(rune('a' + n))})
		}
		if total.Verdict != tt.want || total.Run != tt.run || total.Because != string(rune('a'+tt.run-1)) {
			t.Errorf("%s %v: %s of run %d: %s", tt.q, tt.runs, total.Verdict, total.Run, total.Because)
		}
		if total.Confirmed != count[c] || total.Refuted != count[r] || total.Inconclusive != count[i] {
			t.Errorf("%s %v: %+v", tt.q, tt.runs, total)
		}
		if total.Claim != "XX1" || total.Statement != "x is y" || total.Quantity != tt.q {
			t.Errorf("%+v", total)
		}
	}
}
