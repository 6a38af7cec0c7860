package journaltest

import (
	"os"
	"os/signal"
	"syscall"

	"sockproof/lib/sock"
)

// In the tests of a binary the processes that steps start are the test binary itself. They are told by their
// environment, before any test is: else they would run the tests, which start more of them.
func init() {
	if sock.IsChild() {
		os.Exit(sock.RunChild())
	}
	// Shells start what is in the background with SIGINT ignored, and so would be what the tests start. What is
	// caught is at its default there (execve(2)).
	if signal.Ignored(syscall.SIGINT) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGINT)
	}
}
