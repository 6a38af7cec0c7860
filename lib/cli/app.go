package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"sockproof/lib/report"
)

// invocation is one command line, of which v2 does one action.
type invocation struct {
	ctx  context.Context
	p    *Program
	argv []string // as it was given
	args []string // without the command and the flags
	out  *output
	errs *output
	code int // the action's exit code
}

// run lets v2 parse the command line and do what it says.
func (p *Program) run(ctx context.Context, argv []string, out, errs *output) (code int, err error) {
	i := &invocation{ctx: ctx, p: p, argv: argv, out: out, errs: errs}
	app := i.app()
	app.Setup()
	words, args := arrange(app, argv)
	i.args = args
	err = app.RunContext(ctx, append(argv[:1:1], words...))
	return i.code, err
}

// app is the program as v2 knows it.
func (i *invocation) app() *cli.App {
	do := runScenarios
	if i.p.Alone != nil {
		do = runAlone
	}
	a := &cli.App{
		Name: i.p.Name, Usage: i.p.Summary, UsageText: i.p.usageText(), Description: i.p.description(),
		Flags: append(own(i.p.flags(), i.p.For), cli.HelpFlag), HideVersion: true,
		Writer: queued{i.out}, ErrWriter: i.errs, // what v2 writes is not waited for
		Action: i.action(do), OnUsageError: onUsageError,
		ExitErrHandler: func(*cli.Context, error) {}, // only a main exits
	}
	shared := append(sharedFlags(), i.p.Flags...)
	for _, c := range append(i.p.hidden(), append(i.p.commands(), helpCommand())...) {
		a.Commands = append(a.Commands, &cli.Command{
			Name: c.Name, Aliases: c.aliases, Usage: c.Usage, ArgsUsage: c.ArgsUsage, Description: c.description(),
			Flags: own(c.flags(shared), nil), HideHelpCommand: true, Hidden: c.hidden,
			Action: i.action(c.Do), OnUsageError: onUsageError,
		})
	}
	return a
}

// action is a command as v2 calls it.
func (i *invocation) action(do func(*Context) (int, error)) cli.ActionFunc {
	return func(v2 *cli.Context) (err error) {
		c := &Context{Context: v2, Ctx: i.ctx, Program: i.p, Args: i.args, Argv: i.argv, Out: i.out, Errs: i.errs, stdout: i.out, stderr: i.errs}
		c.Style = report.StyleFor(i.out.file, c.String("color"), os.Getenv)
		if err := cmp.Or(c.NotBoth("4", "6"), c.NotBoth(quietFlag, verboseFlag), c.NotBoth(quietFlag, ladderFlag), c.NotBoth(ladderFlag, verboseFlag)); err != nil {
			return err
		}
		i.code, err = do(c)
		return err
	}
}

// flags are a command's own, and the shared ones that it accepts.
func (c *Command) flags(shared []cli.Flag) []cli.Flag {
	all := slices.Clone(c.Flags)
	for _, f := range shared {
		if slices.Contains(c.Accepts, f.Names()[0]) {
			all = append(all, f)
		}
	}
	return all
}

// flags are the shared flags, as far as they mean something, and the binary's own.
func (p *Program) flags() []cli.Flag {
	if p.Alone != nil {
		return p.Alone.flags(sharedFlags())
	}
	return append(sharedFlags(), p.Flags...)
}

// hidden are the commands of a program without scenarios that are for our own tools: its
// manual page and completions are made from its list.
func (p *Program) hidden() []Command {
	if p.Alone == nil {
		return nil
	}
	c := p.listCommand()
	c.hidden = true
	return []Command{c}
}

// commands are the shared commands and the binary's own.
func (p *Program) commands() []Command {
	if p.Alone != nil && p.Unlisted != nil {
		return append(p.Commands[:len(p.Commands):len(p.Commands)], p.verifyCommand())
	}
	if p.Alone != nil {
		return p.Commands
	}
	return append([]Command{p.listCommand(), p.checkCommand(), p.verifyCommand(), p.diffCommand()}, p.Commands...)
}

