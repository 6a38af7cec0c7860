package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

func pageOf(w io.Writer, r *Report) error {
	return HTML(w, r, Circumstances{
		Command: []string{r.Tool.Name, "--label", "it's one", "--evidence", "e.zip"}, Label: "it's <one>", Notes: []string{"nothing was replaced"},
	})
}

// bodyOf is the page without its style and script, which are files of their own.
func bodyOf(w io.Writer, r *Report) error {
	var page bytes.Buffer
	if err := pageOf(&page, r); err != nil {
		return err
	}
	s := page.String()
	policy := regexp.MustCompile(`style-src (\S+); script-src (\S+);`).FindStringSubmatch(s)
	if policy == nil || html.UnescapeString(policy[1]) != hashOf(pageStyle) || html.UnescapeString(policy[2]) != hashOf(pageScript) {
		return errors.New("the page's policy does not name its style and script")
	}
	for _, part := range []string{pageStyle, pageScript, policy[1], policy[2]} {
		if strings.Count(s, part) != 1 {
			return errors.New("the page's style and script are not there once")
		}
		s = strings.Replace(s, part, "…", 1)
	}
	_, err := io.WriteString(w, s)
	return err
}

// rendered is a report as a page.
func rendered(t *testing.T, r *Report) string {
	t.Helper()
	var page bytes.Buffer
	if err := pageOf(&page, r); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// TestPageOfAStranger fills every text of a report with what would run, load or
// break out of something in a browser.
func TestPageOfAStranger(t *testing.T) {
	const bad = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&` + "\x1b[31m\u202e"
	r := simultaneousOpen()
	run := &r.Runs[0]
	run.Scenario, run.Title, run.Why = bad, bad, bad
	run.Comparison = &claim.Comparison{Title: bad, Ways: []string{bad}, Rows: []claim.Compared{{What: bad, Cells: []claim.Cell{{Text: bad, Events: []int{3}}}}}}
	for i := range run.Findings {
		run.Findings[i].Statement, run.Findings[i].Because, run.Findings[i].Claim = bad, bad, bad
	}
	for i := range run.Events {
		e := &run.Events[i]
		if e.Call != nil {
			e.Call.Op, e.Call.Data, e.Call.Args = bad, []byte(bad), []string{bad}
		}
		if e.Packet != nil {
			e.Packet.Reason, e.Packet.Options, e.Packet.Flags, e.Packet.RawFlags = bad, []string{bad}, 0, []string{bad}
		}
	}
	s := rendered(t, r)
	if n := strings.Count(s, "<script"); n != 2 {
		t.Errorf("%d scripts; want the page's own, and its data", n)
	}
	for _, what := range []string{"<img", "\x1b", "\u202e"} {
		if strings.Contains(s, what) {
			t.Errorf("the page has %q", what)
		}
	}
}

// dataOf is what the page's script knows.
func dataOf(t *testing.T, page string) pageKnown {
	t.Helper()
	m := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no data")
	}
	var known pageKnown
	if err := json.Unmarshal([]byte(m[1]), &known); err != nil {
		t.Fatal(err)
	}
	return known
}

// numbersIn are the numbers in what an expression finds.
func numbersIn(page, expression string) map[string]bool {
	all := map[string]bool{}
	for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(page, -1) {
		for n := range strings.SplitSeq(m[1], " ") {
			all[n] = true
		}
	}
	return all
}

// TestPageShowsWhatVerdictsRestOn: every event that a verdict cites is a row of the
// picture, and every packet with bytes can be opened.
func TestPageShowsWhatVerdictsRestOn(t *testing.T) {
	for name, r := range fixtures() {
		page := rendered(t, r)
		rows := numbersIn(page, `<div class="row[^>]* data-n="([0-9 ]+)"`)
		for n := range numbersIn(page, `data-events="([0-9 ]+)"`) {
			if !rows[n] {
				t.Errorf("%s: event %s has no row", name, n)
			}
		}
		known := dataOf(t, page)
		for i := range r.Runs {
			for k := range r.Runs[i].Events {
				e := &r.Runs[i].Events[k]
				if n := events([]int{e.N}); e.Packet != nil && len(e.Packet.Bytes) > 0 && e.Packet.Bulk == nil && rows[n] {
					if open := known.Packets[n]; !bytes.Equal(open.Bytes, e.Packet.Bytes) || !slices.Contains(open.Fields, slices.Index(known.Texts, string(e.Packet.Src))) {
						t.Errorf("%s: the packet of event %d cannot be opened", name, e.N)
					}
				}
			}
		}
	}
}

