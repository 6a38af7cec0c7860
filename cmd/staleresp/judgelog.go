package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"sockproof/cmd/staleresp/internal/token"
)

// logJudge judges a client's log, line by line, in bounded memory.
type logJudge struct {
	*logReport
	asked    *recent
	progress func() // called from time to time
}

// logReport is what became of the requests of a log. docs/commands.md describes it.
type logReport struct {
	Schema      string      `json:"schema"`
	Log         string      `json:"log"`
	Lines       int64       `json:"lines"`
	Right       int64       `json:"right"`      // got their own reply
	Repeated    int64       `json:"repeated"`   // got what may be their own reply, or that of the same request before
	Unanswered  int64       `json:"unanswered"` // got none
	Stale       int64       `json:"stale"`      // got the reply to an earlier line
	Foreign     int64       `json:"foreign"`    // got the reply to no earlier line
	Other       int64       `json:"other"`      // got what serve never replies
	Malformed   int64       `json:"malformed"`  // lines that say no request and reply
	Interrupted bool        `json:"interrupted"`
	Outcome     string      `json:"outcome"`
	Why         string      `json:"why"`
	First       []wrongLine `json:"first"` // that were not right; the others are counted
}

// wrongLine is a line whose reply is not, or not known to be, its request's.
type wrongLine struct {
	Line    int64  `json:"line"`
	Kind    string `json:"kind"`
	Request string `json:"request"`             // its beginning
	Reply   string `json:"reply"`               // its beginning
	From    int64  `json:"from_line,omitempty"` // the line whose reply it is
}

// The kinds of lines that are not right.
const (
	lineStale     = "stale"
	lineForeign   = "foreign"
	lineOther     = "other"
	lineMalformed = "malformed"
)

const (
	// maxLine bounds a line of a log, in bytes.
	maxLine = 1 << 20
	// shownLines is how many lines that are not right are told of.
	shownLines = 100
	// shownBytes is how much of a request and of a reply is shown.
	shownBytes = 60
	// judgeProgress is after how many lines progress is told of.
	judgeProgress = 1 << 14
)

func newLogJudge(name string) *logJudge {
	return &logJudge{
		logReport: &logReport{Schema: "sockproof/judge/v1", Log: name, First: []wrongLine{}},
		asked:     newRecent(remembered), progress: func() {},
	}
}

// read judges every line.
func (j *logJudge) read(from io.Reader) error {
	lines := bufio.NewReaderSize(from, maxLine)
	var err error
	for err == nil {
		var line []byte
		line, err = lines.ReadSlice('\n')
		whole := !errors.Is(err, bufio.ErrBufferFull)
		if !whole {
			line = bytes.Clone(line[:shownBytes+1]) // the buffer is used again
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = lines.ReadSlice('\n') // the rest of a line that is too long
		}
		if len(line) > 0 && (err == nil || errors.Is(err, io.EOF)) {
			j.line(line, whole)
		}
		if j.Lines%judgeProgress == 0 {
			j.progress()
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// byteOrderMark may stand before the first line of a text in UTF-8.
const byteOrderMark = "\ufeff"

// line judges one line.
func (j *logJudge) line(line []byte, whole bool) {
	j.Lines++
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	tab := bytes.LastIndexByte(line, '\t') // a request may have others
	if !whole || tab < 0 {
		j.Malformed++
		j.tell(wrongLine{Kind: lineMalformed, Request: beginning(line)})
		return
	}
	request, reply := line[:tab], string(line[tab+1:])
	got, is := token.Parse(reply)
	if j.Lines == 1 && got != token.Of(request) {
		request = bytes.TrimPrefix(request, []byte(byteOrderMark)) // an editor's, unless it was asked for
	}
	own := token.Of(request)
	from, before := j.asked.line(got)
	switch {
	case reply == "":
		j.Unanswered++
	case !is:
		j.Other++
		j.tell(wrongLine{Kind: lineOther, Request: beginning(request), Reply: beginning([]byte(reply))})
	case got == own && before:
		j.Repeated++
	case got == own:
		j.Right++
	case before:
		j.Stale++
		j.tell(wrongLine{Kind: lineStale, Request: beginning(request), Reply: reply, From: from})
	default:
		j.Foreign++
		j.tell(wrongLine{Kind: lineForeign, Request: beginning(request), Reply: reply})
	}
	j.asked.add(own, j.Lines)
}

// tell keeps a line that is not right, if there is room.
func (j *logJudge) tell(w wrongLine) {
	if len(j.First) < shownLines {
		w.Line = j.Lines
		j.First = append(j.First, w)
	}
}

func beginning(b []byte) string {
	if len(b) > shownBytes {
		return string(b[:shownBytes]) + "…"
	}
	return string(b)
}

// remembered is how many requests of a log are remembered.
const remembered = 1 << 18

// recent remembers in which line a request stands last, of those that were made
// recently.
type recent struct {
	lines map[token.Token]int64
	ring  []token.Token // of the lines remembered, by line
}

func newRecent(lines int) *recent {
	return &recent{lines: map[token.Token]int64{}, ring: make([]token.Token, lines)}
}

func (r *recent) line(t token.Token) (line int64, ok bool) {
	line, ok = r.lines[t]
	return line, ok
}

// add remembers a line, and forgets the one that is too old by now.
func (r *recent) add(t token.Token, line int64) {
	size := int64(len(r.ring))
	at := &r.ring[line%size]
	if r.lines[*at] == line-size {
		delete(r.lines, *at)
	}
	*at = t
	r.lines[t] = line
}
