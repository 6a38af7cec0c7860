package cli

import (
	"errors"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestListed(t *testing.T) {
	for _, tt := range []struct {
		flag         cli.Flag
		value, usage string
	}{
		{&cli.BoolFlag{Name: "loud", Usage: "shout"}, "", "shout"},
		{&cli.StringFlag{Name: "a", Usage: "write to `PATH`"}, "PATH", "write to PATH"},
		{&cli.StringFlag{Name: "a", Usage: "aim at `N`", Value: "7"}, "N", "aim at N (7)"},
		{&cli.StringFlag{Name: "a", Usage: "aim", Value: "7", DefaultText: "anywhere"}, "VALUE", "aim (anywhere)"},
		{Number("a", "do it `N` times", "1", 1, 9), "N", "do it N times (1)"},
		{Number("a", "at port `N`", "", 1, 9), "N", "at port N"},
		{Checked("a", "in `D`", "20ms", func(string) error { return errors.New("never") }), "D", "in D (20ms)"},
		{Choice("a", "do it", "x", "x", "y", "z"), "VALUE", "do it: x, y or z (x)"},
		{Choices("a", "a `WAY`", "x", "y"), "WAY", "a WAY: all, or some of x, y, with commas, each once (all)"},
	} {
		if l := listed(tt.flag); l.Value != tt.value || l.Usage != tt.usage {
			t.Errorf("%q, %q; want %q, %q", l.Value, l.Usage, tt.value, tt.usage)
		}
	}
}

// TestSharedCommandsAreExplained: each has an example, and says what its exit statuses
// mean.
func TestSharedCommandsAreExplained(t *testing.T) {
	p := fakeProgram()
	p.Commands = nil
	for _, c := range p.commands() {
		if len(c.Examples) == 0 || c.Exit == "" {
			t.Errorf("%s: examples %v, exit %q", c.Name, c.Examples, c.Exit)
		}
	}
}
