package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/cli"
)

// judgeCommand reads a client's log.
func judgeCommand() cli.Command {
	return cli.Command{
		Name: "judge", Usage: "read a client's log of what it asked serve and was told, request<TAB>reply a line, and say which replies were stale, and from when",
		ArgsUsage: "LOG", Files: true,
		Flags: []urfave.Flag{cli.FormatFlag()}, Accepts: []string{"color"},
		Exit: "0 every reply was right, 1 some were stale, or nobody's, 2 bad usage, 3 there is nothing to judge by, or output lost",
		Examples: []cli.Example{
			{Line: "staleresp judge client.log", Does: "one request<TAB>reply on a line; exit status 1: some were stale"},
		},
		Do: doJudge,
	}
}

func doJudge(c *cli.Context) (int, error) {
	if len(c.Args) != 1 {
		return cli.ExitUsage, cli.Usagef("judge: %d arguments %q: want one, the client's log, or - for stdin", len(c.Args), c.Args)
	}
	j := newLogJudge(c.Args[0])
	show, hide := c.Progress()
	j.progress = func() { show(grouped(j.Lines) + " lines") }
	err := j.read(newStoppable(c.Ctx, func() (io.ReadCloser, error) { return openLog(c.Args[0]) }))
	hide()
	var usage *cli.UsageError
	switch {
	case errors.Is(err, errStopped):
		j.Interrupted = true
	case errors.As(err, &usage):
		return cli.ExitUsage, err
	case errors.Is(err, syscall.EISDIR):
		return cli.ExitUsage, cli.Usagef("judge: argument %q: %v; want a client's log", c.Args[0], err)
	case err != nil:
		return cli.ExitInconclusive, fmt.Errorf("judge: %w", err)
	}
	j.conclude()
	return j.exit(), c.TextOrJSON(j.logReport, j.write)
}

// openLog opens the log. That there is none is a mistake in the call.
func openLog(name string) (io.ReadCloser, error) {
	if name == "-" {
		return os.Stdin, nil
	}
	f, err := os.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOTDIR):
		return nil, cli.Usagef("judge: argument %q: %v; want a client's log, or - for stdin", name, errors.Unwrap(err))
	case err != nil:
		return nil, err
	}
	return f, nil
}
