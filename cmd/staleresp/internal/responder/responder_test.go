package responder

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"sockproof/cmd/staleresp/internal/token"
)

// running is a server in this process.
type running struct {
	*journal
	at   string
	stop context.CancelFunc
	done chan struct{}
	err  error

	settling sync.Mutex
	settled  []Late
}

// long is so late that no test waits for it.
const long = time.Hour

// start starts a server.
func start(t *testing.T, c *Config) *running {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := &running{journal: &journal{config: c}, stop: stop, done: make(chan struct{})}
	at := make(chan string, 1)
	c.Listen = netip.MustParseAddrPort("127.0.0.1:0")
	c.Listening = func(s string) { at <- s }
	c.Settled = func(l *Late) {
		r.settling.Lock()
		defer r.settling.Unlock()
		r.settled = append(r.settled, *l)
	}
	go func() {
		defer close(r.done)
		r.err = r.run(ctx)
	}()
	select {
	case r.at = <-at:
	case <-r.done:
		t.Fatal(r.err)
	}
	t.Cleanup(func() { r.end(t) })
	return r
}

// end ends the server, and waits until it has.
func (r *running) end(t *testing.T) Counts {
	t.Helper()
	r.stop()
	<-r.done
	if r.err != nil {
		t.Error(r.err)
	}
	return r.counts
}

// all are the late replies that have been settled.
func (r *running) all() []Late {
	r.settling.Lock()
	defer r.settling.Unlock()
	return append([]Late(nil), r.settled...)
}

// awaitRequests waits until so many have been counted.
func (r *running) awaitRequests(t *testing.T, n int64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		r.mu.Lock()
		counted := r.counts.Requests
		r.mu.Unlock()
		if counted >= n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d requests of %d", counted, n)
		}
	}
}

// awaitSettled waits until so many have been settled.
func (r *running) awaitSettled(t *testing.T, n int) []Late {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if all := r.all(); len(all) >= n || time.Now().After(deadline) {
			if len(all) < n {
				t.Fatalf("%d settled of %d", len(all), n)
			}
			return all
		}
	}
}

func dial(t *testing.T, r *running) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", r.at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

func tokens(requests ...string) (all string) {
	for _, r := range requests {
		all += token.Of([]byte(r)).String() + "\n"
	}
	return all
}

// A client that does not wait before it makes the next request: its connection is
// reused, and the replies come in order.
func TestReused(t *testing.T) {
	r := start(t, &Config{Protocol: Line, LateEvery: 2, LateBy: 50 * time.Millisecond, Requests: 3})
	c := dial(t, r)
	fmt.Fprint(c, "a\nb\r\nc\n")
	got, err := io.ReadAll(c)
	if err != nil || string(got) != tokens("a", "b", "c") {
		t.Errorf("read %q, %v", got, err)
	}
	all := r.awaitSettled(t, 1)
	if len(all) != 1 || all[0].Became != Reused || all[0].Request.N != 2 || all[0].Next.N != 3 || all[0].Request.Bytes != 1 || all[0].Request.Payload != "" || all[0].Connection != c.LocalAddr().String() {
		t.Errorf("%+v", all)
	}
	<-r.done // by itself
	if want := (Counts{Connections: 1, Requests: 3, Late: 1, Reused: 1}); r.counts != want {
		t.Errorf("%+v, want %+v", r.counts, want)
	}
}

// A client that waits; and one of which nothing more comes.
func TestAnswered(t *testing.T) {
	r := start(t, &Config{Protocol: Line, LateEvery: 1, LateBy: time.Millisecond, Payload: true})
	c := dial(t, r)
	replies := bufio.NewReader(c)
	for _, request := range []string{"a", "", "b"} {
		fmt.Fprintln(c, request)
		if got, err := replies.ReadString('\n'); err != nil || got != tokens(request) {
			t.Errorf("%q: %q, %v", request, got, err)
		}
	}
	c.Close()
	all := r.awaitSettled(t, 3)
	for i, l := range all {
		if l.Became != Answered || l.SentNS <= l.Request.AtNS || (l.Next == nil) != (i == 2) {
			t.Errorf("%+v", l)
		}
	}
	if all[0].Request.Payload != "a" {
		t.Errorf("payload %q", all[0].Request.Payload)
	}
}

// A client that ends the connection, before its reply was sent. That it has not only
// said that no more requests come is seen when it refuses the reply.
func TestEnded(t *testing.T) {
	forEach(t, func(t *testing.T, p Protocol) {
		r := start(t, &Config{Protocol: p, LateEvery: 1, LateBy: lateBy})
		c := dial(t, r)
		fmt.Fprint(c, raw(p, "a"))
		r.awaitRequests(t, 1)
		c.Close()
		if l := r.awaitSettled(t, 1)[0]; l.Became != Ended || l.EndedNS <= l.Request.AtNS || l.EndedNS >= l.SentNS || l.FinNS != l.EndedNS {
			t.Errorf("%+v", l)
		}
	})
}

// TestPending: where the server ends first, nothing is said of the client.
func TestPending(t *testing.T) {
	for _, p := range Protocols {
		t.Run(string(p), func(t *testing.T) {
			r := start(t, &Config{Protocol: p, LateEvery: 1, LateBy: long})
			c := dial(t, r)
			fmt.Fprint(c, raw(p, "a"))
			r.awaitRequests(t, 1)
			if n := r.end(t); n.Pending != 1 || n.Late != 1 {
				t.Errorf("%+v", n)
			}
		})
	}
}

// TestFor: it ends by itself.
func TestFor(t *testing.T) {
	r := start(t, &Config{Protocol: HTTP, LateEvery: 1, LateBy: long, For: time.Millisecond})
	<-r.done
	if r.counts != (Counts{}) || r.err != nil {
		t.Errorf("%+v, %v", r.counts, r.err)
	}
}

