//go:build !linux

package scenario

import (
	"context"
	"os"
	"runtime"

	"sockproof/lib/journal"
)

// needsLinux is why nothing runs elsewhere.
const needsLinux = "running a scenario needs Linux, this is " + runtime.GOOS + ": saved evidence can be read here"

// Conduct returns a journal that says that this needs Linux.
func Conduct(_ context.Context, s *Scenario, c Conditions) journal.Journal {
	return journal.Journal{
		Run: c.Run, Scenario: s.Name, Family: c.Family, Network: c.Network, Stopped: needsLinux,
	}
}

// Elevate has nothing to elevate to.
func Elevate(context.Context, func() os.Signal) (code int, done bool) { return 0, false }

// ThisMachine is what can be told anywhere.
func ThisMachine() Machine {
	return Machine{Kernel: runtime.GOOS, Arch: runtime.GOARCH, Settings: map[string]string{}}
}

// AsChild: there are no children where nothing runs.
func AsChild() (status int, is bool) { return 0, false }

// Forwarded: no other process forwards its signals.
func Forwarded() <-chan os.Signal { return nil }