// TestRunIsWellFormed reads what is shown of every run as XML: each element ends where it must.
func TestRunIsWellFormed(t *testing.T) {
	for name, r := range fixtures() {
		sections := regexp.MustCompile(`(?s)<section.*?</section>`).FindAllString(rendered(t, r), -1)
		if len(sections) != len(r.Runs) {
			t.Errorf("%s: %d sections", name, len(sections))
		}
		for _, section := range sections {
			d := xml.NewDecoder(strings.NewReader(section))
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
	}
}

// TestEachRowHasItsMoment: the script finds what it knows of a row by the row's place.
func TestEachRowHasItsMoment(t *testing.T) {
	for name, r := range fixtures() {
		page := rendered(t, r)
		known := dataOf(t, page)
		rows := 0
		for i := range known.Runs {
			rows += len(known.Runs[i].Rows)
		}
		if n := strings.Count(page, `<div class="row `); n != rows {
			t.Errorf("%s: %d rows, %d moments", name, n, rows)
		}
	}
}

// TestPageOfSeveral has an index with each outcome, and folds what matters less.
func TestPageOfSeveral(t *testing.T) {
	page := rendered(t, fixtures()["repeat"])
	for _, want := range []string{`<a href="#run1">direct</a>`, `<a href="#run2">direct</a>`, `<section id="run2">`, "✓ reproduced", "? inconclusive"} {
		if !strings.Contains(page, want) {
			t.Errorf("the index has no %s", want)
		}
	}
	s := newScript("long", journal.Wire).socket("a1", a80, b80).socket("b1", b80, a80)
	for range 2 * pageRows {
		s.carry("a", "b", segment(a80, b80, "ACK", 1, 1, 0))
	}
	s.t += 2 * longGap
	for range pageRows {
		s.carry("b", "a", segment(b80, a80, "ACK", 1, 1, 0))
	}
	page = rendered(t, reportOf(s.finish("", claim.Reproduced, "it was")))
	if n := strings.Count(page, `<details class="fold">`); n != 2 {
		t.Errorf("%d folds; want one before the gap and one after it", n)
	}
	if n := strings.Count(page, "in which nothing happened"); n != 1 {
		t.Errorf("%d gaps; want 1", n)
	}
}

func TestLanes(t *testing.T) {
	s := newScript("lanes", journal.Wire).socket("a1", "192.0.2.1:1", "192.0.2.2:2").
		socket("a2", "192.0.2.1:2", "192.0.2.2:2").socket("a3", "192.0.2.1:3", "192.0.2.2:2")
	s.seen("a1", "", journal.Established, journal.TCPInfo)
	s.seen("a2", "", journal.Established, journal.TCPInfo)
	s.seen("a1", journal.Established, journal.Close, journal.TCPInfo)
	s.call("a1", "close", 0, "")
	s.seen("a3", "", journal.Established, journal.TCPInfo)
	r := reportOf(s.finish("", claim.Reproduced, "it was"))
	d := (&page{canvas: newCanvas(markdownStyle), packets: newOpenPackets()}).newLadder(&r.Runs[0])
	var at []string
	for _, l := range d.lanesOf(&r.Runs[0]) {
		at = append(at, l.socket+strings.Repeat("|", l.at))
	}
	// a3 begins when a1 has ended, and takes its place; a2 goes on.
	if want := []string{"a1", "a2|", "a3"}; !slices.Equal(at, want) {
		t.Errorf("lanes %v; want %v", at, want)
	}
	var names []string
	for _, cells := range d.left {
		for _, c := range cells {
			if c.Name != "" {
				names = append(names, c.Name)
			}
		}
	}
	if want := []string{"a1", "a2", "a3"}; !slices.Equal(names, want) {
		t.Errorf("the lanes are named %v; want %v", names, want)
	}
}
