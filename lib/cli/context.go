package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/urfave/cli/v2"

	"sockproof/lib/journal"
	"sockproof/lib/report"
	"sockproof/lib/scenario"
)

// Context is what a command is given.
type Context struct {
	*cli.Context
	Ctx     context.Context
	Program *Program
	Args    []string // its arguments, without flags
	Argv    []string // the whole command line
	Out     io.Writer
	Errs    io.Writer
	Style   report.Style // of Out

	stdout, stderr *output // Out and Errs
}

// Elevate makes private namespaces possible, if need be by running the command
// again inside a user namespace: then done is true, with that one's exit code.
func (c *Context) Elevate() (code int, done bool) {
	return scenario.Elevate(c.Ctx, func() os.Signal {
		s := signalled(syscall.SIGTERM) // what else ends the context ends the other process too
		errors.As(context.Cause(c.Ctx), &s)
		return syscall.Signal(s)
	})
}

// Conduct lets a command run on one network, for as long as it takes, and returns the
// journal.
func (c *Context) Conduct(s *scenario.Scenario, on journal.Network, f journal.Family) journal.Journal {
	return scenario.Conduct(c.Ctx, s, scenario.Conditions{Network: on, Family: f, Run: 1, First: 1})
}

// Progress returns how a command shows on stderr, if that is a terminal, how far
// it is, and how it takes that away again.
func (c *Context) Progress() (show func(text string), hide func()) {
	p := newProgress(c.stderr)
	return p.show, p.clear
}

// unlessInterrupted does what takes its time and changes nothing, and says whether it
// was done. If the program is to end, it is left where it is: nobody waits for it, and
// it must not write anything that is read then.
func (c *Context) unlessInterrupted(f func()) (done bool) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		f()
	}()
	select {
	case <-over:
		return c.Ctx.Err() == nil
	case <-c.Ctx.Done():
		return false // Main names the signal
	}
}
