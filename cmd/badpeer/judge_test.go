package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sockproof/cmd/badpeer/internal/replies"
	"sockproof/cmd/badpeer/internal/token"
	"sockproof/lib/cli"
	"sockproof/lib/journaltest"
	"sockproof/lib/schematest"
)

// judgeHere runs the command.
func judgeHere(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	return journaltest.Command(t, "badpeer", judgeCommand(), args...)
}

func TestJudgeUsage(t *testing.T) {
	dir := t.TempDir()
	for args, want := range map[string]string{
		"":                    "judge: 0 arguments []: want one, the client's log, or - for stdin",
		"a b":                 `judge: 2 arguments ["a" "b"]`,
		dir + "/none":         `/none": no such file or directory; want a client's log`,
		dir:                   "is a directory; want a client's log",
		"--format tap " + dir: `value "tap": want text or json`,
	} {
		if runtime.GOOS == "windows" {
			want = "" // its words are other ones
		}
		if code, out, errs := judgeHere(t, strings.Fields(args)...); code != cli.ExitUsage || out != "" || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit %d, stdout %q, stderr %q; want %q", args, code, out, errs, want)
		}
	}
}

// TestJudgeFile: exit codes and text.
func TestJudgeFile(t *testing.T) {
	tok := func(of string) string { return token.Of([]byte(of)).String() }
	for name, tt := range map[string]struct {
		log  string
		args []string
		code int
		want string
	}{
		"clean":  {"a\t" + tok("a") + "\nb\t" + tok("b") + "\n", nil, 0, "2 lines: 2 right\n"},
		"stale":  {"a\t" + tok("a") + "\nb\t" + tok("a") + "\n", nil, 1, `line 2  stale: "b" got ` + tok("a") + ", the reply to line 1, 1 before\n"},
		"fields": {`{"x":"a","y":"` + tok("a") + `"}` + "\n" + `{"x":"b","y":"` + tok("b") + `"}`, []string{"--request-field", "x", "--reply-field", "y"}, 0, `requests in "x", replies in "y"`},
		"few":    {"a\t" + tok("a") + "\nb\t\nc\t\n", nil, cli.ExitInconclusive, "2 of 3 requests are without a reply"},
		"none":   {"hello\n", nil, cli.ExitInconclusive, "nothing was recognised"},
	} {
		log := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(log, []byte(tt.log), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errs := judgeHere(t, append(tt.args, log)...); code != tt.code || errs != "" || !strings.Contains(out, tt.want) {
			t.Errorf("%s: exit %d, stdout %q, stderr %q; want %d, %q", name, code, out, errs, tt.code, tt.want)
		}
	}
}

// TestJudgeText: every kind is shown, and no control character.
func TestJudgeText(t *testing.T) {
	r := replies.Report{Read: "text", Lines: 5, Outcome: replies.Inconclusive, Why: "so", Stale: 3}
	for _, kind := range []replies.Kind{replies.IsStale, replies.IsForeign, replies.IsUnrecognised, replies.IsOther, replies.IsMalformed} {
		r.First = append(r.First, replies.Wrong{Line: 2, Kind: kind, Request: "\x1b[2J", Reply: "x", From: 1})
	}
	var b bytes.Buffer
	writeJudged(&b, &r)
	for _, w := range r.First {
		if !strings.Contains(b.String(), string(w.Kind)+": ") {
			t.Errorf("%s is not in %q", w.Kind, b.String())
		}
	}
	if strings.ContainsRune(b.String(), '\x1b') {
		t.Errorf("a control character in %q", b.String())
	}
}

// TestJudgeSchema: a judgement follows the schema, with every field of it.
func TestJudgeSchema(t *testing.T) {
	a := token.Of([]byte("a")).String()
	for _, log := range []string{"", "a\t" + a + "\nb\t" + a + "\nc\tOK\n", "a\t" + a + "\nb\t" + token.Of([]byte("z")).String()} {
		r, err := replies.Judge(strings.NewReader(log), replies.Options{Log: "-"})
		if err != nil {
			t.Fatal(err)
		}
		schematest.Fits(t, "judge", r)
	}
	schematest.Fields(t, "judge", map[string]any{"": replies.Report{}, "first": replies.Wrong{}})
}
