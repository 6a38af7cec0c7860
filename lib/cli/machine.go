package cli

import (
	"context"
	"errors"
	"os"
	"syscall"

	"sockproof/lib/report"
	"sockproof/lib/scenario"
)

// machine is where this process runs, and as whom.
func machine() report.Machine { return report.Machine(scenario.ThisMachine()) }

// elevate makes private namespaces possible, if need be by running the command
// again inside a user namespace.
func elevate(ctx context.Context) (code int, done bool) {
	return scenario.Elevate(ctx, func() os.Signal {
		s := signalled(syscall.SIGTERM) // what else ends the context ends the other process too
		errors.As(context.Cause(ctx), &s)
		return syscall.Signal(s)
	})
}
