package evidence

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/report"
)

// say writes one line. A bundle may be a stranger's: nothing in it begins another
// line, or moves the cursor.
func say(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, report.Printable(fmt.Sprintf(format, args...)))
}

// WriteLine says of one bundle whether it holds.
func (r *Result) WriteLine(w io.Writer) {
	verdict := "holds"
	if !r.Holds() {
		verdict = "DOES NOT HOLD"
	}
	say(w, "%s: %s", r.Path, verdict)
}

// WriteText says of one bundle whether it holds, what was checked and what not.
func (r *Result) WriteText(w io.Writer) {
	r.WriteLine(w)
	for _, p := range r.Problems {
		say(w, "  ! %s", p)
	}
	for _, text := range r.Remarks {
		say(w, "  %s", text)
	}
	if r.Machine.Tool.Name != "" {
		say(w, "  %s", r.about())
	}
	for i := range r.Report.Runs {
		say(w, "  %s", runLine(&r.Report.Runs[i]))
	}
	if text := totalsText(r.Report.Claims); text != "" {
		say(w, "  over all runs: %s", text)
	}
	list := func(what string, lines []string) {
		for i, l := range lines {
			if i == 0 {
				say(w, "%s", what)
			}
			say(w, "  - %s", l)
		}
	}
	if r.Holds() {
		list("checked:", r.Checked)
	}
	list("not checked:", r.Unchecked)
}

// about is who made a bundle, when and where.
func (r *Result) about() string {
	m := &r.Machine
	parts := []string{
		strings.Join(strings.Fields(m.Tool.Name+" "+m.Tool.Version+" "+m.Tool.Commit), " "),
		m.Kernel, m.Arch, "as " + m.Privilege, m.Started.Format(time.RFC3339),
	}
	if m.Label != "" {
		parts = append([]string{"“" + m.Label + "”"}, parts...)
	}
	return strings.Join(parts, ", ")
}

// runLine is a run's outcome and its verdicts.
func runLine(r *report.Run) string {
	s := fmt.Sprintf("%s on %s, %s: %s", r.Scenario, r.Network, r.Family, outcomeWords(r))
	if len(r.Findings) > 0 {
		s += "; " + tallyOf([]report.Run{*r})
	}
	return s
}

func outcomeWords(r *report.Run) string { return strings.ReplaceAll(string(r.Outcome), "_", " ") }

// tallyOf counts the verdicts of runs.
func tallyOf(runs []report.Run) string {
	n := map[claim.Verdict]int{}
	for i := range runs {
		for _, f := range runs[i].Findings {
			n[f.Verdict]++
		}
	}
	return verdictsText(n)
}

// totalsText counts the verdicts over repeated runs; "": there are none.
func totalsText(totals []claim.Total) string {
	n := map[claim.Verdict]int{}
	for i := range totals {
		n[totals[i].Verdict]++
	}
	return verdictsText(n)
}

func verdictsText(n map[claim.Verdict]int) string {
	var parts []string
	for _, v := range []claim.Verdict{claim.Confirmed, claim.Refuted, claim.Inconclusive} {
		if n[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[v], v))
		}
	}
	return strings.Join(parts, ", ")
}

// Row is one of several bundles: what was found, or why there is nothing to find.
type Row struct {
	Path   string
	Result *Result // nil: Err says why
	Err    error
}

// tableHead are the columns of a table of bundles.
var tableHead = []string{"label", "bundle", "holds", "kernel", "runs", "verdicts"}

// cells are what a row says in each column.
func (r *Row) cells() []string {
	if r.Result == nil {
		return []string{"", r.Path, "no: " + strings.TrimPrefix(r.Err.Error(), r.Path+": "), "", "", ""}
	}
	holds := "yes"
	switch n := len(r.Result.Unchecked) - 1; { // who made it is never checked
	case !r.Result.Holds():
		holds = "no: " + r.Result.Problems[0].String()
	case n > 0:
		holds = fmt.Sprintf("yes, but for %d not checked", n)
	}
	var runs []string
	for i := range r.Result.Report.Runs {
		runs = append(runs, r.Result.Report.Runs[i].Scenario+" "+outcomeWords(&r.Result.Report.Runs[i]))
	}
	return []string{
		r.Result.Machine.Label, r.Path, holds, r.Result.Machine.Kernel, strings.Join(runs, ", "), r.verdicts(),
	}
}

