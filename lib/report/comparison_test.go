package report

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/claim"
)

// compared is a row of a comparison; each cell rests on an event of its own.
func compared(what string, cells ...string) claim.Compared {
	r := claim.Compared{What: what}
	for i, text := range cells {
		c := claim.Cell{Text: text, Events: []int{}}
		if text != "" {
			c.Events = []int{10 + i, 20 + i}
		}
		r.Cells = append(r.Cells, c)
	}
	return r
}

// endingsTable is a comparison as a program makes it: with cells that are empty,
// and cells that must wrap.
func endingsTable() *claim.Comparison {
	return &claim.Comparison{
		Title: "What each way of ending it did",
		Ways:  []string{"SHUT_WR", "SHUT_RD", "SHUT_RDWR", "close()"},
		Rows: []claim.Compared{
			compared("it sent at once", "FIN+ACK", "nothing", "FIN+ACK", "FIN+ACK"),
			compared("its own end was then", "FIN_WAIT2", "ESTABLISHED", "FIN_WAIT2", "FIN_WAIT2"),
			compared("the caller's own read", `9: "late data"`, `9: "late data"`, "ECONNRESET", "no descriptor"),
			compared("what epoll said of it in the end", "EPOLLIN EPOLLOUT EPOLLRDHUP", "", "EPOLLIN EPOLLOUT EPOLLRDHUP EPOLLHUP EPOLLERR", ""),
			compared("这是什么", "é日本語", "", "→", "·"),
		},
	}
}

// drawn is a comparison as text.
func drawn(t *claim.Comparison, s Style) string {
	c := newCanvas(s)
	c.comparison(t)
	return string(c.buf)
}

// inMarkdown is a comparison in Markdown.
func inMarkdown(t *claim.Comparison, v Verbosity) string {
	m := &markdown{verbosity: v}
	m.comparison(t)
	return m.String()
}

func TestComparisonGolden(t *testing.T) {
	for _, width := range []int{60, 100} {
		for _, s := range []Style{
			{Width: width},
			{Width: width, Color: true},
			{Width: width, Unicode: true},
			{Width: width, Unicode: true, Color: true},
		} {
			name := fmt.Sprintf("comparison.%d%s%s.txt", width, map[bool]string{true: "-unicode", false: "-ascii"}[s.Unicode], map[bool]string{true: "-color"}[s.Color])
			t.Run(name, func(t *testing.T) {
				golden(t, filepath.Join("testdata", name), []byte(drawn(endingsTable(), s)))
			})
		}
	}
	golden(t, filepath.Join("testdata", "comparison.md"), []byte(inMarkdown(endingsTable(), Normal)))
	golden(t, filepath.Join("testdata", "comparison-verbose.md"), []byte(inMarkdown(endingsTable(), Verbose)))
}

// TestComparisonIsInTheReport: where a run has one, each format for people shows it once.
func TestComparisonIsInTheReport(t *testing.T) {
	r := selfConnection()
	r.Runs[0].Comparison = endingsTable()
	var text, md bytes.Buffer
	if err := Text(&text, r, Style{Width: 100, Unicode: true}); err != nil {
		t.Fatal(err)
	}
	if err := Markdown(&md, r, Normal); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text.String(), drawn(endingsTable(), Style{Width: 100, Unicode: true})); n != 1 {
		t.Errorf("%d tables in the text", n)
	}
	if n := strings.Count(md.String(), inMarkdown(endingsTable(), Normal)); n != 1 {
		t.Errorf("%d tables in Markdown", n)
	}
}

// hostile are strings that would break a table, or a terminal.
var hostile = []string{
	"\x1b[31mred\x1b[0m", "\x1b]0;title\a", "a|b|c", "two\nlines", "\r\nfour", "<script>", "`code`", "[x](y)",
	"\u202eright to left", "\xff\xfe", "\x00", strings.Repeat("w", 300), "@someone #1",
}

// hostileTable has every such string in every place.
func hostileTable() *claim.Comparison {
	t := &claim.Comparison{Title: strings.Join(hostile, " "), Ways: hostile}
	for _, s := range hostile {
		t.Rows = append(t.Rows, compared(s, hostile...))
	}
	return t
}

// TestHostileComparison: whatever it says, no line is longer than the width, no
// control character gets through, and a row of Markdown stays one row.
func TestHostileComparison(t *testing.T) {
	for _, unicode := range []bool{false, true} {
		for _, width := range []int{60, 80, 100} {
			for line := range strings.Lines(drawn(hostileTable(), Style{Width: width, Unicode: unicode})) {
				line = strings.TrimSuffix(line, "\n")
				if n := cellsOf(line); n > width {
					t.Errorf("width %d: %d cells: %q", width, n, line)
				}
				if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u202e' }) {
					t.Errorf("a control character in %q", line)
				}
				if !unicode && strings.ContainsFunc(line, func(r rune) bool { return r > 0x7e }) {
					t.Errorf("not ASCII: %q", line)
				}
			}
		}
	}
	lines := strings.Split(strings.TrimSpace(inMarkdown(hostileTable(), Normal)), "\n")
	if want := 2 + 2 + len(hostile); len(lines) != want { // title, blank line, head, rule, rows
		t.Errorf("%d lines of Markdown, want %d", len(lines), want)
	}
	for _, line := range lines[2:] {
		if n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); n != len(hostile)+2 {
			t.Errorf("%d columns, want %d: %q", n-1, len(hostile)+1, line)
		}
		if strings.ContainsAny(line, "\x1b\x00\r") || strings.Contains(line, "<script>") {
			t.Errorf("it got through: %q", line)
		}
	}
}

// TestOddComparison: nothing to compare, rows that are too short or too long, and
// none at all.
func TestOddComparison(t *testing.T) {
	for name, odd := range map[string]*claim.Comparison{
		"empty":   {},
		"no ways": {Title: "nothing", Rows: []claim.Compared{compared("a row")}},
		"no rows": {Title: "nothing", Ways: []string{"x", "y"}},
		"uneven":  {Title: "uneven", Ways: []string{"x", "y"}, Rows: []claim.Compared{compared("short", "1"), compared("long", "1", "2", "3")}},
	} {
		text := drawn(odd, Style{Width: 80, Unicode: true})
		if !strings.HasPrefix(text, odd.Title+"\n") {
			t.Errorf("%s: %q", name, text)
		}
		if strings.Contains(text, "3") {
			t.Errorf("%s: a cell without a way: %q", name, text)
		}
		inMarkdown(odd, Verbose)
	}
	if got := inMarkdown(nil, Normal); got != "" {
		t.Errorf("Markdown of none: %q", got)
	}
}

// TestWideComparison: what does not fit is drawn in parts, and nothing is left out.
func TestWideComparison(t *testing.T) {
	wide := &claim.Comparison{Title: "wide"}
	row := claim.Compared{What: "what came of it"}
	for i := range 12 {
		wide.Ways = append(wide.Ways, fmt.Sprintf("way%d", i))
		row.Cells = append(row.Cells, claim.Cell{Text: fmt.Sprintf("cell%d", i)})
	}
	wide.Rows = []claim.Compared{row}
	text := drawn(wide, Style{Width: 60})
	for _, s := range slices.Concat(wide.Ways, []string{"cell0", "cell11"}) {
		if !strings.Contains(text, s) {
			t.Errorf("%s is not in\n%s", s, text)
		}
	}
	if n := strings.Count(text, "what came"); n != 3 {
		t.Errorf("drawn in %d parts, want 3:\n%s", n, text)
	}
}
