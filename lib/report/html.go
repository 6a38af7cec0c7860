package report

import (
	"crypto/sha256"
	_ "embed" // the page's style and script
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/tcp"
)

//go:embed page/style.css
var pageStyle string

//go:embed page/script.js
var pageScript string

// HTML writes a report as one page that needs no network: the ladder as a picture,
// with both hosts' states along it, rows that open, and verdicts that show their
// events. A journal may come from a stranger: the page's policy lets nothing run
// and nothing be fetched but its own script and style.
func HTML(w io.Writer, r *Report, c Circumstances) error {
	p := &page{canvas: newCanvas(markdownStyle), packets: newOpenPackets()}
	p.head(r)
	p.circumstances(r, c)
	for i := range r.Runs {
		p.run(&r.Runs[i])
	}
	p.totals(r.Claims)
	if len(c.Notes) > 0 {
		p.notes(c.Notes)
	}
	if err := p.foot(); err != nil {
		return err
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// page is the HTML as it grows.
type page struct {
	strings.Builder
	*canvas
	packets   openPackets
	backDrawn bool // what is behind the rows
}

// esc makes a journal's text part of the page.
func (p *page) esc(s string) string { return html.EscapeString(p.clean(s)) }

// out writes to the page what is escaped already.
func (p *page) out(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

// f writes to the page; its arguments are escaped already.
func (p *page) f(format string, args ...any) { fmt.Fprintf(&p.Builder, format, args...) }

// hashOf names a script or a style in the page's policy
// (Content Security Policy Level 3, §2.3.1).
func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (p *page) head(r *Report) {
	title := r.Tool.Name + ": " + tallyText(r.Tally)
	if !r.several() {
		title = r.Tool.Name + " " + r.Runs[0].Scenario + ": " + outcomeName(r.Runs[0].Outcome)
	}
	p.f("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	p.f("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'\">\n", hashOf(pageStyle), hashOf(pageScript))
	p.f("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n", p.esc(title), pageStyle)
	p.f("<h1>%s</h1>\n", p.esc(title))
}

// circumstances say what was run and where: in a line, and, for whoever opens it,
// as a table.
func (p *page) circumstances(r *Report, c Circumstances) {
	if c.Label != "" {
		p.f("<p>%s</p>\n", p.esc(c.Label))
	}
	p.f("<details>\n<summary class=\"soft\">%s</summary>\n<div class=\"wide\"><table>\n", p.esc(toolLine(r)))
	for _, f := range facts(r, c) {
		if f[1] != "" {
			p.f("<tr><th scope=\"row\">%s</th><td><code>%s</code></td></tr>\n", p.esc(f[0]), p.esc(f[1]))
		}
	}
	p.f("</table></div>\n</details>\n")
}

func (p *page) run(r *Run) {
	mark, how, _ := p.outcome(r)
	p.f("<section>\n<h2><span class=\"%s\">%s</span> %s: %s</h2>\n", inkClass(how), mark, p.esc(r.Scenario), p.esc(outcomeName(r.Outcome)))
	for _, s := range []string{r.Title, r.Why} {
		if s != "" {
			p.f("<p>%s</p>\n", p.esc(s))
		}
	}
	p.f("<p class=\"soft\">Run %d on %s; seen by %s.</p>\n", r.Run, p.esc(networkText(r)), p.esc(witnessText(r.Witnesses)))
	p.compared(r.Comparison)
	p.verdicts(r.Findings)
	p.disagreeing(r.Disagreements)
	p.contradicting(r.Discrepancies)
	p.ladder(r)
	p.states(r.Histories)
	p.f("</section>\n")
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

// button shows the events that something rests on; without any it is no button.
func (p *page) button(class string, nums []int, inner string) {
	if len(nums) == 0 {
		p.out(inner)
		return
	}
	if class != "" {
		class = ` class="` + class + `"`
	}
	p.out("<button", class, ` data-events="`, events(nums), `">`, inner, "</button>")
}

// compared is the scenario's table; its cells show their events.
func (p *page) compared(t *claim.Comparison) {
	if t == nil {
		return
	}
	p.f("<h3>%s</h3>\n<div class=\"wide\"><table>\n<tr><td></td>", p.esc(t.Title))
	for _, w := range t.Ways {
		p.f("<th scope=\"col\">%s</th>", p.esc(w))
	}
	p.f("</tr>\n")
	for i := range t.Rows {
		p.f("<tr><th scope=\"row\">%s</th>", p.esc(t.Rows[i].What))
		for _, cell := range t.Rows[i].Cells {
			p.f("<td>")
			p.button("cell", cell.Events, p.esc(cell.Text))
			p.f("</td>")
		}
		p.f("</tr>\n")
	}
	p.f("</table></div>\n")
}

// verdicts are the findings, each a button that shows its events.
func (p *page) verdicts(fs []claim.Finding) {
	if len(fs) == 0 {
		return
	}
	yes, no, open := verdicts(fs)
	p.f("<h3>Claims</h3>\n<p class=\"soft\">%d confirmed, %d refuted, %d inconclusive. <span class=\"noprint\">Choose one to see the events that it rests on.</span></p>\n<ul class=\"claims\">\n", yes, no, open)
	for i := range fs {
		f := &fs[i]
		mark, how := p.verdict(f.Verdict)
		p.f("<li class=\"claim\">")
		p.button("", f.Events, fmt.Sprintf("<span><b class=\"%s\">%s %s %s</b></span><span>%s</span><span class=\"soft\">%s%s</span>",
			inkClass(how), mark, p.esc(f.Claim), p.esc(string(f.Verdict)), p.esc(f.Statement), p.esc(f.Because), p.esc(p.cite(f.Events))))
		p.f("</li>\n")
	}
	p.f("</ul>\n")
}

func (p *page) disagreeing(ds []claim.Disagreement) {
	if len(ds) == 0 {
		return
	}
	p.f("<h3>Disagreements</h3>\n<ul>\n")
	for i := range ds {
		p.f("<li>")
		p.button("cell", ds[i].Events, p.esc(ds[i].Socket+": "+ds[i].Text))
		p.f("</li>\n")
	}
	p.f("</ul>\n")
}

func (p *page) contradicting(ds []tcp.Discrepancy) {
	if len(ds) == 0 {
		return
	}
	p.f("<h3>Discrepancies: the witnesses contradict each other</h3>\n<ul>\n")
	for i := range ds {
		p.f("<li>")
		p.button("cell", ds[i].Events, p.esc(string(ds[i].Rule)+" "+DiscrepancyText(&ds[i])))
		p.f("</li>\n")
	}
	p.f("</ul>\n")
}

// states is each socket's history, by witness.
func (p *page) states(hs []claim.History) {
	if len(hs) == 0 {
		return
	}
	p.f("<details>\n<summary>States, by witness</summary>\n<div class=\"wide\"><table>\n<tr><th>socket</th><th>ms</th><th>state</th><th>seen by</th></tr>\n")
	for i := range hs {
		for _, s := range hs[i].States {
			p.f("<tr><td>%s</td><td>%s</td><td>%s</td><td>", p.esc(hs[i].Socket), millis(s.T), p.esc(s.State))
			p.button("cell", s.Events, p.esc(joinNames(s.Witnesses)))
			p.f("</td></tr>\n")
		}
	}
	p.f("</table></div>\n</details>\n")
}

// totals are the verdicts over repeated runs.
func (p *page) totals(totals []claim.Total) {
	if len(totals) == 0 {
		return
	}
	p.f("<h2>Over all runs</h2>\n<div class=\"wide\"><table>\n")
	for i := range totals {
		p.f("<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td></tr>\n", p.esc(totals[i].Claim), p.esc(string(totals[i].Verdict)), p.esc(totalText(&totals[i])))
	}
	p.f("</table></div>\n")
}

func (p *page) notes(notes []string) {
	p.f("<h2>Notes</h2>\n<ul>\n")
	for _, n := range notes {
		p.f("<li>%s</li>\n", p.esc(n))
	}
	p.f("</ul>\n")
}

// foot ends the page, with what its script needs.
func (p *page) foot() error {
	known, err := json.Marshal(p.packets) // it escapes < and >, so that no text can end the element
	if err != nil {
		return err
	}
	p.f("<aside id=\"panel\" aria-label=\"Details\" aria-live=\"polite\" hidden><button type=\"button\" class=\"close\" aria-label=\"Close\">×</button><div></div></aside>\n")
	p.f("<script type=\"application/json\" id=\"packets\">%s</script>\n<script>%s</script>\n</body>\n</html>\n", known, pageScript)
	return nil
}
