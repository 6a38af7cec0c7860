package load

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// onThread is a place on the caller's own stack.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends
		done <- f()
	}()
	return <-done
}

func percent(t *testing.T, text string) Rate {
	t.Helper()
	r, err := ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func config(t *testing.T, rate string, c Client) *Config {
	return &Config{
		Connections: 20, Requests: 1005, Late: percent(t, rate), LateBy: 15 * time.Millisecond, Patience: 10 * time.Millisecond,
		Seed: 7, Client: c, Place: onThread, Progress: func(int64) {},
	}
}

var clients = map[string]Client{
	"naive":     {Depth: 1},
	"compare":   {Depth: 1, Mismatch: Refuses},
	"discard":   {Depth: 1, Mismatch: Discards},
	"reconnect": {Depth: 1, Reconnects: true},
	"drain":     {Depth: 1, Drains: true},
}

func run(t *testing.T, c *Config) *Result {
	t.Helper()
	r, err := Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Real connections come to the totals that the model has, however long a late
// reply takes, and however many are late.
func TestTotals(t *testing.T) {
	for name, client := range clients {
		for _, tt := range []struct {
			rate           string
			lateBy         time.Duration
			requests, seed int
		}{
			{"0%", 15 * time.Millisecond, 1005, 7},
			{"2%", 15 * time.Millisecond, 1005, 7},
			{"2%", 15 * time.Millisecond, 1005, 8},
			{"2%", 35 * time.Millisecond, 1005, 7},
			{"2%", 20 * time.Millisecond, 1005, 7}, // two patiences, to the nanosecond
			{"30%", 15 * time.Millisecond, 205, 7},
			{"100%", 10 * time.Millisecond, 64, 7},
			{"2%", 5 * time.Millisecond, 1005, 7}, // late, and still in time
			{"2%", 15 * time.Millisecond, 7, 7},   // fewer than connections
		} {
			t.Run(fmt.Sprintf("%s/%s/%v/%d/%d", name, tt.rate, tt.lateBy, tt.requests, tt.seed), func(t *testing.T) {
				t.Parallel()
				c := config(t, tt.rate, client)
				c.LateBy, c.Requests, c.Seed = tt.lateBy, int64(tt.requests), uint64(tt.seed)
				r := run(t, c)
				if want := expected(c); r.Counts != want {
					t.Errorf("got  %+v\nwant %+v", r.Counts, want)
				}
				if n := r.Latency.TotalCount(); n != c.Requests {
					t.Errorf("%d latencies of %d requests", n, c.Requests)
				}
			})
		}
	}
}

// Who tells replies by their numbers loses the late ones and no other, though
// requests overtake each other.
func TestPipelined(t *testing.T) {
	for name, lateBy := range map[string]time.Duration{"late": 15 * time.Millisecond, "very late": 45 * time.Millisecond, "in time": 5 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t, "3%", Client{Depth: 8, Mismatch: Discards})
			c.LateBy = lateBy
			want := Counts{Requests: c.Requests, Late: expected(c).Late, Right: c.Requests}
			if lateBy > c.Patience {
				want.TimedOut, want.Right = want.Late, c.Requests-want.Late
				alone := *c // in which the late ones are given up, too, and no others
				alone.Client = clients["reconnect"]
				want.Followed = expected(&alone).Followed
			}
			if r := run(t, c); r.Counts != want || want.Late == 0 {
				t.Errorf("got  %+v\nwant %+v", r.Counts, want)
			}
		})
	}
}

// TestBusy: a machine that is too slow for its clients' patience comes to the same
// totals.
func TestBusy(t *testing.T) {
	c := config(t, "2%", Client{Depth: 1})
	c.Connections, c.Requests = 300, 6000
	c.Patience, c.LateBy = time.Millisecond, 2500*time.Microsecond
	if r, want := run(t, c), expected(c); r.Counts != want {
		t.Errorf("got  %+v\nwant %+v", r.Counts, want)
	}
}

func TestIPv6(t *testing.T) {
	fd, err := openSocket(loopback(true))
	if err != nil {
		t.Skipf("skip: %v", err)
	}
	syscall.Close(fd)
	c := config(t, "2%", Client{Depth: 1, Reconnects: true})
	c.IPv6 = true
	if r, want := run(t, c), expected(c); r.Counts != want {
		t.Errorf("got  %+v\nwant %+v", r.Counts, want)
	}
}

// TestCut: what was counted by the end of the context is returned, and everything
// is closed.
func TestCut(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := config(t, "1%", Client{Depth: 1})
	c.Requests = 1 << 40
	var told atomic.Int64
	c.Progress = func(ended int64) { told.Store(ended); cancel() }
	r, err := Run(ctx, c)
	if err != nil || r.Requests < told.Load() || r.Requests == 0 || r.Right == 0 {
		t.Errorf("%v, %+v; progress said %d", err, r, told.Load())
	}
}

