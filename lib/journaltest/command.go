package journaltest

import (
	"io"
	"os"
	"testing"

	"sockproof/lib/cli"
	"sockproof/lib/scenario"
)

// Command runs one command of a binary as a shell would.
func Command(t testing.TB, binary string, c cli.Command, args ...string) (code int, out, errs string) {
	t.Helper()
	p := cli.Program{Name: binary, Scenarios: []scenario.Scenario{{Name: "direct"}}, Commands: []cli.Command{c}}
	return Program(t, &p, append([]string{c.Name}, args...)...)
}

// Program runs a binary as a shell would, on the calling thread.
func Program(t testing.TB, p *cli.Program, args ...string) (code int, out, errs string) {
	t.Helper()
	stdout, stderr := Scratch(t), Scratch(t)
	code = cli.MainOnThread(p, append([]string{p.Name}, args...), stdout, stderr)
	return code, content(t, stdout), content(t, stderr)
}

// Scratch is an empty file, gone after the test.
func Scratch(t testing.TB) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func content(t testing.TB, f *os.File) string {
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
