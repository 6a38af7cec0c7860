package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	urfave "github.com/urfave/cli/v2"

	"sockproof/cmd/badpeer/internal/replies"
	"sockproof/lib/cli"
)

// judgeCommand reads a client's log.
func judgeCommand() cli.Command {
	return cli.Command{
		Name: "judge", Usage: "read a client's log of what it asked a peer and which reply it took, and say which replies were another request's",
		ArgsUsage: "LOG", Files: true,
		Flags: []urfave.Flag{
			&urfave.StringFlag{Name: "request-field", Usage: "the `FIELD` of JSON lines or CSV that has the request; of an object in an object, outer.inner"},
			&urfave.StringFlag{Name: "reply-field", Usage: "the `FIELD` that has the reply"},
			cli.FormatFlag(),
		},
		Accepts: []string{"color"},
		Exit:    "0 every reply was right, 1 some were another request's, 2 bad usage, 3 there is nothing, or too little, to judge by, or output lost",
		Examples: []cli.Example{
			{Line: "badpeer judge client.log", Does: "a request and its reply on each line: text, JSON lines or CSV, also compressed"},
			{Line: "badpeer judge --request-field http.url --reply-field http.body app.jsonl", Does: "JSON lines with fields of other names"},
		},
		Do: doJudge,
	}
}

func doJudge(c *cli.Context) (int, error) {
	if len(c.Args) != 1 {
		return cli.ExitUsage, cli.Usagef("judge: %d arguments %q: want one, the client's log, or - for stdin", len(c.Args), c.Args)
	}
	show, hide := c.Progress()
	r, err := replies.Judge(newStoppable(c.Ctx, func() (io.ReadCloser, error) { return openLog(c.Args[0]) }), replies.Options{
		Log: c.Args[0], RequestField: c.String("request-field"), ReplyField: c.String("reply-field"), Stopped: errStopped,
		Progress: func(lines int64) { show(fmt.Sprintf("%d lines", lines)) },
	})
	hide()
	var usage *cli.UsageError
	switch {
	case errors.As(err, &usage):
		return cli.ExitUsage, err
	case errors.Is(err, syscall.EISDIR):
		return cli.ExitUsage, cli.Usagef("judge: argument %q: %v; want a client's log", c.Args[0], err)
	case err != nil:
		return cli.ExitInconclusive, fmt.Errorf("judge: line %d: %w", r.Lines+1, err)
	}
	return judgeExit(&r), c.TextOrJSON(&r, func(w io.Writer) { writeJudged(w, &r) })
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
