package protocol

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestNew(t *testing.T) {
	for _, name := range Names() {
		if _, _, err := New(name); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := New("smtp"); err == nil || !strings.Contains(err.Error(), "raw, line, http") {
		t.Error(err)
	}
}

func mustNew(t testing.TB, name string) (Codec, Asker) {
	t.Helper()
	c, a, err := New(name)
	if err != nil {
		t.Fatal(err)
	}
	return c, a
}

// asked is a request as a test wants it.
type asked struct {
	text, method string
	key, last    bool
	setup        string // what the answer contains
}

// stream is what a client sends on one connection, and the requests in it.
type stream struct {
	in   string
	want []asked
	err  string // that follows them
}

// streams are what clients send, by protocol.
var streams = map[string]map[string]stream{
	"raw":  {"all": {in: "abc\nd", want: []asked{{text: "abc\nd"}}}},
	"line": {"lines": {in: "a\r\nb\n\nc", want: []asked{{text: "a"}, {text: "b"}, {text: ""}}}},
	"http": httpStreams, "resp": respStreams, "modbus": modbusStreams, "postgres": postgresStreams,
}

// drain takes requests until none is whole.
func drain(t *testing.T, c Codec, in []byte) (all []Request, rest []byte, err error) {
	t.Helper()
	for {
		r, n, err := c.Next(in)
		if err != nil || n == 0 {
			return all, in, err
		}
		if n < 0 || n > len(in) {
			t.Fatalf("%d bytes of %d", n, len(in))
		}
		all, in = append(all, r), in[n:]
	}
}

func TestStreams(t *testing.T) {
	for protocol, cases := range streams {
		for name, tt := range cases {
			t.Run(protocol+"/"+name, func(t *testing.T) {
				c, _ := mustNew(t, protocol)
				got, _, err := drain(t, c, []byte(tt.in))
				checkError(t, err, tt.err)
				checkRequests(t, got, tt.want)
				if protocol != "raw" {
					checkPieces(t, protocol, tt.in, got, err)
				}
			})
		}
	}
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("error %v; want %q", err, want)
	}
	if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("%q is not one line", err)
	}
}

func checkRequests(t *testing.T, got []Request, want []asked) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d requests; want %d: %+v", len(got), len(want), got)
	}
	for i, r := range got {
		w := want[i]
		if string(r.Text) != w.text || r.Method != w.method || (r.Key != "") != w.key || r.Last != w.last {
			t.Errorf("%d: %+v, text %q; want %+v", i, r, r.Text, w)
		}
		if !strings.Contains(string(r.Setup), w.setup) || w.setup == "" && len(r.Setup) > 0 {
			t.Errorf("%d: answer %q; want %q", i, r.Setup, w.setup)
		}
	}
}

