package responder

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"

	"sockproof/cmd/staleresp/internal/token"
)

// TestHTTP: every request has its token, whatever its method; what is no request of
// HTTP/1 has an error, and ends the connection.
func TestHTTP(t *testing.T) {
	of := func(line string) string { return "\r\n\r\n" + token.Of([]byte(line)).String() }
	r := start(t, &Config{Protocol: HTTP, LateEvery: 100, LateBy: long})
	for name, tt := range map[string]struct {
		send, status, end string
		counted           int64
	}{
		"OPTIONS *":            {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK", of("OPTIONS *"), 1},
		"HEAD":                 {"HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK", "Content-Length: 22\r\nConnection: keep-alive\r\n\r\n", 1},
		"HTTP/1.0":             {"GET /0 HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK", of("GET /0"), 1},
		"it is to be the last": {"GET /l HTTP/1.1\r\nConnection: close\r\n\r\nGET /m HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK", of("GET /l"), 1},
		"chunks":               {"PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "HTTP/1.1 200 OK", of("PUT /c sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), 1},
		"100-continue":         {"PUT /e HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 100 Continue", of("PUT /e sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), 1},
		"an empty line":        {"\r\n\nGET /n HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK", of("GET /n"), 1},
		"HTTP/2":               {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400 Bad Request", "error: HTTP/2.0: want HTTP/1.1", 0},
		"another protocol":     {"hello\n\n", "HTTP/1.1 400 Bad Request", `error: malformed HTTP request "hello"`, 0},
		"a long header":        {"GET / HTTP/1.1\r\nX: " + strings.Repeat("x", maxHeader), "HTTP/1.1 400 Bad Request", "error: it is too long", 0},
		"no end":               {"GET / HTTP/1.1\r\n", "", "", 0},
	} {
		before := r.requests()
		c := dial(t, r)
		fmt.Fprint(c, tt.send)
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(c)
		if !strings.HasPrefix(string(got), tt.status) || !strings.HasSuffix(string(got), tt.end) || err != nil {
			t.Errorf("%s: %q, %v; want %s … %s", name, got, err, tt.status, tt.end)
		}
		if n := r.requests() - before; n != tt.counted {
			t.Errorf("%s: %d requests were counted", name, n)
		}
	}
}

func (r *running) requests() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts.Requests
}

// A client that is told that the connection ends need not close it first.
func TestHTTPLast(t *testing.T) {
	r := start(t, &Config{Protocol: HTTP, LateEvery: 1, LateBy: 1})
	c := dial(t, r)
	fmt.Fprint(c, "GET /a HTTP/1.1\r\nConnection: close\r\n\r\n")
	replies := bufio.NewReader(c)
	readReply(t, HTTP, replies, "a")
	if rest, err := io.ReadAll(replies); len(rest) > 0 || err != nil {
		t.Errorf("then %q, %v", rest, err)
	}
	if l := r.awaitSettled(t, 1)[0]; l.Became != Answered || l.NextNS != 0 || l.FinNS != 0 {
		t.Errorf("%+v", l)
	}
}

// An empty line after a body, as some clients send it, is no next request.
func TestHTTPEmptyLine(t *testing.T) {
	r := start(t, &Config{Protocol: HTTP, LateEvery: 1, LateBy: lateBy})
	c := dial(t, r)
	fmt.Fprint(c, raw(HTTP, "a")+"\r\n")
	replies := bufio.NewReader(c)
	readReply(t, HTTP, replies, "a")
	fmt.Fprint(c, raw(HTTP, "b"))
	if l := r.awaitSettled(t, 1)[0]; l.Became != Answered || l.Next.N != 2 {
		t.Errorf("%+v", l)
	}
}
