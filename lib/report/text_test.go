package report

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"sockproof/lib/journal"
)

func render(t testing.TB, r *Report, s Style) string {
	t.Helper()
	var b bytes.Buffer
	if err := Text(&b, r, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// eachStyle runs f for every fixture in every way to draw it, without colour.
func eachStyle(t *testing.T, f func(t *testing.T, r *Report, s Style)) {
	t.Helper()
	for name, r := range fixtures() {
		for _, width := range []int{60, 61, 80, 99, 100, 120, 200} {
			for _, unicode := range []bool{true, false} {
				for _, v := range []Verbosity{Normal, Verbose, Quiet} {
					s := Style{Width: width, Unicode: unicode, Verbosity: v}
					t.Run(name+"/"+strconv.Itoa(width)+"/"+strconv.FormatBool(unicode)+"/"+strconv.Itoa(int(v)),
						func(t *testing.T) { f(t, r, s) })
				}
			}
		}
	}
}

func TestColourChangesNothingElse(t *testing.T) {
	codes := regexp.MustCompile("\x1b\\[[0-9;]*m")
	eachStyle(t, func(t *testing.T, r *Report, s Style) {
		without := render(t, r, s)
		s.Color = true
		with := render(t, r, s)
		if with == without {
			t.Error("there is no colour")
		}
		if got := codes.ReplaceAllString(with, ""); got != without {
			t.Errorf("without its colour it differs:\n%s\nwant:\n%s", got, without)
		}
	})
}

// The library that knows the colours decides on the program's standard output
// when it is loaded; a style decides for its own stream.
func TestColourIgnoresEnvironment(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	if got := render(t, selfConnection(), Style{Color: true}); !strings.Contains(got, "\x1b[") {
		t.Error("the style asked for colour and there is none")
	}
}

func TestLinesFitAndAreSafe(t *testing.T) {
	eachStyle(t, func(t *testing.T, r *Report, s Style) {
		out := render(t, r, s)
		checkText(t, out, s)
		if s.Verbosity == Quiet && strings.Count(out, "\n") != 1 {
			t.Errorf("quiet is one line, not\n%s", out)
		}
	})
}

// checkText reports what must not be in text, whatever the journal was.
func checkText(t testing.TB, out string, s Style) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Error("not UTF-8")
	}
	for n, line := range strings.Split(out, "\n") {
		if s.Verbosity != Quiet && utf8.RuneCountInString(line) > s.Width {
			t.Errorf("line %d has %d cells of %d: %q", n+1, utf8.RuneCountInString(line), s.Width, line)
		}
		if strings.HasSuffix(line, " ") {
			t.Errorf("line %d ends in a blank: %q", n+1, line)
		}
		if printable(line) != line {
			t.Errorf("line %d has what a terminal acts upon: %q", n+1, line)
		}
		if !s.Unicode && !isPlain(line) {
			t.Errorf("line %d has more than ASCII: %q", n+1, line)
		}
	}
}

// What a finding, a history or a disagreement cites must be found in the
// ladder, though it is folded into a row with others.
func TestCitedEventsAreInTheLadder(t *testing.T) {
	for name, r := range fixtures() {
		for i := range r.Runs {
			run := &r.Runs[i]
			var shown []int
			for _, row := range newLadder(run, false).rows {
				shown = append(shown, row.nums...)
			}
			var cited []int
			for _, f := range run.Findings {
				cited = append(cited, f.Events...)
			}
			for _, d := range run.Disagreements {
				cited = append(cited, d.Events...)
			}
			for _, h := range run.Histories {
				for _, s := range h.States {
					cited = append(cited, s.Events...)
				}
			}
			for _, n := range cited {
				if !slices.Contains(shown, n) {
					t.Errorf("%s: event %d is cited and not shown", name, n)
				}
			}
		}
	}
}

func TestVerboseShowsEveryEventOnce(t *testing.T) {
	for name, r := range fixtures() {
		for i := range r.Runs {
			var shown, all []int
			l := newLadder(&r.Runs[i], true)
			for _, row := range l.rows {
				shown = append(shown, row.nums...)
			}
			slices.Sort(shown)
			for _, e := range r.Runs[i].Events {
				all = append(all, e.N)
			}
			if !slices.Equal(shown, all) || len(l.hidden) > 0 {
				t.Errorf("%s: shown %v of %v, hidden %v", name, shown, all, l.hidden)
			}
		}
	}
}

