//go:build !linux

package repro

import (
	"context"
	"os"
	"runtime"

	"sockproof/lib/journal"
	"sockproof/lib/report"
)

// Run exists only where scenarios can run: on Linux.
type Run struct{}

// needsLinux is why nothing runs elsewhere.
const needsLinux = "running a scenario needs Linux, this is " + runtime.GOOS + ": saved evidence can be read here"

// Conduct returns a journal that says that this needs Linux.
func Conduct(_ context.Context, s *Scenario, _ Play, c Conditions) journal.Journal {
	return journal.Journal{
		Run: c.Run, Scenario: s.Name, Family: c.Family, Network: c.Network, Stopped: needsLinux,
	}
}

// connectTwice has nothing to connect.
func connectTwice(*Run) error { return nil }

// elevate has nothing to elevate to.
func elevate(context.Context) (code int, done bool) { return 0, false }

// machine is what can be told anywhere.
func machine() report.Machine {
	return report.Machine{Kernel: runtime.GOOS, Arch: runtime.GOARCH, Settings: map[string]string{}}
}

// asChild: there are no children where nothing runs.
func asChild() (status int, is bool) { return 0, false }

// forwarded: no other process forwards its signals.
func forwarded() <-chan os.Signal { return nil }
