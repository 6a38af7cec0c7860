package evidence

import (
	"slices"
	"strings"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/report"
	"sockproof/lib/tcp"
)

// later is another build.
var later = report.Tool{Name: tool.Name, Version: "1.3.0", Commit: "fedcba9", Go: tool.Go}

// doubting judges as judge does, but finds that the witnesses contradict each other, and
// so that nothing follows.
var doubting = Judge{Tool: later, Standard: "alone", Report: func(j journal.Journal) (report.Run, bool) {
	r := judged(j)
	r.Discrepancies = []tcp.Discrepancy{{
		Rule: tcp.R4, Sockets: []string{}, Hosts: []string{"a"}, Accounts: []string{"one", "another"}, Explanation: "why", Events: []int{2},
	}}
	r.Outcome, r.Findings[0].Verdict = claim.OutcomeUnresolved, claim.Inconclusive
	return r, true
}}

// A report must name the contradictions of its journal. One from before they were asked
// for cannot: what it concludes is not compared, and this is said.
func TestContradictionsMustBeNamed(t *testing.T) {
	for _, tt := range []struct {
		name     string
		written  []tcp.Discrepancy
		problems bool
	}{
		{"the report says that there are none", []tcp.Discrepancy{}, true},
		{"the report is from before", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := sample(t)
			b.Report.Runs[0].Discrepancies = tt.written
			v, err := verify(rendered(t, b), doubting)
			if err != nil {
				t.Fatal(err)
			}
			if tt.problems != (len(v.Problems) > 0) || tt.problems == slices.ContainsFunc(v.Unchecked, func(s string) bool { return strings.Contains(s, "contradict each other") }) {
				t.Errorf("problems %v, not checked %v", v.Problems, v.Unchecked)
			}
			said := slices.ContainsFunc(v.Problems, func(p Problem) bool { return p.File == fileReport && p.Event == 2 && strings.Contains(p.Text, "R4") })
			if tt.problems && !said {
				t.Errorf("the rule or the event is not named: %v", v.Problems)
			}
		})
	}
}

// TestSeveralOfOneAccount: two counters of a host that were read together are about the same, and
// a report that says both holds; one that says one of them does not.
func TestSeveralOfOneAccount(t *testing.T) {
	twice := doubting
	twice.Report = func(j journal.Journal) (report.Run, bool) {
		r, known := doubting.Report(j)
		r.Discrepancies = append(r.Discrepancies, r.Discrepancies[0])
		return r, known
	}
	for said := range 3 {
		b := sample(t)
		r, _ := twice.Report(b.Report.Runs[0].Journal)
		b.Report.Runs[0].Discrepancies = r.Discrepancies[:said]
		v, err := verify(rendered(t, b), twice)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, p := range v.Problems {
			if strings.Contains(p.Text, "does not say that its witnesses contradict") {
				found++
			}
		}
		if found != 2-said {
			t.Errorf("%d of 2 said: %v", said, v.Problems)
		}
	}
}

// TestHeads: what the head of a run says of its events is held against them, for it decides how
// much they are held against each other.
func TestHeads(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(j *journal.Journal)
		want   string
	}{
		"packets lost on the wire": {func(j *journal.Journal) {
			j.Network, j.Witnesses = journal.Wire, []journal.WitnessStatus{{Name: journal.Packets, Status: journal.Attached, Lost: 1}}
		}, "1 packets of the wire were lost"},
		"packets of no witness":      {func(j *journal.Journal) { j.Witnesses = nil }, "packets were not seen in run 1"},
		"the other family":           {func(j *journal.Journal) { j.Family = journal.IPv6 }, "and run 1 was over ipv6"},
		"as the program recorded it": {func(*journal.Journal) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			j := cross(t, addrA, addrB)
			tt.change(&j)
			err := headed(&j)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v; want %q", err, tt.want)
			}
		})
	}
}
