//go:build labs

package labs

import (
	"context"
	"errors"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// command is a line that a reader types, and what the page says comes of it.
type command struct {
	line string
	says []string
}

// commandsOf reads a console block: what follows "$ " is typed, with the lines that
// it continues on after a backslash; the rest is what it says.
func commandsOf(block string) []command {
	var all []command
	continued := false
	for line := range strings.SplitSeq(strings.TrimSuffix(block, "\n"), "\n") {
		typed, is := strings.CutPrefix(line, "$ ")
		switch {
		case continued:
			all[len(all)-1].line += "\n" + line
		case is:
			all = append(all, command{line: typed})
		case len(all) > 0:
			all[len(all)-1].says = append(all[len(all)-1].says, line)
		}
		continued = (continued || is) && strings.HasSuffix(line, `\`)
	}
	return all
}

// pattern is what output has to match: "…" stands for anything within a line, and
// on a line of its own for any lines.
func pattern(says []string) string {
	var b strings.Builder
	b.WriteString(`^`)
	for _, line := range says {
		if strings.TrimSpace(line) == "…" {
			b.WriteString(`(?:.*\n)*`)
			continue
		}
		parts := strings.Split(line, "…")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		b.WriteString(strings.Join(parts, `.*`) + `\n`)
	}
	b.WriteString(`$`)
	return b.String()
}

// patience bounds one command of a lesson.
const patience = time.Minute

// shell types a line, and returns what came, of both streams. How it exits is for
// the page to show.
func shell(env []string, dir, line string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", line)
	cmd.Env, cmd.Dir = env, dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		err = nil
	}
	return string(out), err
}

func TestPattern(t *testing.T) {
	for _, tt := range []struct {
		says, got string
		want      bool
	}{
		{"a b", "a b\n", true},
		{"a … c", "a 12 c\n", true},
		{"a … c", "a 12\n c\n", false},
		{"…\nlast", "first\nsecond\nlast\n", true},
		{"first\n…", "first\n", true},
		{"first", "first\nsecond\n", false},
		{"(#12)", "(#13)\n", false},
	} {
		if got := regexp.MustCompile(pattern(strings.Split(tt.says, "\n"))).MatchString(tt.got); got != tt.want {
			t.Errorf("%q matches %q: %v", tt.says, tt.got, got)
		}
	}
}
