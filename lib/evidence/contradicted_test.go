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
