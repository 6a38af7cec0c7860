package main

import (
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestServedAndInterrupted: a server has no other end than ^C, and then there is
// evidence of those that it has served.
func TestServedAndInterrupted(t *testing.T) {
	t.Parallel()
	port, bundle := freePort(t), filepath.Join(t.TempDir(), "e.zip")
	cmd := exec.Command("lingerreset", "victim", "--listen", port, "--mode", "close", "--after", "5", "--evidence", bundle)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var c net.Conn
	var err error
	for range 200 { // until it listens
		if c, err = net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, _ = c.Write([]byte("hello"))
	_, _ = c.Read(make([]byte, 1)) // the end, or a RST: it has been served
	_ = c.Close()
	time.Sleep(300 * time.Millisecond) // so that it may be told of
	_ = cmd.Process.Signal(syscall.SIGINT)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("%v: %s", err, out.String())
	}
	if said, err := exec.Command("lingerreset", "verify", bundle).CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s", err, said, out.String())
	}
}
