package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sockproof/lib/journaltest"
)

// TestMain lets scripts run this very binary as sockscan, in processes of their own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sockscan": main})
}

func TestScripts(t *testing.T) { journaltest.Scripts(t, "sockscan") }

// command runs a command, "" the program itself, as a shell would.
func command(t testing.TB, name string, args ...string) (code int, out, errs string) {
	t.Helper()
	if name != "" {
		args = append([]string{name}, args...)
	}
	return journaltest.Program(t, &program, args...)
}
