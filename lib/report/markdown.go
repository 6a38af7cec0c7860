package report

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/tcp"
)

// markdownStyle is how a ladder is drawn in a bug report: as wide as GitHub
// shows a code block without a scroll bar.
var markdownStyle = Style{Width: 96, Unicode: true}

// Markdown writes a report for a bug tracker, in GitHub's flavour: the outcome
// first, then everything a maintainer's template asks for.
func Markdown(w io.Writer, r *Report, v Verbosity) error {
	m := &markdown{verbosity: v}
	if r.several() {
		m.line("# ", md(r.Tool.Name), ": ", md(tallyText(r.Tally)))
		m.line()
	}
	if r.scenarios() > 1 {
		m.index(r)
	}
	for i := range r.Runs {
		m.run(r, &r.Runs[i])
	}
	_, err := io.WriteString(w, m.String())
	return err
}

type markdown struct {
	strings.Builder
	verbosity Verbosity
}

func (m *markdown) line(parts ...string) {
	for _, p := range parts {
		m.WriteString(p)
	}
	m.WriteByte('\n')
}

// row writes a row of a table; its cells are Markdown already.
func (m *markdown) row(cells ...string) {
	m.line("| ", strings.Join(cells, " | "), " |")
}

func (m *markdown) run(r *Report, run *Run) {
	mark, _, _ := newCanvas(markdownStyle).outcome(run)
	m.line("## ", mark, " ", md(r.Tool.Name), " ", md(run.Scenario), ": ", md(outcomeName(run.Outcome)))
	m.line()
	if run.Title != "" {
		m.line("*", md(run.Title), "*")
		m.line()
	}
	if run.Why != "" {
		m.line(md(run.Why))
		m.line()
	}
	if m.verbosity == Quiet {
		return
	}
	m.comparison(run.Comparison)
	m.facts(r, run)
	m.ladder(run)
	m.histories(run.Histories)
	m.disagreements(run.Disagreements)
	m.discrepancies(run.Discrepancies)
	m.findings(run.Findings)
}

// facts is the table of what the outcome may depend on.
func (m *markdown) facts(r *Report, run *Run) {
	m.row("", "")
	m.row("---", "---")
	for _, f := range [][2]string{
		{"tool", strings.Join(strings.Fields(r.Tool.Name+" "+r.Tool.Version+" "+r.Tool.Commit+" "+r.Tool.Go), " ")},
		{"kernel", r.Machine.Kernel},
		{"architecture", r.Machine.Arch},
		{"privilege", r.Machine.Privilege},
		{"started", r.Started.Format(time.RFC3339)},
		{"network", networkText(run)},
		{"sockets", socketText(run.Sockets, "→")},
	} {
		if f[1] != "" {
			m.row(f[0], md(f[1]))
		}
	}
	for _, w := range run.Witnesses {
		status := w.Status + because(w.Reason)
		if w.Lost > 0 {
			status += ", lost " + count(int64(w.Lost), "event")
		}
		m.row("witness "+md(string(w.Name)), md(status))
	}
	for _, s := range r.Machine.settings() {
		m.row(md(s[0]), md(s[1]))
	}
	m.line()
}

// settings are the machine's settings in order of their names.
func (m *Machine) settings() [][2]string {
	names := make([]string, 0, len(m.Settings))
	for n := range m.Settings {
		names = append(names, n)
	}
	slices.Sort(names)
	all := make([][2]string, len(names))
	for i, n := range names {
		all[i] = [2]string{n, m.Settings[n]}
	}
	return all
}

func (m *markdown) ladder(run *Run) {
	style := markdownStyle
	style.Verbosity = m.verbosity
	c := newCanvas(style)
	c.drawLadder(newLadder(run, m.verbosity == Verbose))
	drawn := string(c.buf)
	fence := "```"
	for strings.Contains(drawn, fence) {
		fence += "`"
	}
	m.line("### What happened")
	m.line()
	m.line(fence, "text")
	m.WriteString(drawn)
	m.line(fence)
	m.line()
}

func (m *markdown) histories(hs []claim.History) {
	if len(hs) == 0 {
		return
	}
	m.line("### States, and the event in which each witness saw them")
	m.line()
	m.row("socket", "ms", "state", "witnesses")
	m.row("---", "---:", "---", "---")
	for i := range hs {
		for k := range hs[i].States {
			s := &hs[i].States[k]
			m.row(md(hs[i].Socket), millis(s.T), md(s.State), stoodFor(s))
		}
	}
	m.line()
}

func stoodFor(s *claim.Stand) string {
	var seen []string
	for i, w := range s.Witnesses {
		part := md(string(w))
		if i < len(s.Events) {
			part += " " + strconv.Itoa(s.Events[i])
		}
		seen = append(seen, part)
	}
	return strings.Join(seen, ", ")
}

func (m *markdown) disagreements(ds []claim.Disagreement) {
	if len(ds) == 0 {
		return
	}
	m.line("### Disagreements between witnesses")
	m.line()
	for i := range ds {
		m.line("- ", md(ds[i].Socket), ": ", md(ds[i].Text), eventsOf(ds[i].Events))
	}
	m.line()
}

func (m *markdown) discrepancies(ds []tcp.Discrepancy) {
	if len(ds) == 0 {
		return
	}
	m.line("### Discrepancies: the witnesses contradict each other")
	m.line()
	for i := range ds {
		m.line("- **", string(ds[i].Rule), "** ", md(DiscrepancyText(&ds[i])), eventsOf(ds[i].Events))
	}
	m.line()
}

// eventsOf cites events. Not as #12: GitHub would make that a link to an issue.
func eventsOf(events []int) string {
	switch len(events) {
	case 0:
		return ""
	case 1:
		return " (event " + strconv.Itoa(events[0]) + ")"
	}
	return " (events " + ranges(events, "", ", ", "…") + ")"
}

func (m *markdown) findings(fs []claim.Finding) {
	if len(fs) == 0 {
		return
	}
	yes, no, open := verdicts(fs)
	m.line("### Claims: ", strconv.Itoa(yes), " confirmed, ", strconv.Itoa(no), " refuted, ",
		strconv.Itoa(open), " inconclusive")
	m.line()
	m.row("claim", "verdict", "the document says", "what was seen", "source")
	m.row("---", "---", "---", "---", "---")
	c := newCanvas(markdownStyle)
	for i := range fs {
		f := &fs[i]
		mark, _ := c.verdict(f.Verdict)
		m.row(md(f.Claim), mark+" "+md(string(f.Verdict)), md(f.Statement),
			md(f.Because)+eventsOf(f.Events), md(f.Source))
	}
	m.line()
}

// md makes a string Markdown that shows just that string: nothing in it is
// markup, HTML, the end of a table's cell, a mention or an issue's number.
func md(s string) string {
	s = strings.TrimSpace(printable(s))
	var b strings.Builder
	for i, r := range s {
		switch r {
		case '_': // within a word, as in SYN_SENT, it is no markup
			if i == 0 || !wordByte(s[i-1]) || i+1 == len(s) || !wordByte(s[i+1]) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		case '\\', '`', '*', '[', ']', '|', '~':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '&':
			b.WriteString("&amp;")
		case '@', '#':
			b.WriteRune(r)
			b.WriteString("<!-- -->") // GitHub's own way to keep it from being a link
		case '+', '-':
			if i == 0 { // a list
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func wordByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}
