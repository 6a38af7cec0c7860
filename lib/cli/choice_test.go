package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// TestWordsThatAreShownAreTaken: what help and list say that a flag takes is what the
// command line takes, of the program and of every command.
func TestWordsThatAreShownAreTaken(t *testing.T) {
	p := fakeProgram()
	p.Commands = append(p.Commands, Command{
		Name: "pick", Usage: "take some", Exit: "0 taken",
		Flags: []cli.Flag{FormatFlag(), Choice("one", "takes one", "b", "a", "b"), Choices("some", "takes some", "x", "y")},
		Do:    func(*Context) (int, error) { return 0, nil },
	})
	shared := append(sharedFlags(), p.Flags...)
	flags := map[string][]cli.Flag{"": shared}
	for _, c := range p.commands() {
		flags[c.Name] = c.flags(shared)
	}
	tried := 0
	for command, all := range flags {
		for _, f := range all {
			words, usage := listed(f).Words, listed(f).Usage
			if words == nil {
				continue
			}
			tried++
			for _, word := range append(slices.Clone(words), "sideways", "", strings.ToUpper(words[0])) {
				err := given(p, command, f.Names()[0], word)
				if known := slices.Contains(words, word); (err == nil) != known {
					t.Errorf("%s %s %q: %v", command, f.Names()[0], word, err)
				}
				if err == nil {
					continue
				}
				if _, wanted, said := strings.Cut(err.Error(), ": want "); !said || !strings.Contains(usage, wanted) {
					t.Errorf("%s %s: the error %q, in help %q", command, f.Names()[0], err, usage)
				}
			}
		}
	}
	if tried < 8 {
		t.Errorf("only %d flags with words", tried)
	}
}

// given reads a command line with one flag, and does nothing.
func given(p *Program, command, name, value string) error {
	i := &invocation{p: p, out: &output{}, errs: &output{}}
	app := i.app()
	app.Action = func(*cli.Context) error { return nil }
	for _, c := range app.Commands {
		c.Action = app.Action
	}
	app.Setup()
	line := []string{p.Name, dashed(name) + "=" + value}
	if command != "" {
		line = append(line, command)
	}
	words, _ := arrange(app, line)
	return app.Run(append([]string{p.Name}, words...))
}

func TestSeveralWords(t *testing.T) {
	f := Choices("some", "takes some", "x", "y", "z")
	for value, want := range map[string]bool{
		"all": true, "x": true, "x,y": true, "z,x": true, "x,y,z": true,
		"": false, "x,": false, ",x": false, "x,x": false, "x,all": false, "all,x": false, "x y": false, "w": false,
	} {
		if err := f.Value.Set(value); (err == nil) != want {
			t.Errorf("%q: %v", value, err)
		}
	}
}

// TestOneCommandLineLeavesNothingToTheNext: a flag that was declared once may be given
// often.
func TestOneCommandLineLeavesNothingToTheNext(t *testing.T) {
	p, got := fakeProgram(), ""
	p.Commands = []Command{{
		Name: "pick", Flags: []cli.Flag{Choice("one", "takes one", "b", "a", "b")},
		Do: func(c *Context) (int, error) { got = c.String("one"); return 0, nil },
	}}
	for _, tt := range [][]string{{"a", "pick", "--one", "a"}, {"b", "pick"}} {
		if callProgram(t, p, tt[1:]...); got != tt[0] {
			t.Errorf("%q: %q", tt[1:], got)
		}
	}
}