// rowsOf draws a ladder alone, without its head, times and numbers.
func rowsOf(s *script, width int) []string {
	r := s.finish("", "reproduced", "")
	c := newCanvas(Style{Width: width, Unicode: true})
	c.drawLadder(newLadder(&r, false))
	lines := strings.Split(strings.TrimSuffix(string(c.buf), "\n"), "\n")[1:]
	for i, l := range lines {
		lines[i] = l[strings.IndexAny(l, "│├"):]
	}
	return lines
}

// The packets of the arrows.
var (
	arrowSYN    = segment(a80, b80, "SYN", 10, 0, 0)
	arrowToSelf = segment(a80, a80, "SYN", 10, 0, 0)
	arrowLost   = changed(arrowSYN, func(p *journal.Packet) { p.Reason = "lost" })
	arrowCopy   = changed(arrowSYN, func(p *journal.Packet) { p.Copy = true })
)

func changed(p journal.Packet, change func(*journal.Packet)) journal.Packet {
	change(&p)
	return p
}

// twoEnds are two hosts with a socket each.
func twoEnds() *script {
	return newScript("", journal.Wire).socket("a1", a80, b80).socket("b1", b80, a80)
}

// oneEnd is a socket that is connected to itself.
func oneEnd() *script { return newScript("", journal.Wire).socket("a1", a80, a80) }

// arrows are packets, and how a ladder draws each.
var arrows = []struct {
	name  string
	write func() *script
	want  []string
}{
	{"delivered at once", func() *script {
		s := twoEnds()
		s.carry("a", "b", arrowSYN)
		return s
	}, []string{"├─────────────── SYN seq=0 ───────────────▶│"}},
	{"delivered after its sender's state was read", func() *script {
		s := twoEnds()
		n := s.at(journal.AtSent, "a", arrowSYN, 0)
		s.seen("a1", "CLOSE", "SYN_SENT", journal.TCPInfo)
		s.at(journal.AtDelivered, "b", arrowSYN, n)
		return s
	}, []string{
		"│ a1 CLOSE → SYN_SENT  (tcp_info)          │",
		"├─────────────── SYN seq=0 ───────────────▶│",
	}},
	{"delivered after its receiver's state changed", func() *script {
		s := twoEnds()
		n := s.at(journal.AtSent, "a", arrowSYN, 0)
		s.seen("b1", "CLOSE", "LISTEN", journal.TCPInfo)
		s.at(journal.AtDelivered, "b", arrowSYN, n)
		return s
	}, []string{
		"├──── SYN seq=0 ────▶ in flight             │",
		"│              b1 CLOSE → LISTEN  (tcp_info) │",
		"│                   #1 ──── SYN seq=0 ────▶│",
	}},
	{"dropped at once", func() *script {
		s := twoEnds()
		s.at(journal.AtDropped, "a", arrowLost, s.at(journal.AtSent, "a", arrowSYN, 0))
		return s
	}, []string{"├──── SYN seq=0 ────▶ ✕ dropped (lost)     │"}},
	{"held and then dropped", func() *script {
		s := twoEnds()
		n := s.at(journal.AtSent, "a", arrowSYN, 0)
		s.at(journal.AtHeld, "a", arrowSYN, n)
		s.at(journal.AtDropped, "a", arrowLost, n)
		return s
	}, []string{
		"├──── SYN seq=0 ────▶ held                 │",
		"│      #1 SYN seq=0 ✕ dropped (lost)       │",
	}},
	{"delivered twice", func() *script {
		s := twoEnds()
		n := s.at(journal.AtSent, "a", arrowSYN, 0)
		s.at(journal.AtDelivered, "b", arrowSYN, n)
		s.at(journal.AtDelivered, "b", arrowCopy, n)
		return s
	}, []string{
		"├─────────────── SYN seq=0 ───────────────▶│",
		"│           copy of #1 ──── SYN seq=0 ────▶│",
	}},
	{"never delivered", func() *script {
		s := twoEnds()
		s.at(journal.AtSent, "b", segment(b80, a80, "ACK", 1, 1, 0), 0)
		return s
	}, []string{"│   never delivered ◀── ACK seq=0 ack=0 ───┤"}},
	{"injected", func() *script {
		s := twoEnds()
		s.at(journal.AtInjected, "b", arrowSYN, 0)
		return s
	}, []string{"│             injected ──── SYN seq=0 ────▶│"}},
	{"to itself, at once", func() *script {
		s := oneEnd()
		s.carry("a", "a", arrowToSelf)
		return s
	}, []string{
		"├───────── SYN seq=0 ─────────╮",
		"│◀────────────────────────────╯",
	}},
	{"to itself, two on their way", func() *script {
		s := oneEnd()
		m := s.at(journal.AtSent, "a", arrowToSelf, 0)
		n := s.at(journal.AtSent, "a", arrowToSelf, 0)
		s.at(journal.AtDelivered, "a", arrowToSelf, m)
		s.call("a1", "close", 0, "")
		s.at(journal.AtDelivered, "a", arrowToSelf, n)
		return s
	}, []string{
		"├───────── SYN seq=0 ─────────╮",
		"├───────── SYN seq=0 ─────────┤",
		"│◀────── #1 SYN seq=0 ────────┤",
		"│ a1 close() = 0  12 µs       │",
		"│◀────── #2 SYN seq=0 ────────╯",
	}},
	{"to itself, dropped", func() *script {
		s := oneEnd()
		s.at(journal.AtDropped, "a", arrowToSelf, s.at(journal.AtSent, "a", arrowToSelf, 0))
		return s
	}, []string{"├── SYN seq=0 ──▶ ✕ dropped"}},
	{"to itself, beside another host", func() *script {
		s := oneEnd().socket("b1", b80, "")
		n := s.at(journal.AtSent, "a", arrowToSelf, 0)
		s.call("b1", "listen", 0, "", "1")
		s.at(journal.AtDelivered, "a", arrowToSelf, n)
		return s
	}, []string{
		"├───────── SYN seq=0 ─────────╮              │",
		"│                    b1 listen(1) = 0  12 µs │",
		"│◀────── #1 SYN seq=0 ────────╯              │",
	}},
	{"to itself, on lo", func() *script {
		s := oneEnd()
		s.at(journal.AtDelivered, "", arrowToSelf, 0)
		return s
	}, []string{
		"├───────── SYN seq=0 ─────────╮",
		"│◀────────────────────────────╯",
	}},
}

