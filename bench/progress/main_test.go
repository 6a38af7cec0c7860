package main

import (
	"strings"
	"testing"
)

// TestShow: of what passes a line, of what fails all that it said, and a status that says so.
func TestShow(t *testing.T) {
	const passes = `{"Action":"start","Package":"p"}
{"Action":"output","Package":"p","Test":"TestA","Output":"said by A\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}`
	const fails = `{"Action":"start","Package":"q"}
{"Action":"output","Package":"q","Test":"TestB","Output":"said by B\n"}
{"Action":"fail","Package":"q","Test":"TestB"}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.1s\n"}
{"Action":"fail","Package":"q"}`
	const broken = `{"Action":"build-output","ImportPath":"r","Output":"r.go:1: no\n"}
{"Action":"build-fail","ImportPath":"r"}
{"Action":"output","Package":"r","Output":"FAIL\tr [build failed]\n"}
{"Action":"fail","Package":"r"}`
	for name, tt := range map[string]struct {
		in, want string
		verbose  bool
		exit     int
	}{
		"passes":  {passes, "ok  \tp\t0.1s\n", false, 0},
		"verbose": {passes, "said by A\nok  \tp\t0.1s\n", true, 0},
		"verbose, two": {strings.Replace(passes, "{", `{"Action":"output","Package":"q","Output":"of q\n"}
{`, 1), "said by A\nok  \tp\t0.1s\n", true, 0},
		"fails":          {passes + "\n" + fails, "ok  \tp\t0.1s\nsaid by B\nFAIL\tq\t0.1s\n", false, 1},
		"does not build": {broken, "r.go:1: no\nFAIL\tr [build failed]\n", false, 1},
		"no tests":       {"go: no such tool", "go: no such tool\n", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			s := newShow(&out, tt.verbose)
			for line := range strings.Lines(tt.in) {
				s.line([]byte(strings.TrimSuffix(line, "\n")))
			}
			if out.String() != tt.want || s.exit() != tt.exit {
				t.Errorf("exit %d, %q; want %d, %q", s.exit(), out.String(), tt.exit, tt.want)
			}
		})
	}
}

// TestAlive: while nothing is done, what is at work is named.
func TestAlive(t *testing.T) {
	var out strings.Builder
	s := newShow(&out, false)
	s.line([]byte(`{"Action":"start","Package":"p"}`))
	s.alive()
	if want := "… 0 packages done, 0 tests passed; at work: p\n"; out.String() != want {
		t.Errorf("%q; want %q", out.String(), want)
	}
}
