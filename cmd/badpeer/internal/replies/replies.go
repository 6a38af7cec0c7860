// Package replies judges what a program says it got: whether each reply is that of its
// request. It reads logs as people have them, in bounded memory.
package replies

import "sockproof/cmd/badpeer/internal/token"

// Schema names the JSON document; docs/schema/judge.json describes it.
const Schema = "sockproof/judge/v2"

// Options say how a log is to be judged.
type Options struct {
	// Log is its name, for the report.
	Log string
	// RequestField and ReplyField are those of JSON lines or CSV; "": the usual names.
	RequestField, ReplyField string
	// Known, if it is not nil, knows each request that the peer was asked.
	Known func(token.Token) (request string, known bool)
	// Own, if it is not nil, is called with each reply that is its request's own.
	Own func(token.Token)
	// Progress, if it is not nil, is called from time to time.
	Progress func(lines int64)
	// Stopped is the error of a reader that was stopped: what was read until then is
	// judged.
	Stopped error
}

// Report is what became of the requests of a log.
type Report struct {
	Schema       string  `json:"schema"`
	Log          string  `json:"log"`
	Read         string  `json:"read"` // how the log was read
	Lines        int64   `json:"lines"`
	Right        int64   `json:"right"`        // got their own reply
	Repeated     int64   `json:"repeated"`     // got what may be their own reply, or that to the same request before
	Unanswered   int64   `json:"unanswered"`   // got none, or an error
	Stale        int64   `json:"stale"`        // got the reply to an earlier line
	Foreign      int64   `json:"foreign"`      // got the reply to no earlier line
	Unrecognised int64   `json:"unrecognised"` // got a reply, but what was asked is not to be seen
	Other        int64   `json:"other"`        // got what a peer never replies
	Malformed    int64   `json:"malformed"`    // lines that are too long, or no record
	PassedOver   int64   `json:"passed_over"`  // lines that say nothing of a request
	Interrupted  bool    `json:"interrupted"`
	Outcome      Outcome `json:"outcome"`
	Why          string  `json:"why"`
	First        []Wrong `json:"first"` // of those that are not right; the others are counted
}

// Outcome is what a log shows.
type Outcome string

// The outcomes.
const (
	Clean        Outcome = "clean"
	Stale        Outcome = "stale"
	Inconclusive Outcome = "inconclusive"
)

// Kind is what is wrong with a line.
type Kind string

// The kinds of lines that are not right.
const (
	IsStale        Kind = "stale"
	IsForeign      Kind = "foreign"
	IsUnrecognised Kind = "unrecognised"
	IsOther        Kind = "other"
	IsMalformed    Kind = "malformed"
)

// Wrong is a line whose reply is not, or not known to be, its request's.
type Wrong struct {
	Line    int64  `json:"line"`
	Kind    Kind   `json:"kind"`
	Request string `json:"request"`             // its beginning
	Reply   string `json:"reply"`               // its beginning
	From    int64  `json:"from_line,omitempty"` // the line whose reply it is
	Of      string `json:"of,omitempty"`        // the request whose reply it is, where the peer knows it
}

const (
	// maxLine bounds a line, or a record, in bytes.
	maxLine = 1 << 20
	// shownLines is how many lines that are not right are reported.
	shownLines = 100
	// shownBytes is how much of a request and of a reply is shown.
	shownBytes = 60
	// remembered is how many requests are remembered.
	remembered = 1 << 18
	// progressLines is after how many lines progress is reported.
	progressLines = 1 << 14
)

func beginning(b []byte) string {
	if len(b) > shownBytes {
		return string(b[:shownBytes]) + "…"
	}
	return string(b)
}
