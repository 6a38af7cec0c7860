package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"sockproof/lib/scenario"
)

// oneSignal is how soon after a signal the same signal again is still the same request:
// timeout(1) sends its signal to the program and then to the program's process group.
// A person cannot press ^C twice in this time.
const oneSignal = 50 * time.Millisecond

// ending is how a program's context came to its end.
type ending struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	again  chan syscall.Signal // gets the second signal
}

// untilSignal returns a context that ends with SIGINT or SIGTERM, saying which.
// SIGPIPE is taken too, so that a write to a closed pipe fails instead of
// killing the process in the middle of a run; asking for it, unlike ignoring
// it, is not inherited by children.
func untilSignal() (context.Context, *ending) {
	ctx, cancel := context.WithCancelCause(context.Background())
	e := &ending{ctx: ctx, cancel: cancel, again: make(chan syscall.Signal, 1)}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go e.watch(signals, scenario.Forwarded())
	return ctx, e
}

// watch waits for two signals. What the process outside the user namespace forwards is
// never the second: ^C reaches both processes, and is forwarded too; and the outer
// process, when it ends, ends this one.
func (e *ending) watch(signals, forwarded <-chan os.Signal) {
	var (
		first os.Signal
		at    time.Time
	)
	for {
		select {
		case s := <-forwarded:
			e.cancel(asSignalled(s))
		case s := <-signals:
			switch {
			case first == nil:
				first, at = s, time.Now()
				e.cancel(asSignalled(s))
			case s != first || time.Since(at) >= oneSignal:
				e.again <- syscall.Signal(asSignalled(s))
				return
			}
		}
	}
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

func asSignalled(s os.Signal) signalled {
	n, _ := s.(syscall.Signal) // no other is asked for
	return signalled(n)
}

func (s signalled) Error() string {
	if syscall.Signal(s) == syscall.SIGTERM {
		return "interrupted by SIGTERM"
	}
	return "interrupted by SIGINT"
}
