package main

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"sockproof/lib/journaltest"
)

// TestServedAndInterrupted: a server has no other end than ^C, and then there is
// evidence of those that it has served.
func TestServedAndInterrupted(t *testing.T) {
	t.Parallel()
	port, bundle := freePort(t), filepath.Join(t.TempDir(), "e.zip")
	cmd := exec.Command("lingerreset", "victim", "--listen", port, "--mode", "close", "--after", "5", "--evidence", bundle)
	told, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var c net.Conn
	if err := journaltest.Eventually("a listener", func() (bool, error) {
		c, err = net.Dial("tcp", "127.0.0.1:"+port)
		return err == nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	_, _ = c.Write([]byte("hello"))
	_, _ = c.Read(make([]byte, 1)) // the end, or a RST: it has been served
	_ = c.Close()
	out := bufio.NewReader(told)
	first, err := out.ReadString('\n')
	if err != nil {
		t.Errorf("it was told of nobody: %v", err)
	}
	_ = cmd.Process.Signal(syscall.SIGINT)
	rest, _ := io.ReadAll(out)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("%v: %s%s", err, first, rest)
	}
	if said, err := exec.Command("lingerreset", "verify", bundle).CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s%s", err, said, first, rest)
	}
}
