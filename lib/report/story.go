package report

import (
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sockproof/lib/claim"
)

// How long a story and a diagram in it may be, in characters: an issue on GitHub
// takes 65,536, a diagram in it 50,000.
const (
	maxStory   = 60_000
	maxDiagram = 45_000
)

// Circumstances are what the story tells beyond the report.
type Circumstances struct {
	Command []string // the command line, word by word
	Label   string
	Notes   []string // what was left out, what was replaced
}

// Story writes a report to be pasted into an issue, in GitHub's flavour of
// Markdown: what was run and where, and for each run what happened, as a sequence
// diagram, and the verdicts with the events that they rest on. It is short enough
// for an issue: of a long run the diagram leaves out the middle.
func Story(w io.Writer, r *Report, c Circumstances) error {
	bare := story(r, c, 0)
	room := 0
	if len(r.Runs) > 0 {
		room = min((maxStory-utf8.RuneCountInString(bare))/len(r.Runs), maxDiagram)
	}
	_, err := io.WriteString(w, story(r, c, room))
	return err
}

// story leaves so much room for each diagram; too little: there is none.
func story(r *Report, c Circumstances, room int) string {
	m := &markdown{}
	if r.several() {
		m.line("# ", md(r.Tool.Name), ": ", md(tallyText(r.Tally)))
	} else {
		m.line("# ", md(r.Tool.Name), " ", md(r.Runs[0].Scenario), ": ", md(outcomeName(r.Runs[0].Outcome)))
	}
	m.line()
	m.circumstances(r, c)
	if r.scenarios() > 1 {
		m.index(r)
	}
	for i := range r.Runs {
		m.tell(&r.Runs[i], room)
	}
	m.totals(r.Claims)
	for _, n := range c.Notes {
		m.line("- ", md(n))
	}
	return m.String()
}

// circumstances is the table of what was run and where.
func (m *markdown) circumstances(r *Report, c Circumstances) {
	m.row("", "")
	m.row("---", "---")
	for _, f := range facts(r, c) {
		if f[1] != "" {
			m.row(md(f[0]), md(f[1]))
		}
	}
	m.line()
}

// facts are what a report tells of the circumstances, by name; some may be empty.
func facts(r *Report, c Circumstances) [][2]string {
	command := make([]string, len(c.Command))
	for i, w := range c.Command {
		command[i] = shellWord(w)
	}
	return append([][2]string{
		{"label", c.Label},
		{"command", strings.Join(command, " ")},
		{"tool", strings.Join(strings.Fields(r.Tool.Name+" "+r.Tool.Version+" "+r.Tool.Commit+" "+r.Tool.Go), " ")},
		{"kernel", r.Machine.Kernel},
		{"architecture", r.Machine.Arch},
		{"privilege", r.Machine.Privilege},
		{"started", r.Started.UTC().Format(time.RFC3339)},
	}, r.Machine.settings()...)
}

// shellWord quotes a word as a shell would have it.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:,@%+[]", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// leastDiagram is the room below which a diagram would show nothing.
const leastDiagram = 1_000

// tell is one run.
func (m *markdown) tell(run *Run, room int) {
	mark, _, _ := newCanvas(markdownStyle).outcome(run)
	m.line("## ", mark, " ", md(run.Scenario), ": ", md(outcomeName(run.Outcome)))
	m.line()
	for _, s := range []string{run.Title, run.Why} {
		if s != "" {
			m.line(md(s))
			m.line()
		}
	}
	m.line("Run ", strconv.Itoa(run.Run), " on ", md(networkText(run)), "; seen by ", md(witnessText(run.Witnesses)), ".")
	m.line()
	m.comparison(run.Comparison)
	if room >= leastDiagram {
		m.line("```mermaid")
		m.WriteString(mermaid(newLadder(run, false), room-len("```mermaid\n```\n\n")))
		m.line("```")
		m.line()
	}
	m.disagreements(run.Disagreements)
	m.discrepancies(run.Discrepancies)
	m.findings(run.Findings)
}

// totals are the verdicts over repeated runs.
func (m *markdown) totals(totals []claim.Total) {
	if len(totals) == 0 {
		return
	}
	m.line("## Over all runs")
	m.line()
	m.row("claim", "verdict", "in")
	m.row("---", "---", "---")
	for i := range totals {
		m.row(md(totals[i].Claim), md(string(totals[i].Verdict)), md(totalText(&totals[i])))
	}
	m.line()
}
