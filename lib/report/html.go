package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's template, style and script
	"encoding/base64"
	"html/template"
	"io"
	"strconv"
	"strings"
	"sync"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

//go:embed page/page.html
var pageTemplate string

//go:embed page/style.css
var pageStyle string

//go:embed page/script.js
var pageScript string

// parsed is the template. It is read once, by the first page: most invocations write none.
var parsed = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageTemplate))
})

// HTML writes a report as one page that needs no network: the outcome and the table, the
// ladder with both hosts' states along it, and the claims. Without a script it can be read;
// with it, its rows are played, filtered and opened. A journal may come from a stranger: the
// template escapes every text, and the page's policy lets nothing run and nothing be fetched
// but its own script and style.
func HTML(w io.Writer, r *Report, c Circumstances) error {
	p := &page{canvas: newCanvas(markdownStyle), packets: newOpenPackets()}
	var made bytes.Buffer
	if err := parsed().Execute(&made, p.of(r, c)); err != nil {
		return err
	}
	_, err := made.WriteTo(w)
	return err
}

// page makes what the template shows.
type page struct {
	*canvas
	packets openPackets
}

// pageData is what the template shows. Its texts are clean.
type pageData struct {
	Title, Label          string
	Mark, MarkClass       string
	Script                template.JS  // the file, as it is
	Style                 template.CSS // the file, as it is
	ScriptHash, StyleHash string
	Several               bool // the page needs an index
	Made                  string
	Facts                 [][2]string
	Scenarios             []pageScenario
	Verdicts              [][]string // of the claims, over all scenarios
	Totals                [][3]string
	Runs                  []*pageRun
	Notes                 []string
	Data                  pageKnown
}

// pageKnown is what the script knows.
type pageKnown struct {
	openPackets
	Runs []knownRun `json:"runs"`
}

// knownRun is what the script knows of a run: the same as the rows show, as numbers and names.
type knownRun struct {
	Sockets []knownSocket `json:"sockets"`
	Rows    []moment      `json:"rows"`
}

type knownSocket struct {
	ID     string `json:"id"`
	Right  bool   `json:"right"`
	Hue    int    `json:"hue"`
	Local  string `json:"local"`
	Remote string `json:"remote"`
}

// pageScenario is a line of the index.
type pageScenario struct {
	Run                         int
	Mark, Class                 string
	Name, Outcome, Time, Reason string
}

// pageRun is a run.
type pageRun struct {
	Run                  int
	Mark, Class, Heading string
	Why, Title, Where    string
	Table                *pageTable
	Counts               string
	Claims               []pageClaim
	Disagreements        []pageNote
	Discrepancies        []pageNote
	HostA, HostB         string
	Alone                bool
	Left, Right          int // lanes
	Items                []pageItem
	Hidden               string
	States               []pageState
}

type pageTable struct {
	Title string
	Ways  []string
	Rows  []pageTableRow
}

type pageTableRow struct {
	What  string
	Cells []pageNote
}

// pageNote is a text that rests on events.
type pageNote struct{ Text, Events string }

type pageClaim struct {
	pageNote
	ID, Mark, Class, Verdict, Quantity, Because, Source string
}

type pageState struct {
	pageNote
	Socket, Time, State string
}

// hashOf names a script or a style in the page's policy
// (Content Security Policy Level 3, §2.3.1).
func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (p *page) of(r *Report, c Circumstances) *pageData {
	d := &pageData{
		Title: p.clean(r.Tool.Name + ": " + tallyText(r.Tally)), Label: p.clean(c.Label), Made: p.clean(toolLine(r)),
		Script: template.JS(pageScript), ScriptHash: hashOf(pageScript), Style: template.CSS(pageStyle), StyleHash: hashOf(pageStyle),
		Several: r.several(),
	}
	if !d.Several {
		run := &r.Runs[0]
		d.Title = p.clean(r.Tool.Name + " " + run.Scenario + ": " + outcomeName(run.Outcome))
		mark, how, _ := p.outcome(run)
		d.Mark, d.MarkClass = mark, inkClass(how)
	}
	for _, f := range facts(r, c) {
		if f[1] != "" {
			d.Facts = append(d.Facts, [2]string{p.clean(f[0]), p.clean(f[1])})
		}
	}
	for _, n := range c.Notes {
		d.Notes = append(d.Notes, p.clean(n))
	}
	for i := range r.Runs {
		run, known := p.run(&r.Runs[i])
		d.Runs = append(d.Runs, run)
		d.Data.Runs = append(d.Data.Runs, known)
	}
	if d.Several {
		p.index(d, r)
	}
	d.Data.openPackets = p.packets
	return d
}

// index is what stands above several runs.
func (p *page) index(d *pageData, r *Report) {
	for i := range r.Runs {
		row := scenarioRow(&r.Runs[i])
		mark, how, _ := p.outcome(&r.Runs[i])
		d.Scenarios = append(d.Scenarios, pageScenario{
			Run: r.Runs[i].Run, Mark: mark, Class: inkClass(how),
			Name: p.clean(row[0]), Outcome: p.clean(row[1]), Time: row[2], Reason: p.clean(row[3]),
		})
	}
	for i := range r.Claims {
		t := &r.Claims[i]
		d.Totals = append(d.Totals, [3]string{p.clean(t.Claim), p.clean(string(t.Verdict)), p.clean(totalText(t))})
	}
	if r.scenarios() < 2 {
		return
	}
	merged := r.Merged()
	for i := range merged {
		row := append(claimRow(&merged[i]), merged[i].Statement)
		mark, how := p.verdict(merged[i].Verdict)
		for k := range row {
			row[k] = p.clean(row[k])
		}
		d.Verdicts = append(d.Verdicts, append(row, mark, inkClass(how)))
	}
}

