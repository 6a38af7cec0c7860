package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"sockproof/cmd/staleresp/internal/token"
)

// entry is a line of a client's log: the request, and the request whose reply it got.
func entry(request, of string) string {
	return request + "\t" + token.Of([]byte(of)).String() + "\n"
}

func judgeLog(t *testing.T, log io.Reader) *logReport {
	t.Helper()
	j := newLogJudge("log")
	if err := j.read(log); err != nil {
		t.Fatal(err)
	}
	j.conclude()
	return j.logReport
}

// longLine is longer than a line may be.
var longLine = strings.Repeat("x", maxLine)

// logs are what clients wrote, and what is found in it.
var logs = map[string]struct {
	log     string
	want    logReport
	outcome string
	exit    int
}{
	"right":                     {entry("a", "a") + entry("b", "b"), logReport{Lines: 2, Right: 2}, logClean, 0},
	"off by one":                {entry("a", "a") + entry("b", "a") + entry("c", "b"), logReport{Lines: 3, Right: 1, Stale: 2, First: []wrongLine{{2, lineStale, "b", token.Of([]byte("a")).String(), 1}, {3, lineStale, "c", token.Of([]byte("b")).String(), 2}}}, logStale, 1},
	"timed out, and then read":  {"a\t\n" + entry("b", "a"), logReport{Lines: 2, Unanswered: 1, Stale: 1, First: []wrongLine{{2, lineStale, "b", token.Of([]byte("a")).String(), 1}}}, logStale, 1},
	"another's":                 {entry("a", "z"), logReport{Lines: 1, Foreign: 1, First: []wrongLine{{1, lineForeign, "a", token.Of([]byte("z")).String(), 0}}}, logStale, 1},
	"the same again":            {entry("a", "a") + entry("a", "a"), logReport{Lines: 2, Right: 1, Repeated: 1}, logInconclusive, 3},
	"one key, polled":           {entry("a", "a") + "a\t\n" + strings.Repeat(entry("a", "a"), 998), logReport{Lines: 1000, Right: 1, Unanswered: 1, Repeated: 998}, logInconclusive, 3},
	"the same again, and stale": {entry("a", "a") + entry("a", "a") + entry("b", "a"), logReport{Lines: 3, Right: 1, Repeated: 1, Stale: 1, First: []wrongLine{{3, lineStale, "b", token.Of([]byte("a")).String(), 2}}}, logStale, 1},
	"a byte order mark":         {"\ufeff" + entry("a", "a") + entry("b", "b"), logReport{Lines: 2, Right: 2}, logClean, 0},
	"the mark, and stale":       {"\ufeffa\t\n" + entry("b", "a"), logReport{Lines: 2, Unanswered: 1, Stale: 1, First: []wrongLine{{2, lineStale, "b", token.Of([]byte("a")).String(), 1}}}, logStale, 1},
	"a mark that was asked":     {entry("\ufeffa", "\ufeffa"), logReport{Lines: 1, Right: 1}, logClean, 0},
	"a mark elsewhere":          {entry("a", "a") + entry("\ufeffb", "b"), logReport{Lines: 2, Right: 1, Foreign: 1, First: []wrongLine{{2, lineForeign, "\ufeffb", token.Of([]byte("b")).String(), 0}}}, logStale, 1},
	"the same after a timeout":  {"a\t\n" + entry("a", "a"), logReport{Lines: 2, Unanswered: 1, Repeated: 1}, logInconclusive, 3},
	"no reply at all":           {"a\t\n", logReport{Lines: 1, Unanswered: 1}, logInconclusive, 3},
	"an error as reply":         {entry("a", "a") + "b\ttimeout\n", logReport{Lines: 2, Right: 1, Other: 1, First: []wrongLine{{2, lineOther, "b", "timeout", 0}}}, logInconclusive, 3},
	"no tab":                    {entry("a", "a") + "b\n", logReport{Lines: 2, Right: 1, Malformed: 1, First: []wrongLine{{2, lineMalformed, "b", "", 0}}}, logInconclusive, 3},
	"nothing":                   {"", logReport{}, logInconclusive, 3},
	"an empty line":             {entry("a", "a") + "\n", logReport{Lines: 2, Right: 1, Malformed: 1, First: []wrongLine{{2, lineMalformed, "", "", 0}}}, logInconclusive, 3},
	"no newline at the end":     {strings.TrimSuffix(entry("a", "a"), "\n"), logReport{Lines: 1, Right: 1}, logClean, 0},
	"CRLF":                      {strings.ReplaceAll(entry("a", "a"), "\n", "\r\n"), logReport{Lines: 1, Right: 1}, logClean, 0},
	"tabs in the request":       {entry("a\tb", "a\tb"), logReport{Lines: 1, Right: 1}, logClean, 0},
	"bytes that are no text":    {entry("\x00\xff\x1b[2J", "\x00\xff\x1b[2J"), logReport{Lines: 1, Right: 1}, logClean, 0},
	"an empty request":          {entry("", ""), logReport{Lines: 1, Right: 1}, logClean, 0},
	"a line too long":           {longLine + "\tb\n" + entry("a", "a"), logReport{Lines: 2, Right: 1, Malformed: 1, First: []wrongLine{{1, lineMalformed, longLine[:shownBytes] + "…", "", 0}}}, logInconclusive, 3},
	"the last line too long":    {entry("a", "a") + longLine + longLine, logReport{Lines: 2, Right: 1, Malformed: 1, First: []wrongLine{{2, lineMalformed, longLine[:shownBytes] + "…", "", 0}}}, logInconclusive, 3},
	"stale beats malformed":     {entry("a", "a") + "\n" + entry("b", "a"), logReport{Lines: 3, Right: 1, Malformed: 1, Stale: 1, First: []wrongLine{{2, lineMalformed, "", "", 0}, {3, lineStale, "b", token.Of([]byte("a")).String(), 1}}}, logStale, 1},
}

