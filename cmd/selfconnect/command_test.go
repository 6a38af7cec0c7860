package main

import (
	"io"
	"os"
	"testing"

	"sockproof/lib/repro"
)

// runCommand runs one command of this binary as a shell would.
func runCommand(t *testing.T, command string, args ...string) (code int, out, errs string) {
	t.Helper()
	p := repro.Program{
		Name: "selfconnect", Scenarios: []repro.Scenario{{Name: "direct"}},
		Commands: []repro.Command{scanCommand(), portCommand()},
	}
	stdout, stderr := scratch(t), scratch(t)
	code = repro.Main(&p, append([]string{"selfconnect", command}, args...), stdout, stderr)
	return code, content(t, stdout), content(t, stderr)
}

// scratch is an empty file, gone after the test.
func scratch(t *testing.T) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func content(t *testing.T, f *os.File) string {
	t.Helper()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
