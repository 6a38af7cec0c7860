package replies

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"sockproof/cmd/badpeer/internal/token"
)

func tok(of string) string { return token.Of([]byte(of)).String() }

// entryOf is a line of a client's log: the request, and the request whose reply it got.
func entryOf(request, of string) string { return request + "\t" + tok(of) + "\n" }

func judged(t *testing.T, log string, o Options) Report {
	t.Helper()
	r, err := Judge(strings.NewReader(log), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// longLine is longer than a line may be.
var longLine = strings.Repeat("x", maxLine)

// wrongLine is a line that is not right, without what it says.
type wrongLine struct {
	line int64
	kind Kind
	from int64
}

// logs are what clients wrote, and what is found in it.
var logs = map[string]struct {
	log     string
	want    Report
	wrong   []wrongLine
	outcome Outcome
}{
	"right":                     {entryOf("a", "a") + entryOf("b", "b"), Report{Lines: 2, Right: 2}, nil, Clean},
	"off by one":                {entryOf("a", "a") + entryOf("b", "a") + entryOf("c", "b"), Report{Lines: 3, Right: 1, Stale: 2}, []wrongLine{{2, IsStale, 1}, {3, IsStale, 2}}, Stale},
	"timed out, and then read":  {"a\t\n" + entryOf("b", "a"), Report{Lines: 2, Unanswered: 1, Stale: 1}, []wrongLine{{2, IsStale, 1}}, Stale},
	"another's":                 {entryOf("a", "a") + entryOf("b", "z"), Report{Lines: 2, Right: 1, Foreign: 1}, []wrongLine{{2, IsForeign, 0}}, Stale},
	"nothing but another's":     {entryOf("a", "z") + entryOf("b", "y"), Report{Lines: 2, Unrecognised: 2}, []wrongLine{{1, IsUnrecognised, 0}, {2, IsUnrecognised, 0}}, Inconclusive},
	"the same again":            {entryOf("a", "a") + entryOf("a", "a"), Report{Lines: 2, Right: 1, Repeated: 1}, nil, Inconclusive},
	"one key, polled":           {entryOf("a", "a") + "a\t\n" + strings.Repeat(entryOf("a", "a"), 998), Report{Lines: 1000, Right: 1, Unanswered: 1, Repeated: 998}, nil, Inconclusive},
	"the same again, and stale": {entryOf("a", "a") + entryOf("a", "a") + entryOf("b", "a"), Report{Lines: 3, Right: 1, Repeated: 1, Stale: 1}, []wrongLine{{3, IsStale, 2}}, Stale},
	"a byte order mark":         {"\ufeff" + entryOf("a", "a") + entryOf("b", "b"), Report{Lines: 2, Right: 2}, nil, Clean},
	"the mark, and stale":       {"\ufeffa\t\n" + entryOf("b", "a"), Report{Lines: 2, Unanswered: 1, Stale: 1}, []wrongLine{{2, IsStale, 1}}, Stale},
	"a mark that was asked":     {entryOf("\ufeffa", "\ufeffa") + entryOf("b", "b"), Report{Lines: 2, Right: 2}, nil, Clean},
	"the same after a timeout":  {"a\t\n" + entryOf("a", "a"), Report{Lines: 2, Unanswered: 1, Repeated: 1}, nil, Inconclusive},
	"no reply at all":           {"a\t\nb\t\n", Report{Lines: 2, Unanswered: 2}, nil, Inconclusive},
	"one alone":                 {entryOf("a", "a"), Report{Lines: 1, Right: 1}, nil, Inconclusive},
	"an error as reply":         {entryOf("a", "a") + "b\ttimeout\n" + "c\tNone\n" + entryOf("d", "d"), Report{Lines: 4, Right: 2, Unanswered: 2}, nil, Clean},
	"most without a reply":      {entryOf("a", "a") + "b\ti/o timeout\n" + "c\t\n", Report{Lines: 3, Right: 1, Unanswered: 2}, nil, Inconclusive},
	"another reply":             {entryOf("a", "a") + "b\tOK\n", Report{Lines: 2, Right: 1, Other: 1}, []wrongLine{{2, IsOther, 0}}, Inconclusive},
	"half a token":              {entryOf("a", "a") + "b\ttoken-0123\n" + "c\ttoken-0123456789abcdef0\n", Report{Lines: 3, Right: 1, Other: 2}, []wrongLine{{2, IsOther, 0}, {3, IsOther, 0}}, Inconclusive},
	"no tab":                    {entryOf("a", "a") + "b\n" + entryOf("c", "c"), Report{Lines: 3, Right: 2, PassedOver: 1}, nil, Clean},
	"mostly something else":     {entryOf("a", "a") + strings.Repeat("b\n", 4) + entryOf("c", "c"), Report{Lines: 6, Right: 2, PassedOver: 4}, nil, Inconclusive},
	"nothing":                   {"", Report{}, nil, Inconclusive},
	"no newline at the end":     {entryOf("a", "a") + strings.TrimSuffix(entryOf("b", "b"), "\n"), Report{Lines: 2, Right: 2}, nil, Clean},
	"CRLF":                      {strings.ReplaceAll(entryOf("a", "a")+entryOf("b", "b"), "\n", "\r\n"), Report{Lines: 2, Right: 2}, nil, Clean},
	"tabs in the request":       {entryOf("a\tb", "a\tb") + entryOf("c\t", "c\t"), Report{Lines: 2, Right: 2}, nil, Clean},
	"bytes that are no text":    {entryOf("\x00\xff\x1b[2J", "\x00\xff\x1b[2J") + entryOf("\xfe", "\xfe"), Report{Lines: 2, Right: 2}, nil, Clean},
	"an empty request":          {entryOf("", "") + entryOf("a", "a"), Report{Lines: 2, Right: 2}, nil, Clean},
	"a line too long":           {longLine + "\tb\n" + entryOf("a", "a"), Report{Lines: 2, Right: 1, Malformed: 1}, []wrongLine{{1, IsMalformed, 0}}, Inconclusive},
	"the last line too long":    {entryOf("a", "a") + longLine + longLine, Report{Lines: 2, Right: 1, Malformed: 1}, []wrongLine{{2, IsMalformed, 0}}, Inconclusive},
	"stale beats malformed":     {entryOf("a", "a") + longLine + "\n" + entryOf("b", "a"), Report{Lines: 3, Right: 1, Malformed: 1, Stale: 1}, []wrongLine{{2, IsMalformed, 0}, {3, IsStale, 1}}, Stale},
	"a heading":                 {"request\treply\n" + entryOf("a", "a") + entryOf("b", "b"), Report{Lines: 3, Right: 2, PassedOver: 1}, nil, Clean},
	"16 of 20":                  {entryOf("a", "a") + entryOf("b", "b") + entryOf("c", "c") + entryOf("d", "d") + strings.Repeat("x\t\n", 16), Report{Lines: 20, Right: 4, Unanswered: 16}, nil, Inconclusive},
	"noise with tabs": {
		"10:00\tINFO\tstart\n10:01\tINFO\tGET k -> " + tok("GET k") + "\n10:02\tINFO\tGET l -> " + tok("GET l") + "\n",
		Report{Lines: 3, Right: 2, PassedOver: 1},
		nil, Clean,
	},
	"an error without an arrow": {
		"10:00 INFO redis GET k took 3ms reply=" + tok("get k") + "\n10:01 ERROR redis GET l failed: i/o timeout\n10:02 INFO redis GET m took 3ms reply=" + tok("get l") + "\n",
		Report{Lines: 3, Right: 1, Unanswered: 1, Stale: 1},
		[]wrongLine{{3, IsStale, 2}},
		Stale,
	},
	"a shorter request":   {entryOf("a", "a") + "get k 1\t\n" + entryOf("get k", "get k"), Report{Lines: 3, Right: 2, Unanswered: 1}, nil, Clean},
	"a shorter one first": {"get k 1\t\n" + entryOf("get k", "get k"), Report{Lines: 2, Right: 1, Unanswered: 1}, nil, Clean},
	"a shorter request's": {entryOf("get k", "get k") + entryOf("get k 1", "get k"), Report{Lines: 2, Right: 1, Stale: 1}, []wrongLine{{2, IsStale, 1}}, Stale},
	"noise, and stale": {
		"10:00 INFO start\n10:01 INFO GET k -> timeout\n10:02 INFO GET l -> " + tok("GET k") + "\n10:03 INFO GET m -> " + tok("GET m") + "\n",
		Report{Lines: 4, Right: 1, Unanswered: 1, Stale: 1, PassedOver: 1},
		[]wrongLine{{3, IsStale, 2}},
		Stale,
	},
}

func TestJudge(t *testing.T) {
	for name, tt := range logs {
		t.Run(name, func(t *testing.T) {
			got := judged(t, tt.log, Options{Log: "log"})
			if got.Outcome != tt.outcome || got.Why == "" || got.Schema != Schema || got.Log != "log" || got.Read == "" {
				t.Errorf("%+v; want %s", got, tt.outcome)
			}
			var wrong []wrongLine
			for _, w := range got.First {
				wrong = append(wrong, wrongLine{w.Line, w.Kind, w.From})
			}
			if !reflect.DeepEqual(wrong, tt.wrong) {
				t.Errorf("wrong: %+v; want %+v", got.First, tt.wrong)
			}
			checkCounts(t, got, tt.want)
		})
	}
}

// checkCounts compares what is counted.
func checkCounts(t *testing.T, got, want Report) {
	t.Helper()
	want.Schema, want.Log, want.Read, want.Outcome, want.Why, want.First = got.Schema, got.Log, got.Read, got.Outcome, got.Why, got.First
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWhy(t *testing.T) {
	for name, want := range map[string]string{
		"16 of 20":              "16 of 20 requests are without a reply",
		"an error as reply":     "2 of 4 requests are without a reply",
		"one key, polled":       "make each request distinct",
		"nothing but another's": "no request",
		"nothing":               "nothing was recognised",
		"mostly something else": "4 of 6 lines have no request and reply",
	} {
		if got := judged(t, logs[name].log, Options{}).Why; !strings.Contains(got, want) {
			t.Errorf("%s: %q does not say %q", name, got, want)
		}
	}
}

// forms are the ways in which programs write a request, %[1]s, and its reply, %[2]s; and
// what is said of it.
var written = map[string]struct{ line, request, read string }{
	"a tab":                 {"%[1]s\t%[2]s", "get k", "as they stand"},
	"a time":                {"2026-11-29 10:00:01,123 %[1]s\t%[2]s", "get k", "behind"},
	"a level and a name":    {"[INFO] client.py:12: %[1]s -> %[2]s", "get k", "behind"},
	"Go's log":              {"2026/11/29 10:00:01 %[1]s => %[2]s", "get k", "behind"},
	"logfmt":                {`ts=1 level=info request="%[1]s" reply=%[2]s`, "get k", "behind"},
	"logfmt, after":         {`ts=1 reply=%[2]s request="%[1]s"`, "get k", "behind"},
	"Python's bytes":        {"%[1]s\tb'%[2]s'", "get k", ""},
	"Python's, both":        {"b'%[1]s' b'%[2]s'", "get k", ""},
	"Python's tuple":        {"('%[1]s', b'%[2]s')", "get k", ""},
	"quotes":                {`"%[1]s"` + "\t" + `"%[2]s"`, "get k", ""},
	"words":                 {"%[1]s got %[2]s", "get k", ""},
	"colours":               {"\x1b[32m%[1]s\x1b[0m -> \x1b[1;31m%[2]s\x1b[0m", "get k", ""},
	"CSV without a heading": {"1,%[1]s,%[2]s,0.5", "get k", ""},
	"ends like an arrow":    {"%[1]s -> %[2]s", "GET /a?x=", ""},
	"words between":         {"ts INFO redis %[1]s took 3ms, reply=%[2]s", "get k", "behind"},
	"an error beside it":    {"%[1]s: %[2]s (retried)", "get k", ""},
	"a JSON line":           {`{"request": "%[1]s", "reply": "%[2]s"}`, "get k", `"request"`},
	"JSON in JSON":          {`{"t": 1, "fields": {"cmd": "%[1]s", "result": ["%[2]s"]}}`, "get k", `"fields.cmd"`},
	"JSON, other names":     {`{"t": 1, "frage": "%[1]s", "antwort": "%[2]s"}`, "get k", `"antwort"`},
	"a message of JSON":     {`{"level": "info", "msg": "%[1]s -> %[2]s"}`, "get k", `"msg"`},
	"JSON in a line's end":  {`10:00 INFO done {"request": "%[1]s", "reply": "%[2]s"}`, "get k", ""},
}

// TestWritten: a log in which each reply is right is clean, and one in which each is that
// to the one before is not, however it is written.
func TestWritten(t *testing.T) {
	for name, tt := range written {
		t.Run(name, func(t *testing.T) {
			var right, stale strings.Builder
			for i := range 30 {
				request, before := fmt.Sprint(tt.request, i), fmt.Sprint(tt.request, max(i-1, 0))
				fmt.Fprintf(&right, tt.line+"\n", request, tok(request))
				fmt.Fprintf(&stale, tt.line+"\n", request, tok(before))
			}
			got := judged(t, right.String(), Options{})
			checkCounts(t, got, Report{Lines: 30, Right: 30})
			if got.Outcome != Clean || !strings.Contains(got.Read, tt.read) {
				t.Errorf("%+v; want it read %q", got, tt.read)
			}
			got = judged(t, stale.String(), Options{})
			checkCounts(t, got, Report{Lines: 30, Right: 1, Stale: 29})
			if got.Outcome != Stale || len(got.First) == 0 || got.First[0].Line != 2 || got.First[0].From != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestForms: a request that is written in another form than it was sent in.
func TestForms(t *testing.T) {
	for name, tt := range map[string]struct{ sent, logged string }{
		"capitals":           {"GET k%d", "get k%d"},
		"small letters":      {"get k%d", "GET k%d"},
		"a list":             {"GET k%d", "['GET', 'k%d']"},
		"a list, folded":     {"get k%d", "['GET', 'k%d']"},
		"a Go list":          {"set k %d", "[set k %d]"},
		"escapes":            {"a\t%d\xff", `a\t%d\xff`},
		"a URL":              {"GET /a?n=%d", "http://127.0.0.1:4000/a?n=%d"},
		"a method and a URL": {"PUT /a?n=%d", "PUT http://127.0.0.1:4000/a?n=%d"},
		"a path":             {"GET /a%d", "/a%d"},
	} {
		var log strings.Builder
		for i := range 30 {
			fmt.Fprintf(&log, "%s\t%s\n", fmt.Sprintf(tt.logged, i), tok(fmt.Sprintf(tt.sent, i)))
		}
		if got := judged(t, log.String(), Options{}); got.Outcome != Clean || got.Right != 30 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestTables(t *testing.T) {
	row := func(request, of string) string { return "1," + request + "," + tok(of) + "\n" }
	for name, tt := range map[string]struct {
		log  string
		o    Options
		want Report
		read string
	}{
		"usual names":   {"n,Request,Reply\n" + row("a", "a") + row(`"b,""c"""`, `b,"c"`), Options{}, Report{Lines: 3, Right: 2, PassedOver: 1}, `CSV, requests in "Request"`},
		"given names":   {"n,x,y\n" + row("a", "a") + row("b", "a"), Options{RequestField: "x", ReplyField: "y"}, Report{Lines: 3, Right: 1, Stale: 1, PassedOver: 1}, `"x"`},
		"semicolons":    {"request;reply\na;" + tok("a") + "\nb;" + tok("b") + "\n", Options{}, Report{Lines: 3, Right: 2, PassedOver: 1}, "CSV"},
		"a record of 2": {"n,request,reply\n1,\"a\nb\"," + tok("a\nb") + "\n" + row("c", "c"), Options{}, Report{Lines: 3, Right: 2, PassedOver: 1}, "CSV"},
		"no reply":      {"n,request,reply\n" + row("a", "a") + "1,b,\n1,c\n", Options{}, Report{Lines: 4, Right: 1, Unanswered: 2, PassedOver: 1}, "CSV"},
		"JSON, given":   {`{"a":{"q":"x"},"r":"` + tok("x") + `"}` + "\n" + `{"a":{"q":"y"},"r":null}` + "\n" + `{"other":1}` + "\n", Options{RequestField: "a.q", ReplyField: "r"}, Report{Lines: 3, Right: 1, Unanswered: 1, PassedOver: 1}, `"a.q"`},
		"a method":      {`{"method":"PUT","path":"/a","body":"` + tok("PUT /a") + `"}` + "\n" + `{"method":"PUT","path":"/b","body":"` + tok("PUT /b") + `"}` + "\n", Options{}, Report{Lines: 2, Right: 2}, `"path"`},
	} {
		t.Run(name, func(t *testing.T) {
			got := judged(t, tt.log, tt.o)
			checkCounts(t, got, tt.want)
			if !strings.Contains(got.Read, tt.read) {
				t.Errorf("read %q; want %q", got.Read, tt.read)
			}
		})
	}
}

func TestDecoded(t *testing.T) {
	text := entryOf("ä𝄞", "ä𝄞") + entryOf("b", "b")
	for name, log := range map[string][]byte{
		"gzip":         zipped(t, []byte(text)),
		"UTF-16":       inUTF16(text, binary.LittleEndian),
		"UTF-16, big":  inUTF16(text, binary.BigEndian),
		"gzip; UTF-16": zipped(t, inUTF16(strings.ReplaceAll(text, "\n", "\r\n"), binary.LittleEndian)),
	} {
		got := judged(t, string(log), Options{})
		if said, _, _ := strings.Cut(name, ","); got.Right != 2 || got.Outcome != Clean || !strings.HasPrefix(got.Read, said) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	cut := zipped(t, []byte(text))
	if r, err := Judge(bytes.NewReader(cut[:len(cut)-9]), Options{}); err == nil {
		t.Errorf("half a file: %+v", r)
	}
}

func zipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func inUTF16(text string, order binary.AppendByteOrder) (b []byte) {
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// TestKnown: with the peer's own account, what a log leaves open is decided.
func TestKnown(t *testing.T) {
	peer := map[token.Token]string{}
	for _, request := range []string{"GET a", "GET b", "GET c", "GET z"} {
		peer[token.Of([]byte(request))] = request
	}
	known := func(t token.Token) (string, bool) { r, is := peer[t]; return r, is }
	for name, tt := range map[string]struct {
		log     string
		want    Report
		outcome Outcome
		of      string
	}{
		"right":           {entryOf("get a", "GET a") + entryOf("get b", "GET b"), Report{Lines: 2, Right: 2}, Clean, ""},
		"another's":       {entryOf("get a", "GET z"), Report{Lines: 1, Foreign: 1}, Stale, "GET z"},
		"a line before's": {"get a\t\n" + entryOf("get b", "GET a"), Report{Lines: 2, Unanswered: 1, Stale: 1}, Stale, "GET a"},
		"not asked":       {entryOf("a", "GET a") + entryOf("b", "GET a"), Report{Lines: 2, Unrecognised: 2}, Inconclusive, ""},
		"never replied":   {entryOf("GET a", "GET a") + entryOf("GET b", "x"), Report{Lines: 2, Right: 1, Other: 1}, Inconclusive, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := judged(t, tt.log, Options{Known: known})
			checkCounts(t, got, tt.want)
			if got.Outcome != tt.outcome || tt.of != "" && (len(got.First) == 0 || got.First[0].Of != tt.of) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// endless is a log of so many lines, every one of another request, of which each gets the
// reply to the one before.
type endless struct {
	lines, n int
	rest     []byte
}

func (e *endless) Read(b []byte) (int, error) {
	for len(e.rest) < len(b) && e.n < e.lines {
		e.n++
		e.rest = fmt.Appendf(e.rest, "%d\t%s\n", e.n, token.Of(fmt.Append(nil, max(e.n-1, 1))))
	}
	n := copy(b, e.rest)
	e.rest = e.rest[:copy(e.rest, e.rest[n:])]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// TestMemory: of a long log what is remembered has a bound.
func TestMemory(t *testing.T) {
	const size, lines = 1000, 3500
	j := newJudge(&Options{}, size)
	if err := j.read(&endless{lines: lines}); err != nil {
		t.Fatal(err)
	}
	if j.Stale != lines-1 || j.Right != 1 || len(j.First) != shownLines {
		t.Errorf("%d stale, %d right, %d shown", j.Stale, j.Right, len(j.First))
	}
	if len(j.asked.lines) > size {
		t.Errorf("%d requests are remembered", len(j.asked.lines))
	}
	if line, ok := j.asked.line(token.Of([]byte("1"))); ok {
		t.Errorf("line %d is still remembered", line)
	}
}

// A log whose reading fails half way is no verdict, and one that is stopped is judged.
func TestBrokenLog(t *testing.T) {
	broken := errors.New("broken")
	for _, stopped := range []error{nil, broken} {
		from := io.MultiReader(strings.NewReader(entryOf("a", "a")+entryOf("b", "b")), failing{broken})
		r, err := Judge(from, Options{Stopped: stopped})
		if errors.Is(err, broken) != (stopped == nil) || r.Interrupted != (stopped != nil) || r.Right != 2 || r.Outcome == Stale {
			t.Errorf("%+v, %v", r, err)
		}
		if stopped != nil && r.Outcome != Inconclusive {
			t.Errorf("%+v", r)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// FuzzJudge: whatever a log is, what is counted adds up.
func FuzzJudge(f *testing.F) {
	for _, tt := range logs {
		if len(tt.log) < 1<<12 {
			f.Add([]byte(tt.log))
		}
	}
	for _, tt := range written {
		f.Add(fmt.Appendf(nil, tt.line+"\n"+tt.line, "get k", tok("get k")))
	}
	f.Add([]byte("n,request,reply\n1,\"a\nb\"," + tok("a") + "\n"))
	f.Fuzz(func(t *testing.T, log []byte) {
		r, _ := Judge(bytes.NewReader(log), Options{})
		if sum := r.requests() + r.Malformed + r.PassedOver; sum != r.Lines {
			t.Fatalf("%d of %d lines: %+v", sum, r.Lines, r)
		}
		if (r.Outcome == Stale) != (r.wrongs() > 0) || r.Outcome == Clean && r.Right < r.Unanswered || r.Why == "" {
			t.Fatalf("%+v", r)
		}
	})
}
