package main

import (
	"runtime/debug"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sockproof/lib/journaltest"
)

// TestMain lets scripts run this very binary as handshake, in processes of their own.
func TestMain(m *testing.M) {
	// Journals are judged by the ten thousand, and nothing of them is kept: the collector
	// would take half of the time.
	debug.SetGCPercent(1000)
	testscript.Main(m, map[string]func(){"handshake": main})
}

func TestScripts(t *testing.T) { journaltest.Scripts(t, "handshake") }
