package repro

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"sockproof/lib/report"
)

// Exit codes. Those of a signal are 128 and its number, as in a shell.
const (
	ExitReproduced    = 0
	ExitNotReproduced = 1
	ExitUsage         = 2
	ExitInconclusive  = 3
	exitSignal        = 128
)

// Context is what a command is given.
type Context struct {
	Ctx     context.Context
	CLI     *cli.Context
	Program *Program
	Args    []string // its arguments, without flags
	Argv    []string // the whole command line
	Out     io.Writer
	Errs    io.Writer
	Style   report.Style // of Out
	Command Command
}

// Main runs the program with the arguments (args[0] being its name) and
// returns its exit code.
func Main(p *Program, args []string, out, errs *os.File) int {
	if status, is := asChild(); is {
		return status
	}
	ctx, ended := untilSignal()
	o := &output{w: out, cancel: ended.cancel}
	code, err := p.run(ctx, args, o, out, errs)
	switch {
	case errors.Is(o.err, syscall.EPIPE):
		return exitSignal + int(syscall.SIGPIPE) // who read stopped reading: nothing to say
	case o.err != nil:
		err, code = fmt.Errorf("the report could not be written: %w; free space or take another file", o.err), ExitInconclusive
	}
	if err != nil {
		fmt.Fprintf(errs, "%s: %s\n", p.Name, report.Printable(err.Error()))
	}
	if s := ended.signal(); s != 0 {
		return exitSignal + int(s)
	}
	return code
}

// run parses the command line and does what it says.
func (p *Program) run(ctx context.Context, args []string, o io.Writer, out, errs *os.File) (code int, err error) {
	commands := p.commands()
	shared := append(sharedFlags(), p.Flags...)
	l, err := parse(args[1:], shared, commands)
	if err != nil {
		return ExitUsage, err
	}
	if l.command == helpCommand || l.given("help") {
		err = p.help(l, shared, commands, o)
	} else {
		code, err = p.do(ctx, args, l, shared, commands, o, out, errs)
	}
	var usage *UsageError
	if errors.As(err, &usage) {
		code = ExitUsage
	}
	return code, err
}

// do does what the command line asks for.
func (p *Program) do(ctx context.Context, argv []string, l *commandLine, shared []cli.Flag, commands []Command, o io.Writer, out, errs *os.File) (int, error) {
	command, found := commandNamed(commands, l.command)
	if !found {
		command = p.runCommand()
	}
	if err := l.checkAccepted(command); err != nil {
		return ExitUsage, err
	}
	values, err := l.context(&command, shared)
	if err != nil {
		return ExitUsage, err
	}
	c := &Context{
		Ctx: ctx, CLI: values, Program: p, Args: append(l.args, l.rest...), Argv: argv, Out: o, Errs: errs, Command: command,
	}
	c.Style = report.StyleFor(out, c.value("color"), os.Getenv)
	return command.Do(c)
}

// untilSignal returns a context that ends with SIGINT or SIGTERM, saying which.
// SIGPIPE is taken too, so that a write to a closed pipe fails instead of
// killing the process in the middle of a run; asking for it, unlike ignoring
// it, is not inherited by children.
func untilSignal() (context.Context, *ending) {
	ctx, cancel := context.WithCancelCause(context.Background())
	e := &ending{ctx: ctx, cancel: cancel}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		s, _ := (<-signals).(syscall.Signal)
		cancel(signalled(s))
	}()
	return ctx, e
}

// ending is how a program's context came to its end.
type ending struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// signal is the signal that ended the context, 0 if none did.
func (e *ending) signal() syscall.Signal {
	var s signalled
	if errors.As(context.Cause(e.ctx), &s) {
		return syscall.Signal(s)
	}
	return 0
}

// signalled is the signal that ended a run.
type signalled syscall.Signal

func (s signalled) Error() string {
	if syscall.Signal(s) == syscall.SIGTERM {
		return "interrupted by SIGTERM"
	}
	return "interrupted by SIGINT"
}

// output is stdout. Its first error is kept, and ends the run: nobody would
// read the rest.
type output struct {
	w      io.Writer
	cancel context.CancelCauseFunc
	err    error
}

func (o *output) Write(b []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(b)
	if err != nil {
		o.err = err
		o.cancel(err)
	}
	return n, err
}