// helpCommand shows v2's help. v2's own command would show it too where it is misused.
func helpCommand() Command {
	return Command{
		Name: "help", aliases: []string{"h"}, Usage: "show the help of the program or of a command", ArgsUsage: "[COMMAND]",
		Exit: "0 shown, 2 bad usage, 3 output lost",
		Do: func(c *Context) (int, error) {
			if len(c.Args) == 0 {
				return 0, cli.ShowAppHelp(c.Context)
			}
			topic, known := c.Args[0], c.Program.commandNames()
			if c.App.Command(topic) == nil {
				return ExitUsage, Usagef("no help on %q; commands: %s%s", topic, strings.Join(known, ", "), similarWord(topic, known))
			}
			return 0, cli.ShowCommandHelp(c.Context, topic)
		},
	}
}

// commandNames lists the commands.
func (p *Program) commandNames() (names []string) {
	for _, c := range p.commands() {
		names = append(names, c.Name)
	}
	return names
}

// usageText are the ways to call the program.
func (p *Program) usageText() string {
	if p.Alone != nil {
		return fmt.Sprintf("%[1]s [flags]\n%[1]s COMMAND [flags] [ARGUMENT ...]\n\nFlags may stand anywhere before --.", p.Name)
	}
	return fmt.Sprintf("%[1]s [flags] [SCENARIO ...]\n%[1]s COMMAND [flags] [ARGUMENT ...]\n\nFlags may stand anywhere before --.", p.Name)
}

// description says which scenarios there are.
func (p *Program) description() string {
	var b strings.Builder
	if p.Alone != nil {
		fmt.Fprintf(&b, "%s\n", p.Alone.Usage)
		writeExamples(&b, p.examples())
		fmt.Fprintf(&b, "\nExit status: %s", p.Alone.exitStatuses())
		return b.String()
	}
	b.WriteString("Scenarios (all: every one; none named: the first")
	if len(p.Fallback) > 0 {
		b.WriteString(", or where that cannot run " + OrList(p.Fallback))
	}
	b.WriteString("):\n")
	for _, s := range p.Scenarios {
		fmt.Fprintf(&b, "  %-18s  %s\n", s.Name, s.Title)
		for _, f := range p.Flags {
			if slices.Contains(p.For[f.Names()[0]], s.Name) {
				l := listed(f)
				fmt.Fprintf(&b, "  %-18s  %s %s  %s\n", "", l.Name, l.Value, l.Usage)
			}
		}
	}
	writeExamples(&b, p.examples())
	b.WriteString("\nExit status: 0 reproduced, 1 not reproduced, 2 bad usage, 3 inconclusive or output lost,\n130 and 143 interrupted")
	return b.String()
}

// description says what the exit statuses mean, and gives examples.
func (c *Command) description() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Exit status: %s\n", c.exitStatuses())
	writeExamples(&b, c.Examples)
	return strings.TrimSpace(b.String())
}

// exitStatuses say what all of its exit statuses mean.
func (c *Command) exitStatuses() string { return c.Exit + "; 130 and 143 interrupted" }

// examples are the binary's own, and what every binary can.
func (p *Program) examples() []Example {
	if p.Alone != nil {
		return p.Examples
	}
	return slices.Concat(p.Examples, []Example{
		{p.Name + " check", "what this machine can run and observe, and what would help"},
		{p.Name + " all --net host -6", "every scenario, on this machine's own stack, over IPv6"},
		{p.Name + " --format json", "one document, for a script; exit status 0: reproduced"},
	})
}

// writeExamples writes command lines, what each does behind it.
func writeExamples(b *strings.Builder, all []Example) {
	width := 0
	for _, e := range all {
		width = max(width, len(e.Line))
	}
	for i, e := range all {
		if i == 0 {
			b.WriteString("\nExamples:\n")
		}
		fmt.Fprintf(b, "  %-*s  %s\n", width, e.Line, e.Does)
	}
}
