package evidence

import (
	"fmt"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/report"
)

// maxRepeats bounds what a tally may count, so that sums of it are numbers.
const maxRepeats = 1 << 30

// group is a scenario's repeated runs: they have consecutive numbers.
type group struct {
	first, size int           // the number of the first run, and how many there were
	runs        []*report.Run // those that were kept: the first of each outcome, so the first of all is among them
}

// tally checks the counts, and the verdicts over repeated runs, as far as the runs
// that were kept can tell. Verdicts that do not follow are not taken over.
func (v *verifier) tally() {
	groups, err := v.groups()
	if err != nil {
		v.problem(Problem{File: fileReport, Text: err.Error()})
		return
	}
	var want []claim.Total
	written := v.written.Claims
	for _, g := range groups {
		if v.Machine.Repeat == 1 {
			break // such verdicts are over several runs
		}
		for k := range g.runs[0].Findings {
			if len(written) == len(want) {
				v.problem(Problem{File: fileReport, Claim: g.runs[0].Findings[k].Claim, Text: "its verdict over all runs is missing"})
				return
			}
			t, what := g.total(k, &written[len(want)])
			if what != "" {
				v.problem(Problem{File: fileReport, Claim: written[len(want)].Claim, Text: "over all runs: " + what})
				return
			}
			want = append(want, t)
		}
	}
	if len(written) > len(want) {
		v.problem(Problem{File: fileReport, Claim: written[len(want)].Claim, Text: "a verdict over runs that there were not"})
		return
	}
	v.Report.Claims, v.bundle.Report.Claims = want, want
}

// groups puts the runs that were kept in the order in which they were made. The
// error is that there cannot have been such runs.
func (v *verifier) groups() ([]group, error) {
	t, repeat := v.written.Tally, v.Machine.Repeat
	var kept report.Tally
	for i := range v.Report.Runs {
		kept.Add(v.Report.Runs[i].Outcome)
	}
	for _, n := range [][2]int{{t.Reproduced, kept.Reproduced}, {t.NotReproduced, kept.NotReproduced}, {t.Inconclusive, kept.Inconclusive}} {
		all, kept := n[0], n[1]
		if all < kept || all > maxRepeats || (all == 0) != (kept == 0) || repeat <= 1 && all != kept {
			return nil, fmt.Errorf("its tally %+v is not that of its runs", t)
		}
	}
	if repeat < 1 || repeat > maxRepeats {
		return nil, fmt.Errorf("%s says that each scenario was to be run %d times", fileMachine, repeat)
	}
	all := t.Reproduced + t.NotReproduced + t.Inconclusive
	groups := make([]group, 0, len(v.Report.Runs))
	for i := range v.Report.Runs {
		r := &v.Report.Runs[i]
		n := len(groups)
		if n == 0 || r.Run >= groups[n-1].first+repeat {
			g := group{first: 1 + n*repeat}
			g.size = min(repeat, all-n*repeat)
			groups = append(groups, g)
			n++
		}
		g := &groups[n-1]
		switch {
		case len(g.runs) == 0 && r.Run != g.first:
			return nil, fmt.Errorf("run %d is not there: of each scenario the first is kept", g.first)
		case r.Run >= g.first+g.size:
			return nil, fmt.Errorf("it has run %d; its tally counts %s", r.Run, count(int64(all), "run"))
		case slices.ContainsFunc(g.runs, func(o *report.Run) bool { return o.Scenario != r.Scenario || o.Outcome == r.Outcome }):
			return nil, fmt.Errorf("run %d is of another scenario than run %d, or has an outcome that a run before it had", r.Run, g.first)
		}
		g.runs = append(g.runs, r)
	}
	if n := len(groups); n > 0 && groups[n-1].first+groups[n-1].size <= all {
		return nil, fmt.Errorf("its tally counts %s; no run after run %d is there", count(int64(all), "run"), groups[n-1].runs[len(groups[n-1].runs)-1].Run)
	}
	return groups, nil
}

// total is what the k-th claim came to over all runs: anew, where all were kept,
// else as written, where that can be. what says why it cannot.
func (g *group) total(k int, written *claim.Total) (t claim.Total, what string) {
	var kept claim.Total
	for _, r := range g.runs {
		kept.Scenario = r.Scenario
		kept.Add(r.Run, r.Findings[k])
	}
	w := *written
	w.Statement, w.Because = kept.Statement, kept.Because // how they are put is compared with the report as a whole
	if w == kept && len(g.runs) == g.size {
		return kept, ""
	}
	if what := g.impossible(&w, &kept); what != "" {
		return t, what
	}
	w.Because = written.Because
	for _, r := range g.runs {
		f := &r.Findings[k]
		switch {
		case r.Run < w.Run && f.Verdict == w.Verdict:
			return t, fmt.Sprintf("run %d decides, not run %d", r.Run, w.Run)
		case r.Run == w.Run && f.Verdict != w.Verdict:
			return t, fmt.Sprintf("says %s by run %d; that is judged as %s", w.Verdict, r.Run, f.Verdict)
		case r.Run == w.Run:
			w.Because = f.Because
		}
	}
	return w, ""
}

// impossible says why a claim cannot have come to w over all runs, if it came to
// kept over those that were kept.
func (g *group) impossible(w, kept *claim.Total) string {
	switch {
	case w.Scenario != kept.Scenario || w.Claim != kept.Claim || w.Quantity != kept.Quantity:
		return fmt.Sprintf("it is not %s of %s, which is the next", kept.Claim, kept.Scenario)
	case w.Confirmed < kept.Confirmed || w.Refuted < kept.Refuted || w.Inconclusive < kept.Inconclusive:
		return "it counts fewer verdicts than the runs have that were kept"
	case max(w.Confirmed, w.Refuted, w.Inconclusive) > g.size || w.Confirmed+w.Refuted+w.Inconclusive != g.size:
		return fmt.Sprintf("its verdicts are not those of %s", count(int64(g.size), "run"))
	case w.Verdict != decided(w):
		return fmt.Sprintf("says %s; what it counts comes to %s", w.Verdict, decided(w))
	case w.Run < g.first || w.Run >= g.first+g.size:
		return fmt.Sprintf("run %d, whose finding decides, is none of %d to %d", w.Run, g.first, g.first+g.size-1)
	}
	return ""
}

// decided is the verdict that the counts of a total come to.
func decided(t *claim.Total) claim.Verdict {
	var d claim.Total
	for _, n := range []struct {
		times   int
		verdict claim.Verdict
	}{{t.Confirmed, claim.Confirmed}, {t.Refuted, claim.Refuted}, {t.Inconclusive, claim.Inconclusive}} {
		if n.times > 0 {
			d.Add(1, claim.Finding{Quantity: t.Quantity, Verdict: n.verdict})
		}
	}
	return d.Verdict
}

// settleTotals gives verdicts over repeated runs the words of the finding that
// decides, where its run was kept: names in it may have been replaced.
func settleTotals(totals []claim.Total, runs []report.Run) {
	for i := range totals {
		t := &totals[i]
		for k := range runs {
			for _, f := range runs[k].Findings {
				if runs[k].Run == t.Run && f.Claim == t.Claim {
					t.Because = f.Because
				}
			}
		}
	}
}
