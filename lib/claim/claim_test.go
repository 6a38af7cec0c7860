package claim

import (
	"strings"
	"testing"

	"sockproof/lib/journal"
)

// seeing is a claim that needs two witnesses and confirms whatever they see.
func seeing(q Quantity) *Claim {
	return &Claim{
		ID: "XX1", Statement: "x is y", Source: "a test", Quantity: q,
		Needs: []journal.Witness{journal.Calls, journal.Packets},
		Check: func(*journal.Journal) Finding { return Confirm(nil, "seen %d times", 2) },
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
		p := Phenomenon{Needs: c.Needs, Check: c.Check}
		want := OutcomeUnresolved
		if tt.verdict == Confirmed {
			want = Reproduced
		}
		if o, why := p.Judge(tt.j); o != want || !strings.Contains(why, tt.because) {
			t.Errorf("%s: %s: %s", tt.name, o, why)
		}
	}
}

// TestCheckIsNotAskedBlind: a judge need not ask whether its witnesses saw.
func TestCheckIsNotAskedBlind(t *testing.T) {
	c := seeing(Always)
	c.Check = func(*journal.Journal) Finding { t.Error("it was asked"); return Finding{} }
	c.Judge(watched(calls, lossy))
	(&Phenomenon{Needs: c.Needs, Check: c.Check}).Judge(watched(calls, missing))
	stopped := watched(calls, packets)
	stopped.Stopped = "interrupted"
	(&Phenomenon{Needs: c.Needs, Check: c.Check}).Judge(stopped)
}

func TestOutcome(t *testing.T) {
	for _, tt := range []struct {
		f    Finding
		stop string
		want Outcome
		why  string
	}{
		{Confirm(nil, "it did"), "", Reproduced, "it did"},
		{Refute(nil, "it did not"), "", NotReproduced, "it did not"},
		{Unclear("who knows"), "", OutcomeUnresolved, "who knows"},
		{Finding{}, "", OutcomeUnresolved, ""}, // a judge that forgot
		{Confirm(nil, "it did"), "interrupted", OutcomeUnresolved, "interrupted"},
		{Refute(nil, "it did not"), "interrupted", OutcomeUnresolved, "interrupted"},
	} {
		j := watched(calls, packets)
		j.Stopped = tt.stop
		p := Phenomenon{Needs: []journal.Witness{journal.Calls}, Check: func(*journal.Journal) Finding { return tt.f }}
		if o, why := p.Judge(j); o != tt.want || why != tt.why {
			t.Errorf("%+v, stopped %q: %s: %s", tt.f, tt.stop, o, why)
		}
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
