package responder

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"sockproof/cmd/staleresp/internal/token"
)

// raw is a request as it is sent.
func raw(p Protocol, name string) string {
	switch p {
	case HTTP:
		return "GET /" + name + " HTTP/1.1\r\nHost: x\r\n\r\n"
	case RESP:
		return fmt.Sprintf("*1\r\n$%d\r\n%s\r\n", len(name), name)
	}
	return name + "\n"
}

// readReply reads the reply to a request.
func readReply(t *testing.T, p Protocol, from *bufio.Reader, name string) {
	t.Helper()
	want, got := token.Of([]byte(name)).String(), ""
	var err error
	switch p {
	case HTTP:
		want = token.Of([]byte("GET /" + name)).String()
		var r *http.Response
		if r, err = http.ReadResponse(from, nil); err == nil {
			var b []byte
			b, err = io.ReadAll(r.Body)
			r.Body.Close()
			got = string(b)
		}
	case RESP:
		if _, err = from.ReadString('\n'); err == nil {
			got, err = from.ReadString('\n')
		}
	default:
		got, err = from.ReadString('\n')
	}
	if strings.TrimSpace(got) != want || err != nil {
		t.Fatalf("the reply to %s: %q, %v; want %s", name, got, err, want)
	}
}

// forEach runs a test for every protocol: the same behaviour has the same verdict.
func forEach(t *testing.T, f func(t *testing.T, p Protocol)) {
	for _, p := range Protocols {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			f(t, p)
		})
	}
}

// lateBy is longer than a client here takes to do what it has to do before a reply.
const lateBy = 500 * time.Millisecond

// A client that resets the connection: that is known at once.
func TestEndedByReset(t *testing.T) {
	forEach(t, func(t *testing.T, p Protocol) {
		r := start(t, &Config{Protocol: p, LateEvery: 1, LateBy: long})
		c := dial(t, r)
		fmt.Fprint(c, raw(p, "a"))
		r.awaitRequests(t, 1)
		if err := c.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		c.Close()
		l := r.awaitSettled(t, 1)[0]
		if l.Became != Ended || l.EndedNS <= l.Request.AtNS || l.SentNS != 0 || l.FinNS != 0 {
			t.Errorf("%+v", l)
		}
	})
}

// A client that only says that no more requests come, and waits for its reply.
func TestHalfClosed(t *testing.T) {
	forEach(t, func(t *testing.T, p Protocol) {
		r := start(t, &Config{Protocol: p, LateEvery: 1, LateBy: lateBy})
		c := dial(t, r)
		fmt.Fprint(c, raw(p, "a"))
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		replies := bufio.NewReader(c)
		readReply(t, p, replies, "a")
		if rest, err := io.ReadAll(replies); len(rest) > 0 || err != nil {
			t.Errorf("then %q, %v", rest, err)
		}
		l := r.awaitSettled(t, 1)[0]
		if l.Became != Answered || l.FinNS == 0 || l.FinNS >= l.SentNS || l.EndedNS != 0 || l.NextNS != 0 {
			t.Errorf("%+v", l)
		}
	})
}

// A server that ends does not wait until the reply to such a client is due: it
// sends it, and what comes of it is seen.
func TestHalfClosedWhenTheServerEnds(t *testing.T) {
	forEach(t, func(t *testing.T, p Protocol) {
		for closes, want := range map[bool]Became{false: Answered, true: Ended} {
			for wait := 10 * time.Millisecond; ; wait *= 2 { // until it is seen in time that nothing more comes
				l := endedAfterFin(t, p, closes, wait)
				if l.Became == Pending && wait < time.Minute {
					continue
				}
				if l.Became != want || l.SentNS == 0 || l.FinNS == 0 || (l.EndedNS != 0) != closes {
					t.Errorf("%+v, want %s", l, want)
				}
				break
			}
		}
	})
}

