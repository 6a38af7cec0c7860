package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// commands are the shared commands and the binary's own.
func (p *Program) commands() []Command {
	return append([]Command{p.listCommand(), p.checkCommand(), p.verifyCommand(), p.diffCommand()}, p.Commands...)
}

// helpCommand is the word that asks for help.
const helpCommand = "help"

// help prints the help of the program or of one command.
func (p *Program) help(l *commandLine, shared []cli.Flag, commands []Command, o io.Writer) error {
	topic := l.command
	if topic == helpCommand {
		topic = ""
		if len(l.args) > 0 {
			topic = l.args[0]
		}
	}
	if topic != "" {
		c, found := commandNamed(commands, topic)
		if !found {
			return usagef("no help on %q; commands: %s", topic, commandNames(commands))
		}
		return p.helpOn(c, shared, o)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s - %s\n\nusage:\n", p.Name, p.Summary)
	standard := p.Scenarios[0].Name
	if len(p.Fallback) > 0 {
		standard += ", or where that cannot be had " + orList(p.Fallback)
	}
	fmt.Fprintf(&b, "  %s [flags] [scenario ...]   run scenarios; without one: %s; all: every one\n", p.Name, standard)
	for _, c := range commands {
		fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(p.Name+" "+c.Name+" "+c.ArgsUsage))
	}
	b.WriteString("\nscenarios:\n")
	for _, s := range p.Scenarios {
		fmt.Fprintf(&b, "  %-18s %s\n", s.Name, s.Title)
	}
	b.WriteString("\ncommands:\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "  %-18s %s\n", c.Name, c.Usage)
	}
	b.WriteString("\nflags (anywhere before --):\n")
	writeFlags(&b, shared)
	writeExamples(&b, append(slices.Clone(p.Examples), p.everyonesExamples()...))
	b.WriteString("\nexit status: 0 reproduced, 1 not reproduced, 2 bad usage, 3 inconclusive or output lost,\n130 and 143 interrupted\n")
	_, err := io.WriteString(o, b.String())
	return err
}

func (p *Program) helpOn(c Command, shared []cli.Flag, o io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s - %s\n\nusage:\n  %s\n\nflags:\n", p.Name, c.Name, c.Usage,
		strings.TrimSpace(p.Name+" "+c.Name+" [flags] "+c.ArgsUsage))
	writeFlags(&b, c.Flags)
	writeFlags(&b, c.accepted(shared))
	writeExamples(&b, c.Examples)
	fmt.Fprintf(&b, "\nexit status: %s\n", c.exitStatuses())
	_, err := io.WriteString(o, b.String())
	return err
}

// exitStatuses say what all of its exit statuses mean.
func (c *Command) exitStatuses() string { return c.Exit + "; 130 and 143 interrupted" }

// everyonesExamples are what every binary can.
func (p *Program) everyonesExamples() []Example {
	return []Example{
		{p.Name + " check", "what this machine can run and observe, and what would help"},
		{p.Name + " all --net host -6", "every scenario, on this machine's own stack, over IPv6"},
		{p.Name + " --format json", "one document, for a script; exit status 0: reproduced"},
	}
}

// writeExamples writes command lines, what each does behind it.
func writeExamples(b *strings.Builder, all []Example) {
	if len(all) == 0 {
		return
	}
	b.WriteString("\nexamples:\n")
	width := 0
	for _, e := range all {
		width = max(width, len(e.Line))
	}
	for _, e := range all {
		fmt.Fprintf(b, "  %-*s  %s\n", width, e.Line, e.Does)
	}
}

func writeFlags(b *strings.Builder, flags []cli.Flag) {
	for _, f := range flags {
		value, usage := described(f)
		fmt.Fprintf(b, "  %-22s %s\n", strings.TrimSpace(dashed(f.Names()[0])+" "+value), usage)
	}
}

// commandNamed finds a command.
func commandNamed(commands []Command, name string) (c Command, found bool) {
	if i := slices.IndexFunc(commands, func(c Command) bool { return c.Name == name }); i >= 0 {
		return commands[i], true
	}
	return Command{}, false
}

func commandNames(commands []Command) string {
	var n []string
	for _, c := range commands {
		n = append(n, c.Name)
	}
	return strings.Join(n, ", ")
}

// accepted are those of the shared flags that mean to the command what they mean
// elsewhere.
func (c *Command) accepted(shared []cli.Flag) []cli.Flag {
	return slices.DeleteFunc(slices.Clone(shared), func(f cli.Flag) bool { return !slices.Contains(c.Accepts, f.Names()[0]) })
}

// others are those of the shared flags of which the command has not its own.
func (c *Command) others(shared []cli.Flag) []cli.Flag {
	return slices.DeleteFunc(slices.Clone(shared), func(f cli.Flag) bool {
		_, own := c.own(f.Names()[0])
		return own
	})
}

// own is the command's own flag of that name.
func (c *Command) own(name string) (cli.Flag, bool) {
	i := slices.IndexFunc(c.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) })
	if i < 0 {
		return nil, false
	}
	return c.Flags[i], true
}

// checkAccepted refuses a shared flag that means nothing to the command.
func (l *commandLine) checkAccepted(c Command) error {
	for _, f := range l.set {
		_, own := c.own(f.name())
		if c.Name != "" && f.isShared() && !own && !slices.Contains(c.Accepts, f.name()) {
			return usagef("flag %q means nothing to the command %q; accepted: %s",
				dashed(f.name()), c.Name, acceptedBy(c))
		}
	}
	return nil
}

func acceptedBy(c Command) string {
	var names []string
	for _, f := range c.Flags {
		names = append(names, dashed(f.Names()[0]))
	}
	for _, n := range c.Accepts {
		names = append(names, dashed(n))
	}
	return strings.Join(names, " ")
}