func TestJudge(t *testing.T) {
	for name, tt := range logs {
		t.Run(name, func(t *testing.T) {
			got := judgeLog(t, strings.NewReader(tt.log))
			if got.Repeated > 0 && got.Outcome == logInconclusive && !strings.Contains(got.Why, "make each request distinct") {
				t.Errorf("%q does not say what can be done", got.Why)
			}
			if got.Outcome != tt.outcome || got.exit() != tt.exit || got.Why == "" {
				t.Errorf("%s, %q, exit %d; want %s, %d", got.Outcome, got.Why, got.exit(), tt.outcome, tt.exit)
			}
			want := tt.want
			want.Schema, want.Log, want.Outcome, want.Why = got.Schema, got.Log, got.Outcome, got.Why
			if want.First == nil {
				want.First = []wrongLine{}
			}
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("got  %+v\nwant %+v", *got, want)
			}
			var b bytes.Buffer
			got.write(&b)
			if strings.ContainsRune(b.String(), '\x1b') {
				t.Errorf("a control character in %q", b.String())
			}
		})
	}
}

// endless is a log of so many lines, every one of another request, of which each
// gets the reply to the one before.
type endless struct {
	lines, n int
	rest     []byte
}

func (e *endless) Read(b []byte) (int, error) {
	for len(e.rest) < len(b) && e.n < e.lines {
		e.n++
		e.rest = fmt.Appendf(e.rest, "%d\t%s\n", e.n, token.Of(fmt.Append(nil, e.n-1)))
	}
	n := copy(b, e.rest)
	e.rest = e.rest[:copy(e.rest, e.rest[n:])]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// TestJudgeMemory: of a long log what is remembered has a bound.
func TestJudgeMemory(t *testing.T) {
	const size, lines = 1000, 3500
	j := newLogJudge("log")
	j.asked = newRecent(size)
	if err := j.read(&endless{lines: lines}); err != nil {
		t.Fatal(err)
	}
	if j.Stale != lines-1 || j.Foreign != 1 || len(j.First) != shownLines {
		t.Errorf("%d stale, %d foreign, %d told", j.Stale, j.Foreign, len(j.First))
	}
	if len(j.asked.lines) != size {
		t.Errorf("%d lines are remembered", len(j.asked.lines))
	}
	if line, ok := j.asked.line(token.Of([]byte("1"))); ok {
		t.Errorf("line %d is still remembered", line)
	}
}

func TestJudgeUsage(t *testing.T) {
	dir := t.TempDir()
	for args, want := range map[string]string{
		"judge":                        "judge: 0 arguments []: want one, the client's log, or - for stdin",
		"judge a b":                    `judge: 2 arguments ["a" "b"]`,
		"judge " + dir + "/none":       `/none": no such file or directory; want a client's log`,
		"judge " + dir:                 "is a directory; want a client's log",
		"judge --format tap " + dir:    `value "tap": want text or json`,
		"judge --connections 3 " + dir: `flag "--connections" is for the command load only`,
	} {
		if runtime.GOOS == "windows" {
			want = "" // its words are other ones
		}
		checkUsage(t, args, want)
	}
}

// A log whose reading fails half way is no verdict.
func TestJudgeBrokenLog(t *testing.T) {
	broken := errors.New("broken")
	r, w := io.Pipe()
	go func() {
		fmt.Fprint(w, entry("a", "a"))
		w.CloseWithError(broken)
	}()
	if err := newLogJudge("log").read(r); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func TestJudgeFile(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte(entry("a", "a")+entry("b", "a")), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := runHere(t, "judge", log)
	if code != 1 || errs != "" || !strings.HasPrefix(out, `line 2  stale: "b" got `+token.Of([]byte("a")).String()+", the reply to line 1, 1 before\n") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, out, errs)
	}
}
