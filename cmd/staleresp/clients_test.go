package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"sockproof/cmd/staleresp/internal/token"
)

// Real clients that nobody here wrote, and two that are written as they are found
// in the wild, against the program itself: what the server saw of each, and what
// its log says.

// How long the clients here wait for a reply, and how late a late one is.
const (
	clientPatience = 250 * time.Millisecond
	lateness       = 400 * time.Millisecond
)

// serving is a server in a process of its own.
type serving struct {
	*exec.Cmd
	at   string // its address
	out  *bufio.Reader
	errs bytes.Buffer
}

// startServing starts a server.
func startServing(t *testing.T, protocol string, args ...string) *serving {
	t.Helper()
	s := &serving{}
	s.Cmd = exec.Command("staleresp", append([]string{
		"serve", "--protocol", protocol, "--late-every", "4", "--late-by", lateness.String(),
	}, args...)...)
	s.Stderr = &s.errs
	s.Env = append(os.Environ(), "LC_ALL=C.UTF-8") // its signs are not those of ASCII
	stdout, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Process.Kill() })
	s.out = bufio.NewReader(stdout)
	first, err := s.out.ReadString('\n')
	at, is := strings.CutPrefix(strings.TrimSpace(first), "listening on ")
	if err != nil || !is {
		t.Fatalf("the first line is %q, %v", first, err)
	}
	s.at = at
	return s
}

// ended is what the server says when it has ended, and its exit status.
func (s *serving) ended(t *testing.T) (code int, out string) {
	t.Helper()
	rest, err := io.ReadAll(s.out)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Wait() // its status is what is looked at
	if s.errs.Len() > 0 {
		t.Errorf("stderr %q", s.errs.String())
	}
	return s.ProcessState.ExitCode(), string(rest)
}

// clientLog is what a client writes down.
type clientLog struct{ bytes.Buffer }

func (l *clientLog) add(request, reply string) { fmt.Fprintf(l, "%s\t%s\n", request, reply) }

// counts is how many replies in the log are the request's own, and another's, and how many
// requests have none.
func (l *clientLog) counts() (right, wrong, unanswered int) {
	for line := range strings.Lines(l.String()) {
		at := strings.LastIndexByte(line, '\t')
		switch reply := strings.TrimSuffix(line[at+1:], "\n"); reply {
		case "":
			unanswered++
		case token.Of([]byte(line[:at])).String():
			right++
		default:
			wrong++
		}
	}
	return right, wrong, unanswered
}

// clientRequests is how many requests a client makes, one in four of which is
// answered late.
const clientRequests = 12

// checkClean: a client that lets go of what it has given up.
func checkClean(t *testing.T, s *serving, log *clientLog) {
	t.Helper()
	if err := s.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	code, out := s.ended(t)
	if code != 130 || strings.Contains(out, "REUSED") || !strings.Contains(out, "serve not reused: ") || !strings.Contains(out, "ended: the client ended the connection") {
		t.Errorf("serve: exit %d\n%s", code, out)
	}
	if right, wrong, unanswered := log.counts(); wrong > 0 || unanswered == 0 || right+unanswered != clientRequests {
		t.Errorf("%d right, %d wrong, %d unanswered", right, wrong, unanswered)
	}
}

// checkStale: a client that does not.
func checkStale(t *testing.T, s *serving, log *clientLog) {
	t.Helper()
	code, out := s.ended(t)
	if code != 1 || !strings.Contains(out, "REUSED: #") || !strings.Contains(out, "serve reused: ") {
		t.Errorf("serve: exit %d\n%s", code, out)
	}
	if right, wrong, unanswered := log.counts(); wrong == 0 || unanswered == 0 {
		t.Errorf("%d right, %d wrong, %d unanswered", right, wrong, unanswered)
	}
}

// TestNetHTTP: Go's net/http. A request that timed out takes its connection along.
func TestNetHTTP(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"IPv4": nil, "IPv6": {"-6"}} {
		t.Run(name, func(t *testing.T) {
			if name == "IPv6" {
				needIPv6(t)
			}
			s := startServing(t, "http", args...)
			transport := &http.Transport{MaxConnsPerHost: 1}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport, Timeout: clientPatience}
			var log clientLog
			for i := range clientRequests {
				path := fmt.Sprintf("/user/%d", i)
				log.add("GET "+path, get(client, "http://"+s.at+path))
			}
			checkClean(t, s, &log)
		})
	}
}

// get is the body of a response; "" if none came in time.
func get(c *http.Client, url string) string {
	r, err := c.Get(url)
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	return string(body)
}

func needIPv6(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("skip: %v", err)
	}
	l.Close()
}

// TestGoRedis: go-redis, by its own timeouts and by a context's.
func TestGoRedis(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*redis.Options){
		"ReadTimeout": func(o *redis.Options) { o.ReadTimeout = clientPatience },
		"context":     func(o *redis.Options) { o.ContextTimeoutEnabled = true },
		"protocol 2":  func(o *redis.Options) { o.ReadTimeout, o.Protocol = clientPatience, 2 },
		"with a set-up": func(o *redis.Options) {
			o.ReadTimeout, o.Password, o.DB, o.ClientName = clientPatience, "secret", 3, "me"
		},
		"pool of one": func(o *redis.Options) { o.ReadTimeout, o.PoolSize = clientPatience, 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServing(t, "resp")
			o := &redis.Options{Addr: s.at, MaxRetries: -1}
			change(o)
			client := redis.NewClient(o)
			defer client.Close()
			var log clientLog
			for i := range clientRequests {
				key := fmt.Sprintf("user:%d", i)
				ctx, cancel := context.WithTimeout(context.Background(), clientPatience)
				value, err := client.Get(ctx, key).Result()
				cancel()
				if err != nil {
					value = ""
				}
				log.add("get "+key, value)
			}
			checkClean(t, s, &log)
		})
	}
}

// TestNaiveLine: a client with a timeout, and no more than that.
func TestNaiveLine(t *testing.T) {
	t.Parallel()
	s := startServing(t, "line", "--requests", fmt.Sprint(clientRequests))
	conn, err := net.Dial("tcp", s.at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var log clientLog
	replies := bufio.NewReader(conn)
	for i := 0; ; i++ {
		request := fmt.Sprintf("user %d", i)
		if _, err := fmt.Fprintln(conn, request); err != nil {
			break
		}
		conn.SetReadDeadline(time.Now().Add(clientPatience))
		reply, err := replies.ReadString('\n')
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			break // the server has ended
		}
		log.add(request, strings.TrimSuffix(reply, "\n"))
	}
	checkStale(t, s, &log)
}

// TestCarefulLine: the same client, if it connects again after a timeout.
func TestCarefulLine(t *testing.T) {
	t.Parallel()
	s := startServing(t, "line")
	var (
		log     clientLog
		conn    net.Conn
		replies *bufio.Reader
	)
	for i := range clientRequests {
		if conn == nil {
			var err error
			if conn, err = net.Dial("tcp", s.at); err != nil {
				t.Fatal(err)
			}
			replies = bufio.NewReader(conn)
		}
		request := fmt.Sprintf("user %d", i)
		fmt.Fprintln(conn, request)
		conn.SetReadDeadline(time.Now().Add(clientPatience))
		reply, err := replies.ReadString('\n')
		if err != nil {
			conn.Close()
			conn = nil
		}
		log.add(request, strings.TrimSuffix(reply, "\n"))
	}
	checkClean(t, s, &log)
}
