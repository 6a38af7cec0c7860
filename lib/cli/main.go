package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"sockproof/lib/report"
	"sockproof/lib/scenario"
)

// Exit codes. Those of a signal are 128 and its number, as in a shell.
const (
	ExitReproduced    = 0
	ExitNotReproduced = 1
	ExitUsage         = 2
	ExitInconclusive  = 3
	exitSignal        = 128
)

// Main runs the program with the arguments (args[0] being its name) and
// returns its exit code. A second signal ends it at once, whatever it is doing.
func Main(p *Program, args []string, out, errs *os.File) int {
	if status, is := scenario.AsChild(); is {
		return status
	}
	ctx, ended := untilSignal()
	over := make(chan int, 1)
	go func() { over <- p.main(ctx, ended, args, out, errs) }()
	select {
	case code := <-over:
		return code
	case s := <-ended.again:
		return exitSignal + int(s)
	}
}

// MainOnThread is Main for a test whose thread is in a network namespace of its own: the
// program runs on that thread. It takes no second signal.
func MainOnThread(p *Program, args []string, out, errs *os.File) int {
	ctx, ended := untilSignal()
	return p.main(ctx, ended, args, out, errs)
}

// main runs the program to its end, the last line on stderr included.
func (p *Program) main(ctx context.Context, ended *ending, args []string, out, errs *os.File) int {
	stdout := newOutput(ctx, out, readersTime, ended.cancel)
	stderr := newOutput(ctx, errs, lastLineTime, nil)
	code, err := p.run(ctx, args, stdout, stderr)
	if usage := (*UsageError)(nil); errors.As(err, &usage) {
		code = ExitUsage
	}
	lost := stdout.flush()
	switch {
	case errors.Is(lost, syscall.EPIPE):
		return exitSignal + int(syscall.SIGPIPE) // who read stopped reading: nothing to say
	case errors.Is(lost, errUnread):
		err, code = fmt.Errorf("the report could not be written: %w", lost), ExitInconclusive
	case lost != nil:
		err, code = fmt.Errorf("the report could not be written: %w; free space or take another file", lost), ExitInconclusive
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %s\n", p.Name, report.Printable(err.Error()))
	}
	_ = stderr.flush() // there is nowhere to report it
	if s := ended.signal(); s != 0 {
		return exitSignal + int(s)
	}
	return code
}
