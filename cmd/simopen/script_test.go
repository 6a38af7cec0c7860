package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sockproof/cmd/internal/doctor"
)

// TestMain lets scripts run this very binary as simopen, in processes of their own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"simopen": main})
}

func TestScripts(t *testing.T) { doctor.Scripts(t, "simopen") }
