package repro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// UsageError is a mistake in how the program was called: exit code 2.
type UsageError struct{ Text string }

// Error is one line naming the flag or argument, the value, and what is accepted.
func (e *UsageError) Error() string { return e.Text }

func usagef(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// flagOf is a declared flag: the command it belongs to, "" for the shared ones.
type flagOf struct {
	flag    cli.Flag
	command string
}

// isSwitch says whether a flag takes no value.
func (f flagOf) isSwitch() bool {
	_, ok := f.flag.(*cli.BoolFlag)
	return ok
}

// arrangement is a command line sorted into its parts.
type arrangement struct {
	shared   []string // flags of the program
	command  string
	own      []string // flags of the command
	args     []string
	rest     []string // after --
	given    []string // the names of the shared flags that were set
	declared map[string]flagOf
}

// arrange puts a command line in the order that the parser wants: it stops at
// the first argument and lets a command's flags shadow the program's, so
// "direct --format json" would lose its flag. Flags may stand anywhere before
// "--"; one that is unknown, lacks its value or belongs to another command is
// refused, so that none is ever silently unset.
func arrange(args []string, shared []cli.Flag, commands map[string][]cli.Flag) (*arrangement, error) {
	a := &arrangement{declared: declared(shared, commands)}
	type set struct {
		flagOf
		name string
		word []string
	}
	var sets []set
	for i := 0; i < len(args); i++ {
		word := args[i]
		if word == "--" {
			a.rest = args[i+1:]
			break
		}
		if len(word) < 2 || word[0] != '-' {
			a.positional(word, commands)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(word[1:], "-"), "=")
		f, known := a.declared[name]
		if !known {
			return nil, usagef("unknown flag %q; accepted: %s", word, a.accepted())
		}
		s := set{flagOf: f, name: f.flag.Names()[0], word: []string{"--" + f.flag.Names()[0]}}
		switch {
		case hasValue:
			s.word[0] += "=" + value
		case !f.isSwitch():
			if i+1 == len(args) {
				return nil, usagef("flag %q needs a value: %s", word, usageOf(f.flag))
			}
			i++
			s.word[0] += "=" + args[i]
		}
		sets = append(sets, s)
	}
	for _, s := range sets {
		switch s.command {
		case "":
			a.shared = append(a.shared, s.word...)
			a.given = append(a.given, s.name)
		case a.command:
			a.own = append(a.own, s.word...)
		default:
			return nil, usagef("flag %q belongs to the command %q, which was not given", "--"+s.name, s.command)
		}
	}
	return a, nil
}

// positional takes the first argument that is a command's name as the command.
func (a *arrangement) positional(word string, commands map[string][]cli.Flag) {
	if _, ok := commands[word]; ok && a.command == "" && len(a.args) == 0 {
		a.command = word
		return
	}
	a.args = append(a.args, word)
}

// line is the command line in the parser's order.
func (a *arrangement) line(program string) []string {
	l := append([]string{program}, a.shared...)
	if a.command != "" {
		l = append(append(l, a.command), a.own...)
	}
	return append(append(append(l, "--"), a.args...), a.rest...)
}

func declared(shared []cli.Flag, commands map[string][]cli.Flag) map[string]flagOf {
	d := map[string]flagOf{}
	for command, flags := range commands {
		for _, f := range flags {
			for _, n := range f.Names() {
				d[n] = flagOf{f, command}
			}
		}
	}
	for _, f := range shared {
		for _, n := range f.Names() {
			d[n] = flagOf{flag: f}
		}
	}
	return d
}

// accepted lists the declared flags.
func (a *arrangement) accepted() string {
	var names []string
	for n := range a.declared {
		names = append(names, dashed(n))
	}
	slices.SortFunc(names, func(x, y string) int {
		return strings.Compare(strings.TrimLeft(x, "-"), strings.TrimLeft(y, "-"))
	})
	return strings.Join(names, " ")
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// usageOf is what a flag accepts.
func usageOf(f cli.Flag) string {
	if d, ok := f.(cli.DocGenerationFlag); ok {
		return d.GetUsage()
	}
	return ""
}
