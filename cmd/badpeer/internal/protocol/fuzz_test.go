package protocol

import (
	"bytes"
	"reflect"
	"testing"
)

// seeds are what the tables have, by the place of the protocol.
func seeds(f *testing.F) {
	for i, name := range Names() {
		for _, s := range streams[name] {
			f.Add(byte(i), []byte(s.in))
		}
		c, a := mustNew(f, name)
		f.Add(byte(i), a.Ask(1, ""))
		f.Add(byte(i), c.Refuse(errTooLong))
	}
	f.Add(byte(2), []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"))
	f.Add(byte(3), []byte("*2\r\n*1\r\n:1\r\n$1\r\na\r\n"))
	f.Add(byte(5), []byte("R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I"))
}

// FuzzNext: whatever comes, and in however many pieces, the same requests are taken, and
// each can be replied to.
func FuzzNext(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, which byte, in []byte) {
		name := Names()[int(which)%len(Names())]
		if name == "raw" || len(in) > 1<<14 {
			return
		}
		whole, _ := mustNew(t, name)
		pieces, _ := mustNew(t, name)
		before := bytes.Clone(in)
		for rest := in; ; {
			r, n, err := whole.Next(rest)
			if n < 0 || n > len(rest) || err != nil && n != 0 {
				t.Fatalf("%s: %d of %d bytes, %v", name, n, len(rest), err)
			}
			if err != nil || n == 0 {
				return
			}
			checkWhole(t, name, pieces, rest[:n], r)
			if r.Setup == nil {
				checkReply(t, name, whole, r)
			}
			if !bytes.Equal(in, before) {
				t.Fatalf("%s: %q was written to", name, before)
			}
			rest = rest[n:]
		}
	})
}

// checkWhole: a request that comes in pieces is taken when it is whole, and no sooner.
func checkWhole(t *testing.T, name string, c Codec, in []byte, want Request) {
	t.Helper()
	for pending := range in {
		if other, m, err := c.Next(in[:pending]); m != 0 || err != nil {
			t.Fatalf("%s: %q, of which %d bytes are %q, %v", name, in, m, other.Text, err)
		}
	}
	if other, m, err := c.Next(in); m != len(in) || err != nil || !reflect.DeepEqual(other, want) {
		t.Fatalf("%s: %q: %+v, %d, %v; want %+v, %d", name, in, other, m, err, want, len(in))
	}
}

// checkReply: a reply is one, and what is cut is its beginning.
func checkReply(t *testing.T, name string, c Codec, r Request) {
	t.Helper()
	const body = "token-0123456789abcdef"
	reply := c.Reply(r, body)
	cut, _, err := c.Cut(r, body, CutLength)
	if len(reply) == 0 || err != nil || !bytes.HasPrefix(reply, cut) || len(cut) == len(reply) && r.Method != "HEAD" {
		t.Fatalf("%s: %q: %q, cut %q, %v", name, r.Text, reply, cut, err)
	}
	if name != "http" || r.Method == "HEAD" {
		return
	}
	_, a := mustNew(t, name)
	a.Ask(1, "")
	if n, whole, err := a.Whole(reply, false); n != len(reply) || !whole || err != nil {
		t.Fatalf("%q: %q: %d, %v, %v", r.Text, reply, n, whole, err)
	}
}

// FuzzWhole: a reply is whole with its last byte, and whatever follows.
func FuzzWhole(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, which byte, in []byte) {
		name := Names()[int(which)%len(Names())]
		if name == "raw" || len(in) > 1<<14 {
			return
		}
		_, a := mustNew(t, name)
		a.Ask(1, "")
		n, whole, err := a.Whole(in, false)
		if n < 0 || n > len(in) || whole && (err != nil || n == 0) || !whole && n != 0 {
			t.Fatalf("%s: %d of %d bytes, %v, %v", name, n, len(in), whole, err)
		}
		if !whole {
			return
		}
		for some := range n {
			if m, whole, err := a.Whole(in[:some], false); whole || err != nil {
				t.Fatalf("%s: %q: %d, %v, %v; want %d", name, in[:some], m, whole, err, n)
			}
		}
		if m, whole, err := a.Whole(in[:n], false); m != n || !whole || err != nil {
			t.Fatalf("%s: %q: %d, %v, %v; want %d", name, in[:n], m, whole, err, n)
		}
	})
}