// TestHTTPReused: a request that comes before the reply to the one before is seen
// to, though the library answers it only then.
func TestHTTPReused(t *testing.T) {
	r := start(t, &Config{Protocol: HTTP, LateEvery: 2, LateBy: 200 * time.Millisecond})
	c := dial(t, r)
	replies := bufio.NewReader(c)
	ask := func(path string) { fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path) }
	read := func(path string) {
		t.Helper()
		response, err := http.ReadResponse(replies, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || string(body) != token.Of([]byte("GET "+path)).String() {
			t.Errorf("%s: %q, %v", path, body, err)
		}
	}
	ask("/a")
	read("/a")
	ask("/b")
	r.awaitRequests(t, 2)
	ask("/c")
	read("/b")
	read("/c")
	if all := r.awaitSettled(t, 1); all[0].Became != Reused || all[0].Next.N != 3 {
		t.Errorf("%+v", all)
	}
}

// TestHTTPBody: a body counts, as its hash; one that is too long is refused.
func TestHTTPBody(t *testing.T) {
	r := start(t, &Config{Protocol: HTTP, LateEvery: 9, LateBy: long})
	for body, want := range map[string]string{
		"abc":                          token.Of([]byte("POST /x?y=1 sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")).String(),
		"":                             token.Of([]byte("POST /x?y=1")).String(),
		strings.Repeat("x", maxBody+1): "error: http: request body too large",
	} {
		c := dial(t, r)
		go fmt.Fprintf(c, "POST /x?y=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		var got bytes.Buffer
		_, _ = got.ReadFrom(c) // the server may reset it, with the rest of the body unread
		if !strings.Contains(got.String(), want) {
			t.Errorf("%d bytes: %q; want %s", len(body), got.String(), want)
		}
	}
	if n := r.end(t); n.Requests != 2 {
		t.Errorf("%+v", n)
	}
}

func TestLineTooLong(t *testing.T) {
	r := start(t, &Config{Protocol: Line, LateEvery: 9, LateBy: long})
	c := dial(t, r)
	fmt.Fprint(c, strings.Repeat("x", longestLine))
	got, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || got != "error: a line has at most 65535 bytes\n" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestRESP: what clients ask first is answered at once and not counted; everything
// else has its token.
func TestRESP(t *testing.T) {
	of := func(request string) string {
		s := token.Of([]byte(request)).String()
		return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s)
	}
	r := start(t, &Config{Protocol: RESP, LateEvery: 100, LateBy: long})
	for _, tt := range []struct{ send, want string }{
		{"*1\r\n$4\r\nPING\r\n", "+PONG\r\n"},
		{"*2\r\n$4\r\nping\r\n$2\r\nhi\r\n", "$2\r\nhi\r\n"},
		{"*1\r\n$5\r\nHELLO\r\n", "*6\r\n$6\r\nserver\r\n$9\r\nstaleresp\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n$5\r\nproto\r\n:2\r\n"},
		{"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n", "%3\r\n$6\r\nserver\r\n$9\r\nstaleresp\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n$5\r\nproto\r\n:3\r\n"},
		{"*2\r\n$5\r\nHELLO\r\n$1\r\n9\r\n", "-NOPROTO unsupported protocol version\r\n"},
		{"*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n", "+OK\r\n"},
		{"*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$1\r\nx\r\n", "+OK\r\n"},
		{"*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n", "+OK\r\n"},
		{"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", of("GET k")},
		{"*2\r\n$3\r\nGET\r\n$0\r\n\r\n", of("GET ")},
		{"*1\r\n$0\r\n\r\n", of("")},
		{"*0\r\n*1\r\n$1\r\nx\r\n", of("x")},
		{"PING\r\n", "-ERR Protocol error: want an array of bulk strings\r\n"},
		{"*-1\r\n", "-ERR Protocol error: want an array of bulk strings, * from 0 to 1024\r\n"},
		{"*1025\r\n", "-ERR Protocol error: want an array of bulk strings, * from 0 to 1024\r\n"},
		{"*1\r\n*1\r\n*1\r\n", "-ERR Protocol error: want an array of bulk strings\r\n"},
		{"*1\r\n$9223372036854775807\r\n", "-ERR Protocol error: want an array of bulk strings, $ from 0 to 65536\r\n"},
		{"*1\r\n$-1\r\n", "-ERR Protocol error: want an array of bulk strings, $ from 0 to 65536\r\n"},
		{"*1\r\n+x\r\n", "-ERR Protocol error: want an array of bulk strings\r\n"},
		{"*" + strings.Repeat("1", 100), "-ERR Protocol error: want an array of bulk strings\r\n"},
	} {
		c := dial(t, r)
		fmt.Fprint(c, tt.send)
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(c); string(got) != tt.want || err != nil {
			t.Errorf("%q: got  %q, %v\nwant %q", tt.send, got, err, tt.want)
		}
	}
	if n := r.end(t); n.Requests != 4 {
		t.Errorf("%+v", n)
	}
}

// A client that asks and asks, and reads nothing, is not read from for ever.
func TestDeafClient(t *testing.T) {
	for _, p := range []Protocol{Line, RESP} {
		t.Run(string(p), func(t *testing.T) {
			r := start(t, &Config{Protocol: p, LateEvery: 1 << 40, LateBy: long})
			c := dial(t, r)
			request := bytes.Repeat([]byte(map[Protocol]string{Line: "a\n", RESP: "*1\r\n$1\r\na\r\n"}[p]), 1000)
			c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
			var err error
			for sent := 0; err == nil && sent < 1<<30; sent += len(request) {
				_, err = c.Write(request)
			}
			if err == nil {
				t.Error("everything was taken")
			}
		})
	}
}
