package cli

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// UsageError is a mistake in how the program was called: exit code 2.
type UsageError struct{ Text string }

// Error is one line naming the flag or argument, the value, and what is accepted.
func (e *UsageError) Error() string { return e.Text }

func usagef(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// commandLine is a command line taken apart.
type commandLine struct {
	command  string // "": scenarios are to be run
	args     []string
	rest     []string // after --
	set      []setFlag
	known    map[string]declaredFlag
	commands []Command
}

// setFlag is a flag that was given.
type setFlag struct {
	declaredFlag
	value string
}

// declaredFlag is a flag, with the commands it belongs to; the shared ones
// belong to none, also where a command has its own of that name.
type declaredFlag struct {
	cli.Flag
	commands []string
}

// name is the flag's first name.
func (f declaredFlag) name() string { return f.Names()[0] }

// isShared says whether a flag is the program's.
func (f declaredFlag) isShared() bool { return len(f.commands) == 0 }

// isSwitch says whether a flag takes no value.
func (f declaredFlag) isSwitch() bool {
	_, ok := f.Flag.(*cli.BoolFlag)
	return ok
}

// parse takes a command line apart. Flags may stand anywhere before "--",
// before or after scenarios and commands. One that is unknown, lacks its value
// or belongs to another command is refused, so none is ever silently unset.
func parse(args []string, shared []cli.Flag, commands []Command) (*commandLine, error) {
	l := &commandLine{known: declared(shared, commands), commands: commands}
	for i := 0; i < len(args); i++ {
		word := args[i]
		if word == "--" {
			l.rest = args[i+1:]
			break
		}
		if len(word) < 2 || word[0] != '-' {
			l.positional(word)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(word[1:], "-"), "=")
		f, known := l.known[name]
		switch {
		case !known:
			return nil, usagef("unknown flag %q; accepted: %s", word, l.accepted())
		case hasValue:
		case f.isSwitch():
			value = "true"
		case i+1 == len(args):
			return nil, usagef("flag %q needs a value: %s", word, l.usage(f))
		default:
			i++
			value = args[i]
		}
		l.set = append(l.set, setFlag{f, value})
	}
	for _, f := range l.set {
		if !f.isShared() && !slices.Contains(f.commands, l.command) {
			return nil, usagef("flag %q is for %s only", dashed(f.name()), commandList(f.commands))
		}
	}
	return l, nil
}

// positional takes the first argument that is a command's name as the command.
func (l *commandLine) positional(word string) {
	_, isCommand := commandNamed(l.commands, word)
	if (isCommand || word == helpCommand) && l.command == "" && len(l.args) == 0 {
		l.command = word
		return
	}
	l.args = append(l.args, word)
}

// usage is what a flag means to the command.
func (l *commandLine) usage(f declaredFlag) string {
	c, _ := commandNamed(l.commands, l.command)
	if own, has := c.own(f.name()); has {
		f.Flag = own
	}
	_, usage := described(f)
	return usage
}

// given says whether a flag was given.
func (l *commandLine) given(name string) bool {
	return slices.ContainsFunc(l.set, func(f setFlag) bool { return f.name() == name })
}

// context gives every flag of the command its value, refusing those that are not
// accepted.
//
// The values are set one by one, and the command is dispatched by this package,
// because cli.App.Run would stop at the first argument, let a command's flags
// shadow the program's, and bring in text/template, whose use of reflection
// makes the linker keep every method there is (docs/decisions/command-line.md).
func (l *commandLine) context(c *Command, shared []cli.Flag) (*cli.Context, error) {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for _, f := range append(c.others(shared), c.Flags...) {
		if err := f.Apply(set); err != nil {
			return nil, fmt.Errorf("flag %s: %w", dashed(f.Names()[0]), err)
		}
	}
	for _, f := range l.set {
		err := set.Set(f.name(), f.value)
		if err == nil {
			continue
		}
		whose := ""
		if _, own := c.own(f.name()); own && f.isShared() {
			whose = c.Name + ": " // others take more
		}
		if f.isSwitch() {
			return nil, usagef("%sflag %q: value %q: it takes none", whose, dashed(f.name()), f.value)
		}
		return nil, usagef("%sflag %q: value %q: %v", whose, dashed(f.name()), f.value, err)
	}
	return cli.NewContext(nil, set, nil), nil
}

func declared(shared []cli.Flag, commands []Command) map[string]declaredFlag {
	d := map[string]declaredFlag{}
	for _, c := range commands {
		for _, f := range c.Flags {
			for _, n := range f.Names() {
				d[n] = declaredFlag{f, append(d[n].commands, c.Name)}
			}
		}
	}
	for _, f := range shared {
		for _, n := range f.Names() {
			d[n] = declaredFlag{Flag: f}
		}
	}
	return d
}

func commandList(commands []string) string {
	commands = slices.Sorted(slices.Values(commands))
	if len(commands) == 1 {
		return "the command " + commands[0]
	}
	return "the commands " + strings.Join(commands, " and ")
}

// accepted lists the declared flags.
func (l *commandLine) accepted() string {
	var names []string
	for n := range l.known {
		names = append(names, n)
	}
	slices.Sort(names)
	for i, n := range names {
		names[i] = dashed(n)
	}
	return strings.Join(names, " ")
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