func (p *page) run(r *Run) (*pageRun, knownRun) {
	mark, how, _ := p.outcome(r)
	run := &pageRun{
		Run: r.Run, Mark: mark, Class: inkClass(how), Heading: p.clean(r.Scenario + ": " + outcomeName(r.Outcome)),
		Why: p.clean(r.Why), Title: p.clean(r.Title),
		Where: p.clean("Run " + strconv.Itoa(r.Run) + " on " + networkText(r) + "; seen by " + witnessText(r.Witnesses) + "."),
		Table: p.compared(r.Comparison),
	}
	p.verdicts(run, r.Findings)
	for i := range r.Disagreements {
		d := &r.Disagreements[i]
		run.Disagreements = append(run.Disagreements, pageNote{p.clean(d.Socket + ": " + d.Text), events(d.Events)})
	}
	for i := range r.Discrepancies {
		d := &r.Discrepancies[i]
		run.Discrepancies = append(run.Discrepancies, pageNote{p.clean(string(d.Rule) + " " + DiscrepancyText(d)), events(d.Events)})
	}
	for _, h := range r.Histories {
		for _, s := range h.States {
			run.States = append(run.States, pageState{pageNote{p.clean(joinNames(s.Witnesses)), events(s.Events)}, p.clean(h.Socket), millis(s.T), p.clean(s.State)})
		}
	}
	l := p.newLadder(r)
	run.Left, run.Right = l.a, l.b
	run.Items, run.Alone, run.Hidden = l.items(r.Sockets), l.alone(), hiddenText(l.hidden)
	if len(l.hosts) > 0 {
		run.HostA = p.clean(hostText(l.hosts[0], r.Sockets))
	}
	if len(l.hosts) > 1 {
		run.HostB = p.clean(hostText(l.hosts[1], r.Sockets))
	}
	return run, l.known(r)
}

// known is what the script knows of the run.
func (d *pageLadder) known(r *Run) knownRun {
	k := knownRun{Sockets: []knownSocket{}, Rows: d.moments}
	for _, s := range r.Sockets {
		k.Sockets = append(k.Sockets, knownSocket{
			ID: d.clean(s.ID), Right: d.atRight(s.Host), Hue: d.hues[s.ID], Local: d.clean(string(s.Local)), Remote: d.clean(string(s.Remote)),
		})
	}
	for i := range k.Rows {
		m := &k.Rows[i]
		m.FilterText = d.packets.place(m.filter)
		m.Ends = [2]string{d.clean(m.Ends[0]), d.clean(m.Ends[1])}
		for n := range m.Set {
			s := &m.Set[n]
			s.Socket, s.From, s.To = d.clean(s.Socket), d.clean(s.From), d.clean(s.To)
		}
	}
	return k
}

// inkClass is an ink's class in the style.
func inkClass(i ink) string {
	switch i {
	case good:
		return "good"
	case bad, alarm:
		return "bad"
	case warn:
		return "warn"
	}
	return ""
}

// events lists numbers for the script.
func events(nums []int) string {
	words := make([]string, len(nums))
	for i, n := range nums {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, " ")
}

// compared is the scenario's table; its cells show their events.
func (p *page) compared(t *claim.Comparison) *pageTable {
	if t == nil {
		return nil
	}
	table := &pageTable{Title: p.clean(t.Title)}
	for _, w := range t.Ways {
		table.Ways = append(table.Ways, p.clean(w))
	}
	for i := range t.Rows {
		row := pageTableRow{What: p.clean(t.Rows[i].What)}
		for _, cell := range t.Rows[i].Cells {
			row.Cells = append(row.Cells, pageNote{p.clean(cell.Text), events(cell.Events)})
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// verdicts are the findings, each of which shows its events.
func (p *page) verdicts(run *pageRun, fs []claim.Finding) {
	if len(fs) == 0 {
		return
	}
	yes, no, open := verdicts(fs)
	run.Counts = strconv.Itoa(yes) + " confirmed, " + strconv.Itoa(no) + " refuted, " + strconv.Itoa(open) + " inconclusive"
	for i := range fs {
		f := &fs[i]
		mark, how := p.verdict(f.Verdict)
		run.Claims = append(run.Claims, pageClaim{
			pageNote: pageNote{p.clean(f.Statement), events(f.Events)},
			ID:       p.clean(f.Claim), Mark: mark, Class: inkClass(how), Verdict: p.clean(string(f.Verdict)), Quantity: p.clean(string(f.Quantity)),
			Because: p.clean(f.Because) + p.cite(f.Events), Source: p.clean(f.Source),
		})
	}
}

// hiddenText says what the ladder leaves out.
func hiddenText(hidden map[journal.Kind]int) string {
	total := 0
	for _, n := range hidden {
		total += n
	}
	if total == 0 {
		return ""
	}
	return count(int64(total), "event") + " left out: readings that tell nothing new, and the teardown. journal.jsonl has all."
}
