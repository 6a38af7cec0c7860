package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
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
	for _, part := range []string{pageStyle, pageScript, hashOf(pageStyle), hashOf(pageScript)} {
		if strings.Count(s, part) != 1 {
			return errors.New("the page's style, script and policy are not there once")
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
func dataOf(t *testing.T, page string) openPackets {
	t.Helper()
	m := regexp.MustCompile(`(?s)<script type="application/json" id="packets">(.*?)</script>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no data")
	}
	var known openPackets
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
		rows := numbersIn(page, `<g class="row"[^>]* data-n="([0-9 ]+)"`)
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

// TestPictureIsWellFormed reads every picture as XML.
func TestPictureIsWellFormed(t *testing.T) {
	for name, r := range fixtures() {
		for _, svg := range regexp.MustCompile(`(?s)<svg viewBox.*?</svg>`).FindAllString(rendered(t, r), -1) {
			d := xml.NewDecoder(strings.NewReader(svg))
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

func TestLanes(t *testing.T) {
	s := newScript("lanes", journal.Wire).socket("a1", "192.0.2.1:1", "192.0.2.2:2").
		socket("a2", "192.0.2.1:2", "192.0.2.2:2").socket("a3", "192.0.2.1:3", "192.0.2.2:2")
	s.seen("a1", "", journal.Established, journal.TCPInfo)
	s.seen("a2", "", journal.Established, journal.TCPInfo)
	s.seen("a1", journal.Established, journal.Close, journal.TCPInfo)
	s.call("a1", "close", 0, "")
	s.seen("a3", "", journal.Established, journal.TCPInfo)
	r := reportOf(s.finish("", claim.Reproduced, "it was"))
	d := &picture{page: &page{canvas: newCanvas(markdownStyle)}, ladder: newLadder(&r.Runs[0], false), rowOf: map[int]int{}}
	for i := range d.rows {
		for _, n := range d.rows[i].nums {
			d.rowOf[n] = i
		}
	}
	var at []string
	for _, l := range d.lanesOf(&r.Runs[0]) {
		at = append(at, l.socket+strings.Repeat("|", l.at))
	}
	// a3 begins when a1 has ended, and takes its place; a2 goes on.
	if want := []string{"a1", "a2|", "a3"}; !slices.Equal(at, want) {
		t.Errorf("lanes %v; want %v", at, want)
	}
}
