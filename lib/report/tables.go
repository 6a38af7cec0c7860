package report

import (
	"strings"

	"sockproof/lib/claim"
)

// The two tables that sum several scenarios up: what came of each, and what came of each
// claim over all of them.

// scenarioRow is one run's line.
func scenarioRow(r *Run) []string {
	why := ""
	if r.Outcome != claim.Reproduced {
		why = r.Why
	}
	return []string{r.Scenario, outcomeName(r.Outcome), millis(r.ElapsedNS) + " ms", why}
}

// scenarioHead and claimHead are what stands above the columns.
var (
	scenarioHead = []string{"scenario", "outcome", "time", "why"}
	claimHead    = []string{"claim", "verdict", "where"}
)

// claimRow is one claim's line: where it held, failed, was not decided, or not tried.
func claimRow(m *claim.Merged) []string {
	var parts []string
	for _, status := range []string{string(m.Verdict), string(claim.Confirmed), string(claim.Refuted), string(claim.Inconclusive), claim.NotTried} {
		names := m.In(status)
		if len(names) == 0 || len(parts) > 0 && status == string(m.Verdict) {
			continue
		}
		text := strings.Join(names, ", ")
		if len(parts) > 0 || status != string(m.Verdict) {
			text += ": " + status
		}
		parts = append(parts, text)
	}
	return []string{m.Claim, string(m.Verdict), strings.Join(parts, "; ")}
}

// tables writes both as text.
func (c *canvas) tables(r *Report) {
	c.put(bold, "Scenarios")
	c.end()
	width := 0
	for i := range r.Runs {
		width = max(width, cellsOf(c.clean(r.Runs[i].Scenario)))
	}
	for i := range r.Runs {
		row := scenarioRow(&r.Runs[i])
		mark, how, _ := c.outcome(&r.Runs[i])
		c.put(how, "  "+mark+" ")
		c.put(plain, c.clean(row[0]))
		c.pad(width + 6)
		c.put(how, row[1])
		c.rightAlign(dim, row[2], width+36)
		c.pad(width + 38)
		c.wrapped(plain, c.clean(row[3]))
	}
	for _, n := range r.NotRun {
		c.put(dim, "  "+c.none+" ")
		c.wrapped(dim, c.clean(n.Why))
	}
	c.end()
	c.put(bold, "Claims")
	c.end()
	merged := r.Merged()
	for i := range merged {
		m := &merged[i]
		row := claimRow(m)
		mark, how := c.verdict(m.Verdict)
		c.put(how, "  "+mark)
		c.put(bold, " "+c.clip(c.clean(row[0]), 8))
		c.pad(11)
		c.put(how, c.clip(c.clean(row[1]), 12))
		c.pad(25)
		c.wrapped(plain, c.clean(row[2]))
	}
	c.end()
}

// index is both tables in Markdown.
func (m *markdown) index(r *Report) {
	m.row(scenarioHead...)
	m.row("---", "---", "---:", "---")
	for i := range r.Runs {
		row := scenarioRow(&r.Runs[i])
		m.row(md(row[0]), md(row[1]), md(row[2]), md(row[3]))
	}
	m.line()
	m.row(append(claimHead, "the document says")...)
	m.row("---", "---", "---", "---")
	merged := r.Merged()
	for i := range merged {
		row := claimRow(&merged[i])
		m.row(md(row[0]), md(row[1]), md(row[2]), md(merged[i].Statement))
	}
	m.line()
}

// unlike names the scenarios of the runs with an outcome.
func (r *Report) unlike(o claim.Outcome) string {
	var names []string
	for i := range r.Runs {
		if r.Runs[i].Outcome == o {
			names = append(names, r.Runs[i].Scenario)
		}
	}
	return strings.Join(names, ", ")
}
