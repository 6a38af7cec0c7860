package protocol

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"sockproof/cmd/badpeer/internal/token"
)

// serve answers each request with its token, as a well-behaved server does, and returns
// its address.
func serve(t *testing.T, protocol string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c, _ := mustNew(t, protocol)
			go converse(conn, c)
		}
	}()
	return l.Addr().String()
}

func converse(conn net.Conn, c Codec) {
	defer conn.Close()
	var in []byte
	piece := make([]byte, 1<<16)
	for {
		r, n, err := c.Next(in)
		switch {
		case err != nil:
			_, _ = conn.Write(c.Refuse(err))
			return
		case n == 0:
			m, err := conn.Read(piece)
			if err != nil {
				return
			}
			in = append(in, piece[:m]...)
			continue
		case r.Setup != nil:
			_, _ = conn.Write(r.Setup)
		default:
			_, _ = conn.Write(c.Reply(r, token.Of(r.Text).String()))
		}
		in = in[n:]
		if r.Last {
			return
		}
	}
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func checkToken(t *testing.T, got, text string, err error) {
	t.Helper()
	if want := token.Of([]byte(text)).String(); got != want || err != nil {
		t.Errorf("%q: got %q, %v; want %q", text, got, err, want)
	}
}

func TestNetHTTP(t *testing.T) {
	t.Parallel()
	url := "http://" + serve(t, "http")
	client := http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute}}
	defer client.CloseIdleConnections()
	for _, tt := range []struct {
		method string
		body   io.Reader
		expect string
		text   string
	}{
		{"GET", nil, "", "GET /a"},
		{"POST", strings.NewReader("hello"), "", "POST /a" + helloHash},
		{"POST", strings.NewReader("hello"), "100-continue", "POST /a" + helloHash},
		{"PUT", struct{ io.Reader }{strings.NewReader("hello")}, "", "PUT /a" + helloHash}, // of no length: in chunks
		{"PUT", struct{ io.Reader }{strings.NewReader("hello")}, "100-continue", "PUT /a" + helloHash},
	} {
		r, err := http.NewRequestWithContext(deadline(t), tt.method, url+"/a", tt.body)
		if err != nil {
			t.Fatal(err)
		}
		if tt.expect != "" {
			r.Header.Set("Expect", tt.expect)
		}
		got, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		got.Body.Close()
		checkToken(t, string(body), tt.text, err)
	}
}

func TestGoRedis(t *testing.T) {
	t.Parallel()
	for _, version := range []int{2, 3} {
		c := redis.NewClient(&redis.Options{Addr: serve(t, "resp"), Protocol: version, Password: "p", DB: 1})
		got, err := c.Get(deadline(t), "k").Result()
		checkToken(t, got, "get k", err)
		got, err = c.Do(deadline(t), "SET", "k", "a b\r\n").Text()
		checkToken(t, got, "SET k a b\r\n", err)
		if got, err := c.Ping(deadline(t)).Result(); got != "PONG" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		c.Close()
	}
}

func TestPgx(t *testing.T) {
	t.Parallel()
	at := serve(t, "postgres")
	for _, mode := range []string{"simple_protocol", "cache_statement", "cache_describe", "describe_exec", "exec"} {
		ctx := deadline(t)
		c, err := pgx.Connect(ctx, fmt.Sprintf("postgres://alice:secret@%s/shop?default_query_exec_mode=%s", at, mode))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			var got string
			err = c.QueryRow(ctx, "select 'a'").Scan(&got)
			checkToken(t, got, "select 'a'", err)
		}
		if mode != "simple_protocol" { // there the client puts the parameter into the query
			var got string
			err = c.QueryRow(ctx, "select $1", "b").Scan(&got)
			checkToken(t, got, "select $1 b", err)
		}
		if err := c.Ping(ctx); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		tx, err := c.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if tag, err := tx.Exec(ctx, "insert into t values ('c')"); err != nil || tag.RowsAffected() != 1 {
			t.Errorf("%s: %v, %v", mode, tag, err)
		}
		if err := tx.Commit(ctx); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		if err := c.Close(ctx); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

func TestPgxBatch(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	c, err := pgx.Connect(ctx, "postgres://alice@"+serve(t, "postgres")+"/shop")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	var b pgx.Batch
	b.Queue("select 'a'")
	b.Queue("select 'b'")
	results := c.SendBatch(ctx, &b)
	for range 2 {
		var got string
		err := results.QueryRow().Scan(&got)
		checkToken(t, got, "select 'a'; select 'b'", err)
	}
	if err := results.Close(); err != nil {
		t.Error(err)
	}
}

func TestPsql(t *testing.T) {
	t.Parallel()
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skipf("skip: %v", err)
	}
	got, err := exec.CommandContext(deadline(t), psql, "-XAtq", "postgres://alice@"+serve(t, "postgres")+"/shop",
		"-c", "begin", "-c", "select 'a'", "-c", "update t set a = 1", "-c", "commit", "-c", "select 'b'").CombinedOutput()
	want := fmt.Sprintf("%s\n%s\n", token.Of([]byte("select 'a'")), token.Of([]byte("select 'b'")))
	if string(got) != want || err != nil {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
