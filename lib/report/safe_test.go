package report

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain":           "plain",
		"é → 日":           "é → 日",
		"\x1b[31m":        `\x1b[31m`,
		"a\nb\tc\rd":      `a\nb\tc\rd`,
		"\x00\x7f\u009b":  `\x00\x7f\x9b`,
		"\u202e\ufeff":    `\u202e\ufeff`,
		"\U000e0001":      `\U000e0001`,
		"bad \xff\xc3":    `bad \xff\xc3`,
		"\ufffd really":   "\ufffd really",
		"no\u00a0break":   `no\xa0break`,
		"line\u2028break": `line\u2028break`,
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestASCII(t *testing.T) {
	if got := ascii("1 µs → “x” … ≥ 日"); got != `1 us -> "x" ... >= ?` {
		t.Error(got)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 8, []string{"one two", "three"}},
		{"µµµµ µµ", 4, []string{"µµµµ", "µµ"}},
		{"a incomprehensibilities b", 8, []string{"a", "incompre", "hensibil", "ities b"}},
		{"abcdefgh x", 8, []string{"abcdefgh", "x"}},
	} {
		if got := wrap(c.in, c.width); !slices.Equal(got, c.want) {
			t.Errorf("%q in %d: %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		dots string
		want string
	}{
		{"µµµ", 3, "…", "µµµ"},
		{"µµµµ", 3, "…", "µµ…"},
		{"abcdef", 5, "...", "ab..."},
		{"abcdef", 2, "...", ".."},
		{"abcdef", 0, "…", ""},
	} {
		if got := clip(c.in, c.n, c.dots); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for in, want := range map[int64]string{0: "0", 999: "999", 7310: "7,310", -1234567: "-1,234,567"} {
		if got := grouped(in); got != want {
			t.Errorf("%d: %s, want %s", in, got, want)
		}
	}
	if got := ranges([]int{1, 3, 4, 6, 7, 8}, "#", ", ", "…"); got != "#1, #3, #4, #6-8" {
		t.Error(got)
	}
	if got := ranges([]int{3, 4, 6}, "", ",", "…"); got != "3-4,6" {
		t.Error(got)
	}
	many := []int{}
	for i := range 40 {
		many = append(many, 2*i)
	}
	if got := ranges(many, "", ",", "…"); got != "0,2,4,6,8,10,12,14,16,18,20,22,…" {
		t.Error(got)
	}
}

// A stranger's strings stay what they are, in every place of a Markdown
// document: no markup, no cell's end, no mention.
func TestMarkdownQuotes(t *testing.T) {
	for in, want := range map[string]string{
		"a|b":           `a\|b`,
		"SYN_SENT a__b": `SYN_SENT a\_\_b`,
		"`x` *y* _z_":   "\\`x\\` \\*y\\* \\_z\\_",
		"<b>&amp;":      "&lt;b&gt;&amp;amp;",
		"@who #1":       "@<!-- -->who #<!-- -->1",
		"two\nlines":    `two\\nlines`,
		"[x](y) ~z~":    `\[x\](y) \~z\~`,
		"- item":        `\- item`,
		"\x1b[0m":       `\\x1b\[0m`,
		"SYN → SYN-ACK": "SYN → SYN-ACK",
	} {
		if got := md(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestMarkdownFence(t *testing.T) {
	s := newScript("x", "wire")
	s.call("a1", "write", 3, "", "3").Data = []byte("`````")
	r := s.finish("", "reproduced", "")
	var b bytes.Buffer
	if err := Markdown(&b, reportOf(r), Normal); err != nil {
		t.Fatal(err)
	}
	if strings.Count(b.String(), "\n``````") != 2 {
		t.Errorf("what was written ends the code block:\n%s", b.String())
	}
}

func TestTAPQuotes(t *testing.T) {
	r := inconclusive()
	r.Runs[0].Scenario = "a # SKIP b\\\nok 2"
	r.Runs[0].Why = "x \"y\" \\ \n...\nok 3"
	var b bytes.Buffer
	if err := TAP(&b, r); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if want := `ok 1 - a \# SKIP b\\\\nok 2 (loopback, ipv4) # SKIP x "y" \ \n...\nok 3`; lines[2] != want {
		t.Errorf("%s\nwant\n%s", lines[2], want)
	}
	if want := `  why: "x \"y\" \\ \\n...\\nok 3"`; lines[5] != want {
		t.Errorf("%s\nwant\n%s", lines[5], want)
	}
}

func TestStyleFor(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	for _, c := range []struct {
		name, color string
		env         map[string]string
		want        Style
	}{
		{"nothing said", "auto", nil, Style{Width: 100}},
		{"a file has no colour by itself", "auto", map[string]string{"TERM": "xterm"}, Style{Width: 100}},
		{"always, whatever NO_COLOR says", "always", map[string]string{"NO_COLOR": "1"}, Style{Width: 100, Color: true}},
		{"never", "never", nil, Style{Width: 100}},
		{"COLUMNS", "auto", map[string]string{"COLUMNS": "80"}, Style{Width: 80, Told: true}},
		{"too narrow", "auto", map[string]string{"COLUMNS": "20"}, Style{Width: 60, Told: true}},
		{"too wide", "auto", map[string]string{"COLUMNS": "999"}, Style{Width: 200, Told: true}},
		{"no number", "auto", map[string]string{"COLUMNS": "wide"}, Style{Width: 100}},
		{"LANG", "auto", map[string]string{"LANG": "en_GB.UTF-8"}, Style{Width: 100, Unicode: true}},
		{"LC_CTYPE before LANG", "auto", map[string]string{"LC_CTYPE": "C", "LANG": "en_GB.utf8"}, Style{Width: 100}},
		{"LC_ALL before all", "auto", map[string]string{"LC_ALL": "C.UTF-8", "LC_CTYPE": "C"}, Style{Width: 100, Unicode: true}},
	} {
		if got := StyleFor(f, c.color, func(n string) string { return c.env[n] }); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, true}, {map[string]string{"NO_COLOR": "1"}, false}, {map[string]string{"TERM": "dumb"}, false},
	} {
		if got := wantsColor(true, "auto", func(n string) string { return c.env[n] }); got != c.want {
			t.Errorf("on a terminal with %v: %v", c.env, got)
		}
	}
}
