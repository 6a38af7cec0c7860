package main

import (
	"flag"
	"runtime/debug"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sockproof/lib/journaltest"
)

// TestMain lets scripts run this very binary as halfclose, in processes of their own.
func TestMain(m *testing.M) {
	// Journals are judged by the hundred thousand, and nothing of them is kept:
	// the collector would take half of the time.
	debug.SetGCPercent(1000)
	// The controls wait for the kernel's timers most of the time, all at once.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"halfclose": main})
}

func TestScripts(t *testing.T) { journaltest.Scripts(t, "halfclose") }
