package main

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// TestStopAndContinue: a process that is stopped while its client waits finds its
// read interrupted (signal(7)), and waits on. Whenever it is stopped, the outcome
// is the same.
func TestStopAndContinue(t *testing.T) {
	t.Parallel()
	for _, n := range journal.Networks() {
		t.Run(string(n), func(t *testing.T) {
			t.Parallel()
			journaltest.Stage{Network: n, Family: journal.IPv4}.Need(t)
			cmd := exec.Command("staleresp", "late-reply", "--patience", "200ms", "--late-by", "250ms", "--net", string(n), "--quiet")
			var out strings.Builder
			cmd.Stdout = &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for range 5 {
				time.Sleep(60 * time.Millisecond) // so that it is stopped at several moments
				_ = cmd.Process.Signal(syscall.SIGSTOP)
				time.Sleep(20 * time.Millisecond)
				_ = cmd.Process.Signal(syscall.SIGCONT)
			}
			if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "late-reply reproduced") {
				t.Errorf("%v: %s", err, out.String())
			}
		})
	}
}
