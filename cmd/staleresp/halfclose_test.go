package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"sockproof/cmd/staleresp/internal/token"
)

// TestHalfClosingClient: a client that has asked all it wants to ask, and says so,
// waits for its reply: nc -N, in a process of its own.
func TestHalfClosingClient(t *testing.T) {
	t.Parallel()
	nc, err := exec.LookPath("nc")
	if err != nil {
		t.Skipf("skip: %v", err)
	}
	for protocol, request := range map[string]struct{ sent, is string }{
		"line": {"hello\n", "hello"},
		"resp": {"*2\r\n$3\r\nget\r\n$1\r\nk\r\n", "get k"},
		"http": {"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", "GET /hello"},
	} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := startServing(t, protocol, "--late-every", "1", "--requests", "1")
			host, port, _ := strings.Cut(s.at, ":")
			client := exec.Command(nc, "-N", host, port)
			client.Stdin = strings.NewReader(request.sent)
			var got bytes.Buffer
			client.Stdout = &got
			if err := client.Run(); err != nil {
				t.Skipf("skip: nc -N: %v", err) // other nc have no -N
			}
			if want := token.Of([]byte(request.is)).String(); !strings.Contains(got.String(), want) {
				t.Errorf("nc got %q, want %s", got.String(), want)
			}
			code, out := s.ended(t)
			if code != 0 || !strings.Contains(out, "it sends no more (FIN), and took the reply\n") || !strings.Contains(out, "0 ended, 1 answered") {
				t.Errorf("exit %d\n%s", code, out)
			}
		})
	}
}

// TestPipeliningClient: a shell that writes two requests at once. (Its own printf
// writes each line by itself.)
func TestPipeliningClient(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skipf("skip: %v", err)
	}
	for protocol, requests := range map[string]string{
		"line": `1\n2\n`,
		"resp": `*1\r\n$1\r\n1\r\n*1\r\n$1\r\n2\r\n`,
		"http": `GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n`,
	} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := startServing(t, protocol, "--late-every", "1", "--requests", "2")
			host, port, _ := strings.Cut(s.at, ":")
			client := exec.Command(bash, "-c", fmt.Sprintf(`exec 3<>/dev/tcp/%s/%s; env printf '%s' >&3; cat <&3 >/dev/null`, host, port, requests))
			if out, err := client.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			code, out := s.ended(t)
			if code != 1 || !strings.Contains(out, "REUSED: #2 ") || !strings.Contains(out, " together with it, before its reply\n") || !strings.Contains(out, "✗ serve reused: after 1 of 2") {
				t.Errorf("exit %d\n%s", code, out)
			}
		})
	}
}
