//go:build labs

// Package labs runs the lessons: every console block is typed into a shell, and
// what comes is compared with what the page says. `make labs` does so.
package labs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// bin is where the binaries are.
const bin = "SOCKPROOF_BIN"

// TestLessons runs each page as a session of its own, in a folder of its own.
func TestLessons(t *testing.T) {
	pages, err := filepath.Glob("[0-9]*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("no lessons: ", err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, page := range pages {
		if err := os.WriteFile(filepath.Join(dir, strings.TrimSuffix(page, ".md")+".txtar"), sessionOf(t, page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", os.Getenv(bin)+":"+here+":"+e.Getenv("PATH"))
			e.Setenv("LC_ALL", "C.UTF-8")
			e.Setenv("COLUMNS", "100")
			return nil
		},
		Condition: func(condition string) (bool, error) {
			network, ok := strings.CutPrefix(condition, "net:")
			if !ok {
				return false, fmt.Errorf("condition %q", condition)
			}
			return networks(t)[network], nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"typed": typed},
	})
}

// networks are those that this machine can have, by what check says.
func networks(t *testing.T) map[string]bool {
	t.Helper()
	out, err := shell(os.Environ(), ".", `"$`+bin+`/selfconnect" check`)
	if err != nil {
		t.Fatal(err)
	}
	can := map[string]bool{}
	for _, n := range []string{"wire", "loopback", "host"} {
		can[n] = regexp.MustCompile(`(?m)^` + n + ` +ipv4 +yes`).MatchString(out)
	}
	return can
}

// sessionOf makes a script of a page: each console block a file, typed in turn. A
// block that needs a network, ```console wire, is left out where there is none.
func sessionOf(t *testing.T, page string) []byte {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```console *([a-z]*)\n(.*?)^```$").FindAllStringSubmatchIndex(string(text), -1)
	if len(blocks) == 0 {
		t.Fatalf("%s has no console block", page)
	}
	var script, files strings.Builder
	for i, b := range blocks {
		name := fmt.Sprintf("block-%d", i+1)
		line := 1 + strings.Count(string(text[:b[0]]), "\n")
		if network := string(text[b[2]:b[3]]); network != "" {
			fmt.Fprintf(&script, "[net:%s] ", network)
		}
		fmt.Fprintf(&script, "typed %s %s:%d\n", name, page, line)
		fmt.Fprintf(&files, "-- %s --\n%s", name, text[b[4]:b[5]])
	}
	return []byte(script.String() + files.String())
}

// typed types a block's commands and compares what comes.
func typed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: typed BLOCK PLACE")
	}
	for _, c := range commandsOf(ts.ReadFile(args[0])) {
		got, err := shell(environment(ts), ts.MkAbs("."), c.line)
		if err != nil {
			ts.Fatalf("%s: $ %s: %v", args[1], c.line, err)
		}
		if !regexp.MustCompile(pattern(c.says)).MatchString(got) {
			ts.Fatalf("%s: $ %s\n%s\nThe page says:\n%s", args[1], c.line, got, strings.Join(c.says, "\n"))
		}
	}
}

func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "LC_ALL", "COLUMNS", "HOME", "TMPDIR"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}