func TestArrows(t *testing.T) {
	for _, c := range arrows {
		t.Run(c.name, func(t *testing.T) {
			got, want := squeeze(rowsOf(c.write(), 60)), squeeze(c.want)
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// squeeze shortens what only depends on the width of the columns.
func squeeze(lines []string) []string {
	out := slices.Clone(lines)
	for i := range out {
		for _, s := range []string{" ", "─"} {
			for strings.Contains(out[i], s+s) {
				out[i] = strings.ReplaceAll(out[i], s+s, s)
			}
		}
	}
	return out
}

func TestNumbersAreRelativeToEachIncarnation(t *testing.T) {
	s := newScript("", journal.Wire).socket("a1", a80, b80).socket("b1", b80, a80)
	s.carry("a", "b", segment(a80, b80, "SYN", 4_294_967_295, 0, 0))
	s.carry("b", "a", segment(b80, a80, "SYN,ACK", 500, 0, 0))
	s.carry("a", "b", segment(a80, b80, "ACK", 4, 501, 0)) // across the wrap
	s.carry("a", "b", segment(a80, b80, "ACK", 4_294_967_294, 501, 0))
	s.carry("a", "b", segment(a80, b80, "SYN", 7000, 0, 0)) // a new connection
	s.carry("b", "a", segment(b80, a80, "RST,ACK", 0, 7001, 0))
	r := s.finish("", "reproduced", "")
	var got []string
	for _, row := range newLadder(&r, false).rows {
		l := row.arrow.label
		got = append(got, l.p.Flags.String()+" "+strconv.FormatInt(l.seq, 10)+" "+strconv.FormatInt(l.ack, 10))
	}
	want := []string{"SYN 0 ", "SYN,ACK 0 1", "ACK 5 1", "ACK -1 1", "SYN 0 ", "RST,ACK 0 1"}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("packet %d: %s, want %s", i+1, got[i], want[i])
		}
	}
}

// A journal of the size of a run must not cost what the run does.
func BenchmarkText(b *testing.B) {
	r := simultaneousOpen()
	b.ReportAllocs()
	for b.Loop() {
		if err := Text(io.Discard, r, Style{Width: 100, Unicode: true, Color: true}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJSON(b *testing.B) {
	r := simultaneousOpen()
	b.ReportAllocs()
	for b.Loop() {
		if err := JSON(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}
