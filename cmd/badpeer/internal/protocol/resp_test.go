package protocol

import "testing"

var respStreams = map[string]stream{
	"redis-cli": {in: "*2\r\n$3\r\nget\r\n$3\r\nfoo\r\n", want: []asked{{text: "get foo"}}},
	"go-redis": {
		in: "*2\r\n$5\r\nhello\r\n$1\r\n3\r\n*4\r\n$6\r\nclient\r\n$7\r\nsetinfo\r\n$8\r\nLIB-NAME\r\n$8\r\ngo-redis\r\n*2\r\n$3\r\nget\r\n$1\r\nk\r\n",
		want: []asked{
			{text: "hello 3", setup: "%3\r\n$6\r\nserver\r\n"}, {text: "client setinfo LIB-NAME go-redis", setup: "+OK\r\n"}, {text: "get k"},
		},
	},
	"before": {
		in: "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nPING\r\n$1\r\na\r\n*1\r\n$4\r\nINFO\r\n*2\r\n$5\r\nHELLO\r\n$1\r\n4\r\n*1\r\n$5\r\nHELLO\r\n*1\r\n$4\r\nQUIT\r\n",
		want: []asked{
			{text: "PING", setup: "+PONG\r\n"},
			{text: "PING a", setup: "$1\r\na\r\n"},
			{text: "INFO", setup: "redis_version"},
			{text: "HELLO 4", setup: "-NOPROTO"},
			{text: "HELLO", setup: "*6\r\n"},
			{text: "QUIT", setup: "+OK\r\n", last: true},
		},
	},
	"nothing, and any bytes": {in: "\r\n*0\r\n*3\r\n$3\r\nSET\r\n$0\r\n\r\n$3\r\na\r\n\r\n*1\r\n$1", want: []asked{{text: "SET  a\r\n"}}},
	"inline":                 {in: "PING\r\n", err: "want an array"},
	"not strings":            {in: "*1\r\n:1\r\n", err: "want one of $"},
	"a negative length":      {in: "*1\r\n$-2\r\n", err: "want a number"},
	"null":                   {in: "*1\r\n$-1\r\n", err: "null"},
	"a null array":           {in: "*-1\r\n", err: "null"},
	"more than said":         {in: "*1\r\n$1\r\nabc\r\n", err: "no end of line"},
	"no number":              {in: "*+1\r\n", err: "want a number"},
	"huge":                   {in: "*1\r\n$99999999999\r\n", err: "want a number"},
	"many":                   {in: "*1048577\r\n", err: "longer than"},
	"no end of the number":   {in: "*11111111111111111111111111111111111", err: "want one of"},
}

func TestRESPWhole(t *testing.T) {
	for in, want := range map[string]int{
		"+OK\r\nx": 5, "-ERR no\r\n": 9, ":1\r\n": 4, "$-1\r\n": 5, "$3\r\nabc\r\nx": 9, "$3\r\nabc\r": 0, "*-1\r\n": 5, "*0\r\n": 4,
		"*2\r\n*1\r\n:1\r\n$1\r\na\r\nx": 19, "*2\r\n:1\r\n": 0, "_\r\n": 3, "#t\r\n": 4, ",1.5\r\n": 6, "(12345678901234567890123456789012345678901\r\n": 44,
		"%1\r\n+a\r\n:1\r\n": 12, "~1\r\n+a\r\n": 8, "=5\r\ntxt:a\r\n": 11, "!3\r\nERR\r\n": 9,
		">1\r\n+a\r\n": 0, ">1\r\n+a\r\n+OK\r\n": 13, "|1\r\n+a\r\n+b\r\n:1\r\n": 16, "": 0, "*": 0,
	} {
		_, a := mustNew(t, "resp")
		if n, whole, err := a.Whole([]byte(in), true); n != want || whole != (want > 0) || err != nil {
			t.Errorf("%q: %d, %v, %v; want %d", in, n, whole, err, want)
		}
	}
	for _, in := range []string{"HTTP/1.1 400 Bad Request\r\n", "\r\n", "*a\r\n", "$-5\r\n"} {
		_, a := mustNew(t, "resp")
		if n, whole, err := a.Whole([]byte(in), true); err == nil {
			t.Errorf("%q: %d, %v", in, n, whole)
		}
	}
}

func TestRESPAsk(t *testing.T) {
	_, a := mustNew(t, "resp")
	for text, want := range map[string]string{"": "*1\r\n$4\r\nPING\r\n", "get  k": "*2\r\n$3\r\nget\r\n$1\r\nk\r\n"} {
		if got := string(a.Ask(1, text)); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
