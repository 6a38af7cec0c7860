package main

import (
	"bytes"
	"strings"
	"testing"
)

// small is a program with one scenario and one command.
func small() *listing {
	l := &listing{
		Flags: []flagListed{
			{Name: "--format", Value: "VALUE", Words: []string{"text", "json", "tap"}},
			{Name: "--color", Value: "VALUE", Words: []string{"auto", "never"}},
			{Name: "--quiet"},
		},
		Commands: []command{{
			Name: "read", Usage: "read somebody's log", Files: true,
			Flags: []flagListed{
				{Name: "--format", Value: "VALUE", Words: []string{"text", "json"}},
				{Name: "--color", Value: "VALUE", Words: []string{"auto", "never"}},
				{Name: "--from", Value: "PATH", File: true, Usage: `at [::1]:0, it's a \path`},
			},
		}},
	}
	l.Tool.Name = "tiny"
	return l
}

// TestDiffering: only what the command has otherwise than the program.
func TestDiffering(t *testing.T) {
	l := small()
	if got := strings.Join(flagNames(l.differing(l.Commands[0].Flags)), " "); got != "--format --from" {
		t.Errorf("%s", got)
	}
	if got := strings.Join(l.valued(), " "); got != "--format --color --from" {
		t.Errorf("%s", got)
	}
}

// TestQuoting: nothing in a usage ends a word, or a description.
func TestQuoting(t *testing.T) {
	for _, tt := range []struct {
		page []byte
		want string
	}{
		{bashCompletion(small()), "\t\tread:--format) words='text json' ;;\n\t\tread:--from) files=yes ;;\n"},
		{zshCompletion(small()), `'--from=[at \[\:\:1\]\:0, it'\''s a \\path]:PATH:_files'` + "\n"},
		{zshCompletion(small()), `'read:read somebody'\''s log'` + "\n"},
		{fishCompletion(small()), `-n '__fish_seen_subcommand_from read' -l from -r -F -d 'at [::1]:0, it\'s a \\path'` + "\n"},
	} {
		if !bytes.Contains(tt.page, []byte(tt.want)) {
			t.Errorf("no %q in\n%s", tt.want, tt.page)
		}
	}
}

// TestZshHasItsOwnWords: what _arguments reads is never overwritten.
func TestZshHasItsOwnWords(t *testing.T) {
	for line := range strings.Lines(string(zshCompletion(small()))) {
		if fields := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '=' }); len(fields) > 0 &&
			(strings.HasPrefix(line, "local") || strings.HasPrefix(line, "words=")) {
			for _, f := range fields {
				if f == "words" {
					t.Errorf("%s", line)
				}
			}
		}
	}
}
