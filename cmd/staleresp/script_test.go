package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sockproof/lib/journaltest"
)

// TestMain lets scripts run this very binary as staleresp, in processes of their own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"staleresp": main})
}

func TestScripts(t *testing.T) { journaltest.Scripts(t, "staleresp") }
