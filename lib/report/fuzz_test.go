package report

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"sockproof/lib/journal"
)

// FuzzRender renders what a stranger may have written: whatever can be read
// as a report is drawn without panic and without harm, in every format.
func FuzzRender(f *testing.F) {
	for _, r := range fixtures() {
		f.Add(document(f, r))
	}
	f.Add([]byte(`{"runs":[{"histories":[{"states":[{"witnesses":["x","y"],"events":[1]}]}],"findings":[{"events":[-5,3]}],` +
		`"events":[{"n":-1,"kind":"packet","t_ns":-1,"packet":{"of":1,"at":"held"}},{"n":1,"kind":"packet","packet":{"at":"sent","src":"[","dst":":"}},` +
		`{"n":1,"kind":"packet","host":"c","packet":{"of":1,"at":"delivered"}},{"n":9223372036854775807,"kind":"weather","weather":1}]}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var r Report
		if json.Unmarshal(doc, &r) != nil {
			return
		}
		checkAll(t, &r)
	})
}

// FuzzStrings puts one string and one number into every place of a report
// that has room for it: fuzzing the document alone seldom gets that far.
func FuzzStrings(f *testing.F) {
	for _, s := range []string{"", " ", "a", "b", "\x1b[31m", "\n", "é日\u202e", "|`<@#1", "x y z", "\xff", strings.Repeat("long ", 99), a80, "[::1]:80"} {
		f.Add(s, int64(1), true)
		f.Add(s, int64(-1), false)
		f.Add(s, int64(math.MaxInt64), true)
	}
	f.Fuzz(func(t *testing.T, s string, n int64, both bool) {
		for _, r := range fixtures() {
			scribble(reflect.ValueOf(r).Elem(), func(v reflect.Value) {
				switch v.Kind() {
				case reflect.String:
					v.SetString(s)
				case reflect.Int, reflect.Int64:
					if both {
						v.SetInt(n)
					}
				}
			})
			checkAll(t, r)
		}
	})
}

// scribble calls f for all in v but what decides how it is drawn.
func scribble(v reflect.Value, f func(reflect.Value)) {
	switch v.Interface().(type) {
	case journal.Kind, time.Time, json.RawMessage, []byte:
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "At" && name != "N" && name != "Of" {
				scribble(v.Field(i), f)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			scribble(v.Elem(), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			scribble(v.Index(i), f)
		}
	default:
		f(v)
	}
}

var colourCodes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// checkAll renders r in every format, and checks what no journal may do.
func checkAll(t *testing.T, r *Report) {
	t.Helper()
	for i := range r.Runs {
		run := &r.Runs[i]
		run.Journal.Events = run.Events
		if len(run.Histories) == 0 {
			*run = NewRun(run.Journal, run.Title, run.Outcome, run.Why, run.Findings)
		}
	}
	for _, s := range []Style{
		{Width: 60},
		{Width: 80, Unicode: true, Color: true},
		{Width: 100, Verbosity: Verbose},
		{Width: 60, Unicode: true, Verbosity: Verbose},
		{Width: 100, Verbosity: Quiet},
	} {
		out := render(t, r, s)
		if s.Color {
			out = colourCodes.ReplaceAllString(out, "")
		}
		checkText(t, out, s)
	}
	for _, write := range []func(io.Writer, *Report) error{
		TAP, func(w io.Writer, r *Report) error { return Markdown(w, r, Verbose) }, storyOf, bodyOf,
	} {
		var b bytes.Buffer
		if err := write(&b, r); err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(b.Bytes()) {
			if s := string(bytes.TrimSuffix(line, []byte("\n"))); printable(s) != s {
				t.Fatalf("not fit to be shown: %q", s)
			}
		}
	}
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		return // a time that JSON has no form for, an event of two payloads
	}
	if !json.Valid(b.Bytes()) {
		t.Fatalf("not JSON: %s", b.Bytes())
	}
	b.Reset()
	if streamed(&b, r) == nil {
		_, _ = journal.Read(&b)
	}
}
