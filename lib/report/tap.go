package report

import (
	"io"
	"strconv"
	"strings"

	"sockproof/lib/claim"
)

// TAP writes a report for a test harness such as prove: TAP version 13, one
// point for each run. Whether the phenomenon was reproduced makes a point ok
// or not; an inconclusive run is skipped; refuted claims are a result, not a
// failure, and stand in the point's diagnostics.
func TAP(w io.Writer, r *Report) error {
	var b strings.Builder
	points := len(r.Runs)
	if r.scenarios() > 1 {
		points++
	}
	b.WriteString("TAP version 13\n1.." + strconv.Itoa(points))
	if len(r.Runs) == 0 {
		b.WriteString(" # SKIP no runs") // else a harness takes it for a broken test
	}
	b.WriteByte('\n')
	for i := range r.Runs {
		tapPoint(&b, i+1, &r.Runs[i])
	}
	if r.scenarios() > 1 {
		r.closingPoint(&b, points)
	}
	for _, n := range r.NotRun {
		b.WriteString("# not run: " + printable(n.Why) + "\n")
	}
	if r.several() {
		b.WriteString("# " + printable(tallyText(r.Tally)) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// closingPoint sums the scenarios up, with the claims that were refuted over all of them.
func (r *Report) closingPoint(b *strings.Builder, n int) {
	if r.Tally.NotReproduced > 0 {
		b.WriteString("not ")
	}
	b.WriteString("ok " + strconv.Itoa(n) + " - " + tapText(r.sumText()))
	if r.Tally.NotReproduced == 0 && r.Tally.Reproduced == 0 {
		b.WriteString(" # SKIP nothing was decided")
	}
	b.WriteString("\n  ---\n  verdicts:\n")
	merged := r.Merged()
	for i := range merged {
		row := claimRow(&merged[i])
		b.WriteString("    - claim: " + yamlText(row[0]) + "\n      verdict: " + yamlText(row[1]) + "\n      where: " + yamlText(row[2]) + "\n")
	}
	b.WriteString("  ...\n")
}

func tapPoint(b *strings.Builder, n int, r *Run) {
	if r.Outcome == claim.NotReproduced {
		b.WriteString("not ")
	}
	b.WriteString("ok " + strconv.Itoa(n) + " - " +
		tapText(r.Scenario+" ("+string(r.Network)+", "+string(r.Family)+")"))
	switch r.Outcome {
	case claim.Reproduced, claim.NotReproduced:
	default:
		b.WriteString(" # SKIP " + printable(r.Why))
	}
	b.WriteByte('\n')

	var refuted []claim.Finding
	for _, f := range r.Findings {
		if f.Verdict == claim.Refuted {
			refuted = append(refuted, f)
		}
	}
	if r.Outcome == claim.Reproduced && len(refuted) == 0 {
		return
	}
	// The YAML that TAP readers know is a small part of it: every value is a
	// quoted string.
	b.WriteString("  ---\n")
	b.WriteString("  outcome: " + yamlText(string(r.Outcome)) + "\n")
	b.WriteString("  why: " + yamlText(r.Why) + "\n")
	if len(refuted) > 0 {
		b.WriteString("  refuted:\n")
	}
	for _, f := range refuted {
		b.WriteString("    - claim: " + yamlText(f.Claim) + "\n")
		b.WriteString("      statement: " + yamlText(f.Statement) + "\n")
		b.WriteString("      source: " + yamlText(f.Source) + "\n")
		b.WriteString("      because: " + yamlText(f.Because) + "\n")
		b.WriteString("      events: " + yamlText(ranges(f.Events, "", ", ", "…")) + "\n")
	}
	b.WriteString("  ...\n")
}

// tapText escapes what would begin a directive.
func tapText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `#`, `\#`).Replace(printable(s))
}

// yamlText is a string of YAML in double quotes, on one line.
func yamlText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(printable(s)) + `"`
}