// checkPieces: however the bytes come, the requests are the same.
func checkPieces(t *testing.T, protocol, in string, want []Request, wantErr error) {
	t.Helper()
	c, _ := mustNew(t, protocol)
	var got []Request
	var rest []byte
	for i := range len(in) {
		var some []Request
		var err error
		some, rest, err = drain(t, c, append(slices.Clone(rest), in[i]))
		got = append(got, some...)
		if err != nil {
			if wantErr == nil {
				t.Fatalf("after %d bytes: %v", i+1, err)
			}
			break
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("byte by byte: %+v; want %+v", got, want)
	}
}

// What is longer than a request may be is an error, not waited for.
func TestTooLong(t *testing.T) {
	for protocol, in := range map[string]string{
		"line":     strings.Repeat("a", MaxRequest+1),
		"http":     "GET / HTTP/1.1\r\nA: " + strings.Repeat("a", MaxRequest),
		"resp":     "*1\r\n$" + "1048577\r\n",
		"postgres": "\x00\x00\x00\x08\x00\x03\x00\x00",
	} {
		c, _ := mustNew(t, protocol)
		if _, n, err := c.Next([]byte(in)); n != 0 || err == nil || len(err.Error()) > 300 {
			t.Errorf("%s: %d, %v", protocol, n, err)
		}
	}
}

// A client that speaks TLS is told so.
func TestTLS(t *testing.T) {
	for _, protocol := range []string{"line", "http", "resp", "postgres"} {
		c, _ := mustNew(t, protocol)
		if _, _, err := c.Next([]byte("\x16\x03\x01\x02\x00\x01\x00")); err == nil || !strings.Contains(err.Error(), "TLS") {
			t.Errorf("%s: %v", protocol, err)
		}
	}
}

// firstCounted is the first request of a stream that is to be replied to.
func firstCounted(t *testing.T, c Codec, in string) Request {
	t.Helper()
	all, _, _ := drain(t, c, []byte(in))
	for _, r := range all {
		if r.Setup == nil {
			return r
		}
	}
	t.Fatalf("no request in %q", in)
	return Request{}
}

// simplest is a stream with one request that counts.
var simplest = map[string]string{
	"raw": "x", "line": "x\n", "http": "GET / HTTP/1.1\r\n\r\n", "resp": "*1\r\n$1\r\na\r\n",
	"modbus": "\x01\x02\x00\x00\x00\x06\x11\x03\x00\x00\x00\x0b", "postgres": pgStart + pgMsg('Q', "select 1\x00"),
}

// The right reply carries the body, and one that is cut is its beginning.
func TestReplies(t *testing.T) {
	const body = "token-0123456789abcdef"
	for protocol, tt := range map[string]struct{ reply, cut string }{
		"raw":    {body, ""},
		"line":   {body + "\n", "token-01234"},
		"http":   {"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 22\r\nConnection: keep-alive\r\n\r\n" + body, "Connection: keep-alive\r\n\r\ntoken-01234"},
		"resp":   {"$22\r\n" + body + "\r\n", "$22\r\ntoken-01234"},
		"modbus": {"\x01\x02\x00\x00\x00\x19\x11\x03\x16" + body, "\x00\x19\x11\x03\x16token-01234"},
		"postgres": {
			"T\x00\x00\x00\x1e\x00\x01reply\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x19\xff\xff\xff\xff\xff\xff\x00\x00" +
				"D\x00\x00\x00\x20\x00\x01\x00\x00\x00\x16" + body + "C\x00\x00\x00\x0dSELECT 1\x00Z\x00\x00\x00\x05I",
			"\x00\x00\x00\x16token-01234",
		},
	} {
		c, _ := mustNew(t, protocol)
		r := firstCounted(t, c, simplest[protocol])
		whole := c.Reply(r, body)
		if string(whole) != tt.reply {
			t.Errorf("%s: %q; want %q", protocol, whole, tt.reply)
		}
		cut, judged, err := c.Cut(r, body, CutLength)
		if tt.cut == "" {
			if err == nil {
				t.Errorf("%s: %q was cut", protocol, cut)
			}
			continue
		}
		if err != nil || !judged || !strings.HasSuffix(string(cut), tt.cut) || !bytes.HasPrefix(whole, cut) {
			t.Errorf("%s: cut to %q, %v, %v", protocol, cut, judged, err)
		}
	}
}

// A way to cut that a protocol does not have is refused with those that do.
func TestNoCut(t *testing.T) {
	for _, protocol := range Names() {
		for _, how := range []Cut{CutLength, CutChunked, CutEnd} {
			c, _ := mustNew(t, protocol)
			_, judged, err := c.Cut(firstCounted(t, c, simplest[protocol]), "body", how)
			has := how == CutLength && protocol != "raw" || protocol == "http" || protocol == "raw" && how == CutEnd
			if has != (err == nil) || err == nil && judged != (how != CutEnd) || err != nil && !strings.Contains(err.Error(), "have") && !strings.Contains(err.Error(), "has") {
				t.Errorf("%s, %d: %v, %v", protocol, how, judged, err)
			}
		}
	}
}

// What a client asks by default is a whole request, and the reply to it is whole only
// when all of it is there.
func TestAskers(t *testing.T) {
	for _, protocol := range Names() {
		c, a := mustNew(t, protocol)
		ask := a.Ask(1, "")
		all, rest, err := drain(t, c, ask)
		if err != nil || len(all) != 1 || len(rest) > 0 {
			t.Fatalf("%s: %q: %v, %d requests", protocol, ask, err, len(all))
		}
		reply := all[0].Setup
		if reply == nil {
			reply = c.Reply(all[0], "token-0123456789abcdef")
		}
		for n := range reply {
			if _, whole, err := a.Whole(reply[:n], false); err != nil || whole && protocol != "raw" {
				t.Errorf("%s: %q: %v, %v", protocol, reply[:n], whole, err)
			}
		}
		if n, whole, err := a.Whole(append(bytes.Clone(reply), 'x'), false); n != len(reply) && protocol != "raw" || !whole || err != nil {
			t.Errorf("%s: %q: %d, %v, %v", protocol, reply, n, whole, err)
		}
	}
}

// TestKin: two attempts at one request are alike, though the content differs; requests of another
// kind are not.
func TestKin(t *testing.T) {
	const register = "\x00\x01\x00\x00\x00\x06\x01\x06\x00\x07\x00"
	for name, tt := range map[string]struct {
		protocol, one, other string
		alike                bool
	}{
		"a body":         {"http", "POST /pay HTTP/1.1\r\nContent-Length: 1\r\n\r\n1", "POST /pay HTTP/1.1\r\nContent-Length: 1\r\n\r\n2", true},
		"a query":        {"http", "GET /a?t=1 HTTP/1.1\r\n\r\n", "GET /a?t=2 HTTP/1.1\r\n\r\n", true},
		"a path":         {"http", "GET /a HTTP/1.1\r\n\r\n", "GET /b HTTP/1.1\r\n\r\n", false},
		"a method":       {"http", "GET /a HTTP/1.1\r\n\r\n", "PUT /a HTTP/1.1\r\n\r\n", false},
		"a line":         {"line", "1 a\n", "2 b\n", true},
		"a value":        {"resp", "*3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\n1\r\n", "*3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\n2\r\n", true},
		"a command":      {"resp", "*1\r\n$5\r\nhello\r\n", "*1\r\n$6\r\nhello2\r\n", false},
		"a register":     {"modbus", register + "\x01", register + "\x02", true},
		"another number": {"modbus", register + "\x01", strings.Replace(register, "\x07", "\x08", 1) + "\x01", false},
	} {
		t.Run(name, func(t *testing.T) {
			var kin []string
			for _, in := range []string{tt.one, tt.other} {
				c, _ := mustNew(t, tt.protocol)
				all, _, err := drain(t, c, []byte(in))
				if err != nil || len(all) != 1 {
					t.Fatalf("%d requests, error %v", len(all), err)
				}
				kin = append(kin, all[0].Kin)
			}
			if (kin[0] == kin[1]) != tt.alike {
				t.Errorf("%q and %q", kin[0], kin[1])
			}
		})
	}
}