// TestNoPlace: where a thread cannot have a place, the others are not waited for
// in vain.
func TestNoPlace(t *testing.T) {
	var n atomic.Int64
	c := config(t, "1%", Client{Depth: 1})
	c.Requests = 1 << 40
	c.Place = func(f func() error) error {
		if n.Add(1) == 1 {
			return syscall.EPERM
		}
		return f()
	}
	if _, err := Run(context.Background(), c); !errors.Is(err, syscall.EPERM) {
		t.Errorf("%v; want EPERM", err)
	}
}

// TestStranger: somebody else who connects to the listener is sent away.
func TestStranger(t *testing.T) {
	l, err := listen(loopback(false))
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	stranger, err := openSocket(l.at.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(stranger)
	if err := syscall.Connect(stranger, sockaddr(l.at)); err != nil {
		t.Fatal(err)
	}
	client, server, err := l.connection()
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(client.fd)
	defer syscall.Close(server.fd)
	if _, err := syscall.Write(client.fd, []byte("x")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 8)
	if data, _, err := server.read(b); err != nil || string(data) != "x" {
		t.Errorf("read %q, %v", data, err)
	}
	if n, err := syscall.Read(stranger, b); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the stranger read %d, %v; want it reset", n, err)
	}
}

// TestLostPeer: a connection that ends is an error with its operation and address.
func TestLostPeer(t *testing.T) {
	c := config(t, "0%", Client{Depth: 1})
	s := newShard(c, 0, 1)
	defer s.close()
	if err := s.open(); err != nil {
		t.Fatal(err)
	}
	k := s.clients[0]
	if err := syscall.Shutdown(k.server.fd, syscall.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	if err := k.ready(); err == nil || !strings.Contains(err.Error(), "read to 127.0.0.1:") {
		t.Errorf("%v", err)
	}
}

// TestFull: what the kernel does not take goes when there is room again.
func TestFull(t *testing.T) {
	c := config(t, "0%", Client{Depth: 1})
	s := newShard(c, 0, 1)
	defer s.close()
	if err := s.open(); err != nil {
		t.Fatal(err)
	}
	k := s.clients[0]
	const replies = 1 << 19 // more than a buffer holds
	for n := range uint64(replies) {
		k.server.out = replyTo(n).appendTo(k.server.out)
	}
	for n := uint64(0); n < replies; {
		if err := k.server.ready(); err != nil {
			t.Fatal(err)
		}
		b, _, err := k.read(s.scratch)
		if err != nil {
			t.Fatal(err)
		}
		for ; len(b) >= frameSize; n, b = n+1, b[frameSize:] {
			if !replyIn(b).answers(n) {
				t.Fatalf("reply %d is %+v", n, replyIn(b))
			}
		}
		k.keep(b)
	}
}

// TestRoom: where one table of descriptors does not do, threads have their own,
// as many as it takes.
func TestRoom(t *testing.T) {
	cpus := runtime.GOMAXPROCS(0)
	limit := room(1000)
	for _, tt := range []struct {
		connections int
		limit       uint64
		threads     int
		apart       bool
	}{
		{1, limit, 1, false},
		{1000, limit, cpus, false},
		{1001, limit, max(cpus, 2), true},
		{10_000, limit, max(cpus, 10), true},
		{10_000, room(10_000) - 1, max(cpus, 2), true},
	} {
		d, err := divide(tt.connections, tt.limit)
		if err != nil || d.threads != tt.threads || d.apart != tt.apart {
			t.Errorf("%d connections, limit %d: %+v, %v", tt.connections, tt.limit, d, err)
		}
	}
	for limit, advice := range map[uint64]string{0: "", room(0) + 1: "", room(1): "take --connections 64 or fewer, or "} {
		_, err := divide(65, limit)
		if want := syscall.EMFILE.Error() + "; " + advice + "raise the hard limit (ulimit -Hn"; !errors.Is(err, syscall.EMFILE) || !strings.Contains(err.Error(), want) {
			t.Errorf("limit %d: %v; want … %s …", limit, err, want)
		}
	}
}

// TestApart: threads with descriptors of their own come to the same totals, and
// leave none behind.
func TestApart(t *testing.T) {
	var wrong error
	onThread(func() error {
		if wrong = syscall.Unshare(syscall.CLONE_FILES); wrong != nil {
			wrong = fmt.Errorf("unshare(CLONE_FILES): %w", wrong)
		}
		return nil
	})
	if wrong != nil {
		t.Skipf("skip: %v", wrong)
	}
	c := config(t, "2%", Client{Depth: 1, Reconnects: true})
	d, err := divide(c.Connections, room(6))
	if err != nil || !d.apart || d.threads < 4 {
		t.Fatalf("%+v, %v", d, err)
	}
	m := newTeam(c, d)
	m.run(context.Background())
	if err := m.failed(); err != nil {
		t.Fatal(err)
	}
	var got Counts
	for _, s := range m.shards {
		got.add(&s.counts)
	}
	if want := expected(c); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