// verdicts counts those over all runs, or, where each scenario was run once, those
// of the runs.
func (r *Row) verdicts() string {
	if text := totalsText(r.Result.Report.Claims); text != "" {
		return text
	}
	return tallyOf(r.Result.Report.Runs)
}

// SortByLabel puts bundles in order of their labels, and those without behind.
func SortByLabel(rows []Row) {
	key := func(r *Row) string {
		if r.Result == nil || r.Result.Machine.Label == "" {
			return "\U0010ffff" + r.Path
		}
		return r.Result.Machine.Label + "\x00" + r.Path
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return strings.Compare(key(&a), key(&b)) })
}

// WriteTable writes bundles as a table, one on each line.
func WriteTable(w io.Writer, rows []Row) { writeTable(w, [][]string{tableHead}, rows) }

// WriteRows writes the table without its head.
func WriteRows(w io.Writer, rows []Row) { writeTable(w, nil, rows) }

func writeTable(w io.Writer, table [][]string, rows []Row) {
	for i := range rows {
		table = append(table, rows[i].cells())
	}
	widths := make([]int, len(tableHead))
	for _, row := range table {
		for i, cell := range row {
			row[i] = report.Printable(cell)
			widths[i] = max(widths[i], len([]rune(row[i])))
		}
	}
	for _, row := range table {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell + strings.Repeat(" ", widths[i]-len([]rune(cell))+2))
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// WriteMarkdownTable writes bundles as a table in Markdown.
func WriteMarkdownTable(w io.Writer, rows []Row) {
	line := func(cells []string) {
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	line(tableHead)
	line(slices.Repeat([]string{"---"}, len(tableHead)))
	for i := range rows {
		cells := rows[i].cells()
		for k := range cells {
			cells[k] = report.InMarkdown(cells[k])
		}
		line(cells)
	}
}

// WriteText says what tells two bundles apart.
func (d *Difference) WriteText(w io.Writer, a, b string) {
	say(w, "a: %s", a)
	say(w, "b: %s", b)
	fact := func(f *Fact) {
		say(w, "  %s", f.What)
		say(w, "    a: %s", f.A)
		say(w, "    b: %s", f.B)
	}
	for i := range d.Facts {
		fact(&d.Facts[i])
	}
	for i := range d.Runs {
		r := &d.Runs[i]
		switch {
		case r.OnlyIn != "":
			say(w, "%s: only in %s", r.Scenario, r.OnlyIn)
			continue
		case r.same() && r.NotCompared != "":
			say(w, "%s: not different", r.Scenario)
		case r.same():
			say(w, "%s: the same outcome, verdicts, packets and states", r.Scenario)
		default:
			say(w, "%s: different", r.Scenario)
		}
		if r.NotCompared != "" {
			say(w, "  not compared: %s", r.NotCompared)
		}
		for _, f := range []*Fact{r.Networks, r.Outcome} {
			if f != nil {
				fact(f)
			}
		}
		for k := range r.Verdicts {
			fact(&r.Verdicts[k])
		}
		r.Packets.write(w, "packets")
		r.States.write(w, "states")
	}
	for i := range d.Totals {
		if i == 0 {
			say(w, "over all runs: different")
		}
		fact(&d.Totals[i])
	}
}

// write says where sequences part, if they do.
func (p *Parting) write(w io.Writer, what string) {
	if p == nil {
		return
	}
	step := func(s *report.Step) string {
		if s == nil {
			return "no more"
		}
		return fmt.Sprintf("%s (event %d)", s.Text, s.Event)
	}
	say(w, "  %s part at the %s", what, ordinal(p.Step))
	say(w, "    a: %s", step(p.A))
	say(w, "    b: %s", step(p.B))
}

func ordinal(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, suffix)
}
