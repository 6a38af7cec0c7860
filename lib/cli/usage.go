package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// UsageError is a mistake in how the program was called: exit code 2.
type UsageError struct{ Text string }

// Error is one line naming the flag or argument, the value, and what is accepted.
func (e *UsageError) Error() string { return e.Text }

// Usagef makes a UsageError.
func Usagef(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// NoArgs refuses arguments to a command that takes none.
func (c *Context) NoArgs() error {
	if len(c.Args) > 0 {
		return Usagef("%s: argument %q: it takes none", c.Command.Name, c.Args[0])
	}
	return nil
}

// onUsageError says in one line what v2 has against a flag. v2 itself would print its help on stdout.
func onUsageError(c *cli.Context, err error, isCommand bool) error {
	name, value, why := flagError(err.Error())
	f, who := flagNamed(c.Command.Flags, name), ""
	if isCommand && flagNamed(c.App.Flags, name) != nil {
		who = c.Command.Name + ": " // other commands may take more
	}
	switch {
	case f == nil:
		return unknownFlag(c, name, isCommand)
	case value == "":
		return Usagef("%sflag %q needs a value: %s", who, dashed(name), listed(f).Usage)
	}
	return Usagef("%sflag %q: value %s: %s", who, dashed(name), value, why)
}

// flagError takes apart an error of package flag: the flag's name, its value, quoted, if it
// had one, and why that is not accepted.
func flagError(text string) (name, value, why string) {
	for _, noValue := range []string{"flag needs an argument: -", "flag provided but not defined: -", "bad flag syntax: "} {
		if name, is := strings.CutPrefix(text, noValue); is {
			return name, "", ""
		}
	}
	rest, of := strings.TrimPrefix(text, "invalid value "), " for flag -"
	if switched, is := strings.CutPrefix(text, "invalid boolean value "); is {
		rest, of = switched, " for -"
	}
	value, _ = strconv.QuotedPrefix(rest)
	name, why, _ = strings.Cut(strings.TrimPrefix(rest[len(value):], of), ": ")
	if of == " for -" {
		why = "it takes none"
	}
	return name, value, why
}

// unknownFlag says of a flag that the command does not take which commands do, or which flag may be meant.
func unknownFlag(c *cli.Context, name string, isCommand bool) error {
	accepted := "accepted: " + strings.Join(flagNames(c.Command.Flags), " ")
	var owners []string
	for _, other := range c.App.Commands {
		if flagNamed(other.Flags, name) != nil {
			owners = append(owners, other.Name)
		}
	}
	slices.Sort(owners)
	switch {
	case isCommand && flagNamed(c.App.Flags, name) != nil:
		return Usagef("flag %q means nothing to the command %q; %s", dashed(name), c.Command.Name, accepted)
	case len(owners) > 0:
		return Usagef("flag %q is for the command %s only", dashed(name), strings.Join(owners, " and the command "))
	}
	similar := cli.SuggestFlag(c.Command.Flags, name, false)
	return Usagef("unknown flag %q; %s%s", dashed(name), accepted, didYouMean(fmt.Sprintf(cli.SuggestDidYouMeanTemplate, similar)))
}

// similarWord asks whether one of these words was meant, if one is similar.
func similarWord(unknown string, words []string) string {
	var all []*cli.Command
	for _, w := range words {
		all = append(all, &cli.Command{Name: w})
	}
	return didYouMean(cli.SuggestCommand(all, unknown))
}

// didYouMean is the end of a line that asks v2's question, which may name nothing.
func didYouMean(question string) string {
	if question == fmt.Sprintf(cli.SuggestDidYouMeanTemplate, "") {
		return ""
	}
	return ". " + question
}

// flagNamed finds a flag; nil: there is none.
func flagNamed(flags []cli.Flag, name string) cli.Flag {
	if i := slices.IndexFunc(flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) }); i >= 0 {
		return flags[i]
	}
	return nil
}

// flagNames are the flags that may be given; --help goes without saying.
func flagNames(flags []cli.Flag) (names []string) {
	for _, f := range flags {
		if f != cli.HelpFlag {
			names = append(names, dashed(f.Names()[0]))
		}
	}
	return names
}
