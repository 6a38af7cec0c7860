package report

import (
	"strings"
	"testing"
)

// TestHanging wraps a long line under its last column, and loses no word.
func TestHanging(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, want string }{
		{"short", "short"},
		{"   --flag VALUE  what it does, in some words", "   --flag VALUE  what it does,\n                 in some words"},
		{"a line without columns, in some words", "a line without columns, in\n    some words"},
		{"  many words that go on and on  and a column too far", "  many words that go on and\n      on and a column too far"},
	} {
		if got := hanging(c.line, 31); got != c.want {
			t.Errorf("%q:\n%s\nwant\n%s", c.line, got, c.want)
		}
	}
	for _, line := range []string{strings.Repeat("é", 100), "", "  x  "} {
		if got := hanging(line, 20); strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(line), "") {
			t.Errorf("%q became %q", line, got)
		}
	}
}
