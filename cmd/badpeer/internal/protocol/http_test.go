package protocol

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// printf hello | sha256sum
const helloHash = " sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

var httpStreams = map[string]stream{
	"curl":            {in: "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:9\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n", want: []asked{{text: "GET /a?b=c", method: "GET"}}},
	"two":             {in: "GET /a HTTP/1.1\r\nHost: x\r\n\r\nHEAD /b HTTP/1.1\r\nHost: x\r\n\r\nGET", want: []asked{{text: "GET /a", method: "GET"}, {text: "HEAD /b", method: "HEAD"}}},
	"a body":          {in: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nIdempotency-Key: k\r\n\r\nhelloGET / HTTP/1.1\r\n\r\n", want: []asked{{text: "POST /a" + helloHash, method: "POST", key: true}, {text: "GET /", method: "GET"}}},
	"chunks":          {in: "PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n", want: []asked{{text: "PUT /a" + helloHash, method: "PUT"}, {text: "GET /", method: "GET"}}},
	"trailers":        {in: "PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n5\r\nhello\r\n0\r\nT: 1\r\n\r\nGET / HTTP/1.1\r\n\r\n", want: []asked{{text: "PUT /a" + helloHash, method: "PUT"}, {text: "GET /", method: "GET"}}},
	"an empty body":   {in: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n", want: []asked{{text: "POST /a", method: "POST"}}},
	"empty lines":     {in: "\r\n\r\nGET /a HTTP/1.1\r\n\r\n\nGET /b HTTP/1.1\n\n", want: []asked{{text: "GET /a", method: "GET"}, {text: "GET /b", method: "GET"}}},
	"close":           {in: "GET /a HTTP/1.1\r\nConnection: close\r\n\r\n", want: []asked{{text: "GET /a", method: "GET", last: true}}},
	"1.0":             {in: "GET /a HTTP/1.0\r\n\r\n", want: []asked{{text: "GET /a", method: "GET", last: true}}},
	"1.0, keep-alive": {in: "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", want: []asked{{text: "GET /a", method: "GET"}}},
	"by a proxy":      {in: "GET http://a.example/b HTTP/1.1\r\nHost: a.example\r\n\r\n", want: []asked{{text: "GET http://a.example/b", method: "GET"}}},
	"100-continue": {in: "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n\r\n", want: []asked{
		{setup: "HTTP/1.1 100 Continue\r\n\r\n"}, {text: "POST /a" + helloHash, method: "POST"}, {text: "GET /", method: "GET"},
	}},
	"100-continue, chunks": {in: "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", want: []asked{
		{setup: "HTTP/1.1 100 Continue\r\n\r\n"}, {text: "POST /a" + helloHash, method: "POST"},
	}},
	"no HTTP":        {in: "hello\r\n", err: "want a request of HTTP/1.1"},
	"HTTP/2":         {in: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", err: "want HTTP/1.1"},
	"too long":       {in: "POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", err: "longer than"},
	"no number":      {in: "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", err: "want a request"},
	"no chunk":       {in: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", err: "want a body"},
	"no body's end":  {in: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n", err: "want a body"},
	"garbage header": {in: "GET / HTTP/1.1\r\nno colon\r\n\r\n", err: "want a request"},
}

// The replies are what the standard library's client takes, of each version and method.
func TestHTTPReplies(t *testing.T) {
	for in, want := range map[string]struct {
		body        string
		close       bool
		chunks, cut string // the errors of what is cut
	}{
		"GET / HTTP/1.1\r\n\r\n":                           {"token", false, "unexpected EOF", "unexpected EOF"},
		"GET / HTTP/1.1\r\nConnection: close\r\n\r\n":      {"token", true, "unexpected EOF", "unexpected EOF"},
		"HEAD / HTTP/1.1\r\n\r\n":                          {"", false, "", ""},
		"GET / HTTP/1.0\r\n\r\n":                           {"token", true, "none", "unexpected EOF"},
		"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n": {"token", false, "none", "unexpected EOF"},
	} {
		c, _ := mustNew(t, "http")
		r := firstCounted(t, c, in)
		got, body, err := readResponse(c.Reply(r, "token"), r.Method)
		if err != nil || body != want.body || got.length != 5 || got.close != want.close {
			t.Errorf("%q: %+v, %q, %v", in, got, body, err)
		}
		for how, wrong := range map[Cut]string{CutLength: want.cut, CutChunked: want.chunks, CutEnd: ""} {
			b, judged, err := c.Cut(r, "token", how)
			if wrong == "none" {
				if err == nil {
					t.Errorf("%q: chunks for HTTP/1.0", in)
				}
				continue
			}
			_, body, read := readResponse(b, r.Method)
			if err != nil || judged != (wrong != "") || (read == nil) != (wrong == "") || body != "to"[:min(2, len(want.body))] {
				t.Errorf("%q, %d: %q: %v, %v; read %q, %v", in, how, b, judged, err, body, read)
			}
		}
		if refused, _, err := readResponse(c.Refuse(errTooLong), "GET"); err != nil || refused.status != http.StatusRequestEntityTooLarge || !refused.close {
			t.Errorf("%+v, %v", refused, err)
		}
	}
}

type response struct {
	status int
	length int64
	close  bool
}

func readResponse(b []byte, method string) (response, string, error) {
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), &http.Request{Method: method})
	if err != nil {
		return response{}, "", err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	return response{r.StatusCode, r.ContentLength, r.Close}, string(body), err
}

func TestHTTPWhole(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
	for _, tt := range []struct {
		ask, in string
		ended   bool
		n       int
		err     string
	}{
		{"", ok + "x", false, len(ok), ""},
		{"", ok[:len(ok)-1], false, 0, ""},
		{"", ok[:len(ok)-1], true, 0, ""},
		{"HEAD /", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx", false, len(ok) - 2, ""},
		{"", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok, false, 102, ""},
		{"", "HTTP/1.1 100 Continue\r\n\r\n", false, 0, ""},
		{"", "HTTP/1.1 204 No Content\r\n\r\nx", false, 27, ""},
		{"", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nx", false, 48, ""},
		{"", "HTTP/1.0 200 OK\r\n\r\nabc", false, 0, ""},
		{"", "HTTP/1.0 200 OK\r\n\r\nabc", true, 22, ""},
		{"", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nx", false, 58, ""},
		{"", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", true, 0, ""},
		{"", "SSH-2.0-OpenSSH\r\n", false, 0, "want HTTP/1.1"},
		{"", "HTTP/1.1 xx OK\r\n\r\n", false, 0, "want a response"},
	} {
		_, a := mustNew(t, "http")
		a.Ask(1, tt.ask)
		n, whole, err := a.Whole([]byte(tt.in), tt.ended)
		checkError(t, err, tt.err)
		if n != tt.n || whole != (tt.n > 0) {
			t.Errorf("%q: %d, %v; want %d", tt.in, n, whole, tt.n)
		}
	}
}

func TestHTTPAsk(t *testing.T) {
	_, a := mustNew(t, "http")
	for text, want := range map[string]string{
		"":         "GET / HTTP/1.1\r\nHost: ",
		"/a":       "GET /a HTTP/1.1\r\n",
		"HEAD /b":  "HEAD /b HTTP/1.1\r\n",
		"own\r\n":  "own\r\n",
		"POST / b": "POST / b HTTP/1.1\r\n",
	} {
		if got := string(a.Ask(1, text)); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %q; want %q", text, got, want)
		}
	}
}