// endedAfterFin is the late reply to a client that closes its connection, or its
// side of it, before a server that ends after a while.
func endedAfterFin(t *testing.T, p Protocol, closes bool, wait time.Duration) Late {
	r := start(t, &Config{Protocol: p, LateEvery: 1, LateBy: long})
	c := dial(t, r)
	fmt.Fprint(c, raw(p, "a"))
	r.awaitRequests(t, 1)
	end := c.CloseWrite
	if closes {
		end = c.Close
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(wait)
	r.end(t)
	return r.all()[0]
}

// What follows a request in the same piece came before its reply, and with it.
func TestInOnePiece(t *testing.T) {
	forEach(t, func(t *testing.T, p Protocol) {
		r := start(t, &Config{Protocol: p, LateEvery: 1, LateBy: 20 * time.Millisecond})
		c := dial(t, r)
		fmt.Fprint(c, raw(p, "a")+raw(p, "b")+raw(p, "c"))
		replies := bufio.NewReader(c)
		for _, name := range []string{"a", "b", "c"} {
			readReply(t, p, replies, name)
		}
		c.Close()
		all := r.awaitSettled(t, 3)
		for i, l := range all[:2] {
			if l.Became != Reused || l.Request.N != int64(i+1) || l.Next.N != l.Request.N+1 || l.Next.AtNS != all[0].Request.AtNS || l.NextNS != l.Next.AtNS {
				t.Errorf("%+v, next %+v", l, l.Next)
			}
		}
		if all[2].Became != Answered {
			t.Errorf("%+v", all[2])
		}
	})
}

// It is the first byte of the next request that counts, not its last.
func TestInTwoPieces(t *testing.T) {
	forEach(t, func(t *testing.T, p Protocol) {
		r := start(t, &Config{Protocol: p, LateEvery: 2, LateBy: lateBy})
		c := dial(t, r)
		replies := bufio.NewReader(c)
		fmt.Fprint(c, raw(p, "0"))
		readReply(t, p, replies, "0")
		next := raw(p, "b")
		fmt.Fprint(c, raw(p, "a"))
		r.awaitRequests(t, 2)
		fmt.Fprint(c, next[:1])
		readReply(t, p, replies, "a")
		fmt.Fprint(c, next[1:])
		readReply(t, p, replies, "b")
		l := r.awaitSettled(t, 1)[0]
		if l.Became != Reused || l.Next.N != 3 || l.Next.AtNS <= l.Request.AtNS || l.Next.AtNS-l.Request.AtNS > int64(lateBy) {
			t.Errorf("%+v, next %+v", l, l.Next)
		}
	})
}

// A request that never comes to its end was begun all the same.
func TestBegun(t *testing.T) {
	forEach(t, func(t *testing.T, p Protocol) {
		r := start(t, &Config{Protocol: p, LateEvery: 1, LateBy: lateBy})
		c := dial(t, r)
		fmt.Fprint(c, raw(p, "a"))
		r.awaitRequests(t, 1)
		fmt.Fprint(c, raw(p, "b")[:1])
		readReply(t, p, bufio.NewReader(c), "a")
		c.Close()
		if l := r.awaitSettled(t, 1)[0]; l.Became != Reused || l.Next != nil || l.NextNS <= l.Request.AtNS || l.NextNS >= l.SentNS {
			t.Errorf("%+v", l)
		}
	})
}

// A request that comes slowly has its late reply after its end.
func TestSlowRequest(t *testing.T) {
	forEach(t, func(t *testing.T, p Protocol) {
		const late = 100 * time.Millisecond
		r := start(t, &Config{Protocol: p, LateEvery: 1, LateBy: late})
		c := dial(t, r)
		request := raw(p, "a")
		fmt.Fprint(c, request[:1])
		time.Sleep(2 * late)
		whole := time.Now()
		fmt.Fprint(c, request[1:])
		readReply(t, p, bufio.NewReader(c), "a")
		if took := time.Since(whole); took < late {
			t.Errorf("the reply came after %v", took)
		}
	})
}

// What is asked of the server itself is a request on the connection, too.
func TestUncountedReuse(t *testing.T) {
	r := start(t, &Config{Protocol: RESP, LateEvery: 1, LateBy: lateBy})
	c := dial(t, r)
	fmt.Fprint(c, raw(RESP, "a"))
	r.awaitRequests(t, 1)
	fmt.Fprint(c, raw(RESP, "PING"))
	if l := r.awaitSettled(t, 1)[0]; l.Became != Reused || l.Next != nil || l.NextNS <= l.Request.AtNS {
		t.Errorf("%+v", l)
	}
	if n := r.end(t); n.Requests != 1 {
		t.Errorf("%+v", n)
	}
}
