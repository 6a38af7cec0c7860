package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestEarlySignal: however early a signal comes, an unprivileged program does not swallow
// it, and does not end silently once it has taken it: the process in the user namespace
// may have no handler yet.
func TestEarlySignal(t *testing.T) {
	binary, err := exec.LookPath("selfconnect")
	if err != nil {
		t.Fatal(err)
	}
	var as *syscall.Credential
	if os.Getuid() == 0 {
		binary, as = forNobody(t, binary), &syscall.Credential{Uid: 65534, Gid: 65534}
		probe := exec.Command(binary, "--version")
		probe.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		if probe.Run() != nil { // the root of a user namespace, where nobody has no number
			as = nil
		}
	}
	const starts, enough = 50, 10
	for s, name := range map[syscall.Signal]string{syscall.SIGTERM: "SIGTERM", syscall.SIGINT: "SIGINT"} {
		taken := 0
		delay := time.Duration(0)
		for n := 0; n < starts || taken < enough && n < 4*starts; n++ {
			died, status, out, errs := startedAndSignalled(t, binary, as, s, delay)
			switch {
			case died && out+errs == "": // the kernel's default, before there was a handler
			case status == 128+int(s) && strings.HasSuffix(out, "inconclusive: interrupted by "+name+"\n") && errs == "":
				taken++
			case status == 128+int(s) && strings.HasSuffix(out, "inconclusive\n") && errs == "": // the tally of several runs
				taken++
			default:
				t.Fatalf("%s after %v: status %d, stdout %q, stderr %q", name, delay, status, out, errs)
			}
			if delay += 100 * time.Microsecond; n >= starts {
				delay += 5 * time.Millisecond // a machine that is slow
			}
		}
		if taken < enough {
			t.Errorf("%s was taken %d times only", name, taken)
		}
	}
}

// forNobody copies the program to where anyone may run it.
func forNobody(t *testing.T, binary string) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "selfconnect")
	if err := os.WriteFile(copied, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return copied
}

// startedAndSignalled starts the program, which would run for ever, and sends it a
// signal after a while.
func startedAndSignalled(t *testing.T, binary string, as *syscall.Credential, s syscall.Signal, delay time.Duration) (died bool, status int, out, errs string) {
	t.Helper()
	cmd := exec.Command(binary, "--repeat", "1000000", "--quiet")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Credential: as}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(delay)
	_ = cmd.Process.Signal(s)
	kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	err := cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false, 0, stdout.String(), fmt.Sprint(err, stderr.String())
	}
	w := exit.Sys().(syscall.WaitStatus)
	if w.Signaled() {
		return w.Signal() == s, 128 + int(w.Signal()), stdout.String(), stderr.String()
	}
	return false, exit.ExitCode(), stdout.String(), stderr.String()
}
