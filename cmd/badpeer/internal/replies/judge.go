package replies

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"sockproof/cmd/badpeer/internal/token"
)

// judge judges a log, line by line.
type judge struct {
	*Report
	o       *Options
	asked   *recent
	learned []way          // by which requests were found, the last one first
	counts  map[way]int64  // how often
	fields  map[fields]int // in which they and their replies were found
	undone  []string       // of the input
	table   bool
	effort  int64   // see maxEffort
	tabbed  []Wrong // lines with a tab and no token behind it
	tabs    int64   // how many there are
}

// way is the part of a line that a request is found in, and how.
type way struct {
	part int
	reading
}

// Judge judges a log. What it returns with an error is what was read until then.
func Judge(from io.Reader, o Options) (Report, error) {
	j := newJudge(&o, remembered)
	err := j.read(from)
	if o.Stopped != nil && errors.Is(err, o.Stopped) {
		j.Interrupted, err = true, nil
	}
	j.conclude()
	return *j.Report, err
}

func newJudge(o *Options, size int) *judge {
	return &judge{
		Report: &Report{Schema: Schema, Log: o.Log, First: []Wrong{}}, o: o,
		asked: newRecent(size), counts: map[way]int64{}, fields: map[fields]int{},
	}
}

func (j *judge) read(from io.Reader) error {
	text, undone, err := decode(from)
	if err != nil {
		return err
	}
	j.undone = undone
	for err == nil {
		var line []byte
		line, err = text.ReadSlice('\n')
		whole := !errors.Is(err, bufio.ErrBufferFull)
		if !whole {
			line = bytes.Clone(line[:shownBytes+1]) // the buffer is used again
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = text.ReadSlice('\n') // the rest of a line that is too long
		}
		if len(line) == 0 || err != nil && !errors.Is(err, io.EOF) {
			continue
		}
		j.next()
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if j.Lines == 1 && whole {
			if t := newTable(text, line, j.o); t != nil {
				j.PassedOver++
				return j.rows(t)
			}
		}
		j.line(line, whole)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (j *judge) next() {
	j.Lines++
	if j.o.Progress != nil && j.Lines%progressLines == 0 {
		j.o.Progress(j.Lines)
	}
}

// rows judges the rows of a table.
func (j *judge) rows(t *table) error {
	j.table = true
	for {
		r, line, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		j.next()
		j.record(r, line+1) // the heading was read before
	}
}

// line judges one line of text or of JSON.
func (j *judge) line(line []byte, whole bool) {
	if !whole {
		j.Malformed++
		j.wrong(Wrong{Line: j.Lines, Kind: IsMalformed, Request: beginning(line)})
		return
	}
	if r, is := jsonRecord(line); is {
		j.record(r, j.Lines)
		return
	}
	e, is, tab := textEntry(line)
	e.line = j.Lines
	switch {
	case !is || j.Lines == 1 && isHeading(line):
		j.PassedOver++
	case tab && !isNone(e.reply): // whether it says what was replied is seen in the end
		j.tabs++
		if len(j.tabbed) < shownLines {
			j.tabbed = append(j.tabbed, Wrong{Line: j.Lines, Kind: IsOther, Request: beginning(e.parts[0]), Reply: beginning(e.reply)})
		}
	default:
		j.entry(&e)
	}
}

func (j *judge) record(r record, line int64) {
	e, found, is := r.entry(j.o)
	if !is && !e.has {
		j.PassedOver++
		return
	}
	e.line = line
	if is {
		j.fields[found]++
	}
	j.entry(&e)
}

// entry judges what a line says of a request.
func (j *judge) entry(e *entry) {
	if !e.has {
		switch {
		case isNone(e.reply):
			j.Unanswered++
		default:
			j.Other++
			j.wrong(Wrong{Line: e.line, Kind: IsOther, Request: beginning(e.parts[0]), Reply: beginning(e.reply)})
		}
		j.remember(e)
		return
	}
	line, before := j.asked.line(e.token)
	request, own := j.resolve(e, before)
	if own && j.o.Own != nil {
		j.o.Own(e.token)
	}
	w := Wrong{Line: e.line, Request: beginning(request), Reply: e.token.String()}
	switch of, known := j.known(e.token); {
	case own && before:
		j.Repeated++
	case own:
		j.Right++
	case request == nil && !before && j.doubtful(), request == nil && j.o.Known != nil:
		j.Unrecognised++
		w.Kind, w.Request = IsUnrecognised, beginning(e.parts[0])
	case before:
		j.Stale++
		w.Kind, w.From, w.Of = IsStale, line, of
	case j.o.Known != nil && !known:
		j.Other++
		w.Kind = IsOther
	default:
		j.Foreign++
		w.Kind, w.Of = IsForeign, of
	}
	if w.Kind != "" {
		if request == nil {
			w.Request = beginning(j.shown(e))
		}
		j.wrong(w)
	}
	if request != nil {
		j.asked.add(token.Of(request), e.line)
		return
	}
	j.remember(e)
}

// doubtful: what the request of a line is may not have been found, for not everything was
// tried, and too few were found otherwise.
func (j *judge) doubtful() bool {
	return j.effort >= maxEffort && (len(j.learned) == 0 || j.counts[j.learned[0]] < certain)
}

// known is the request that a reply is to, where the peer knows.
func (j *judge) known(t token.Token) (string, bool) {
	if j.o.Known == nil {
		return "", false
	}
	return j.o.Known(t)
}

// certain is how many requests have been found by a way after which others are not tried,
// if the reply is known to be another's.
const certain = 20

// resolve finds the request; own: the reply is its.
func (j *judge) resolve(e *entry, another bool) (request []byte, own bool) {
	var asked []byte
	try := func(w way, text []byte) bool {
		t := token.Of(text)
		if t == e.token && j.credible(w, another) {
			request, own = bytes.Clone(text), true
			j.learn(w)
			return true
		}
		if _, known := j.known(t); known && asked == nil {
			asked = bytes.Clone(text)
		}
		return false
	}
	for _, w := range slices.Clone(j.learned) {
		if text, is := w.in(e); is && try(w, text) {
			return request, true
		}
	}
	if asked != nil || another && len(j.learned) > 0 && j.counts[j.learned[0]] >= certain {
		return asked, false
	}
	for i, part := range e.parts {
		if j.candidates(part, func(r reading, text []byte) bool { return try(way{i, r}, text) }) && own {
			return request, true
		}
	}
	return asked, false
}

// maxEffort is how many bytes are looked at, of one log, in readings by which nothing may
// be found. The readings by which requests were found are tried without end.
const maxEffort = 1 << 28

// candidates tries every reading of a part, as long as that may take.
func (j *judge) candidates(part []byte, try func(reading, []byte) bool) bool {
	return j.effort < maxEffort && candidates(part, func(r reading, text []byte) bool {
		const each = 64 // of a hash
		j.effort += int64(len(text) + each)
		return try(r, text) || j.effort >= maxEffort
	})
}

// credible: a request that got the reply to its own first words got its own only if other
// words stand behind requests in this log: they were found so before, or nothing speaks
// against it.
func (j *judge) credible(w way, another bool) bool {
	switch {
	case !w.short, slices.Contains(j.learned, w):
		return true
	case another:
		return false
	}
	return len(j.learned) == 0 || j.learned[0].short || j.counts[j.learned[0]] < certain
}

func (w way) in(e *entry) ([]byte, bool) {
	if w.part >= len(e.parts) {
		return nil, false
	}
	return w.at(e.parts[w.part])
}

// maxLearned is how many ways are tried before all others.
const maxLearned = 8

// learn puts a way first.
func (j *judge) learn(w way) {
	if len(j.counts) < maxLearned || j.counts[w] > 0 {
		j.counts[w]++
	}
	if i := slices.Index(j.learned, w); i >= 0 {
		j.learned = slices.Delete(j.learned, i, i+1)
	}
	j.learned = slices.Insert(j.learned, 0, w)
	j.learned = j.learned[:min(len(j.learned), maxLearned)]
}

// maxRemembered is how many texts that a request may be are remembered of one line.
const maxRemembered = 256

// remember remembers what the request of a line may be: whose reply came is not known, so
// nothing says which of them it is, unless others have been found.
func (j *judge) remember(e *entry) {
	n := 0
	add := func(text []byte) bool {
		if len(text) > 0 {
			j.asked.add(token.Of(text), e.line)
			n++
		}
		return n >= maxRemembered
	}
	for _, w := range j.learned {
		first, last := w.tail, w.tail
		if !e.has && !e.ends { // what ends a request is another thing where no reply follows
			first, last = 0, maxTails-1
		}
		for w.tail = first; w.tail <= last; w.tail++ {
			if text, is := w.in(e); is && add(text) {
				return
			}
		}
	}
	if n > 0 {
		return
	}
	for _, part := range e.parts {
		if j.candidates(part, func(r reading, text []byte) bool { return (!r.short || !e.ends) && add(text) }) {
			return
		}
	}
}

// shown is what the request of a line probably is.
func (j *judge) shown(e *entry) []byte {
	for _, w := range j.learned {
		if text, is := w.in(e); is {
			return text
		}
	}
	return bytes.TrimSpace(e.parts[0])
}

// wrong keeps a line that is not right, if there is room.
func (j *judge) wrong(w Wrong) {
	if len(j.First) < shownLines {
		j.First = append(j.First, w)
	}
}

// how says how the log was read.
func (j *judge) how() string {
	said := slices.Clone(j.undone)
	switch f := j.commonest(); {
	case j.table:
		said = append(said, fmt.Sprintf("CSV, requests in %q, replies in %q", f.request, f.reply))
	case f != fields{}:
		said = append(said, fmt.Sprintf("JSON lines, requests in %q, replies in %q", f.request, f.reply))
	default:
		said = append(said, "text, replies found by their shape")
	}
	var most way
	for w, n := range j.counts {
		if n > j.counts[most] {
			most = w
		}
	}
	switch {
	case j.counts[most] == 0:
	case most == way{}:
		said = append(said, "requests as they stand there")
	case most.head > 0:
		said = append(said, "requests behind what begins the line")
	default:
		said = append(said, "requests without what surrounds them")
	}
	if s := most.form.String(); s != "" {
		said = append(said, s)
	}
	if j.effort >= maxEffort {
		said = append(said, "not every reading of every line was tried: there were too many")
	}
	return strings.Join(said, "; ")
}

// commonest are the fields in which most was found.
func (j *judge) commonest() (f fields) {
	for found, n := range j.fields {
		if n > j.fields[f] {
			f = found
		}
	}
	return f
}

func (f form) String() string {
	return map[form]string{
		unescaped: "escapes undone", upper: "commands in capitals", lower: "commands in small letters", joined: "words joined by blanks",
		joinedUpper: "words joined by blanks, commands in capitals", joinedLower: "words joined by blanks, commands in small letters",
		target: "of URLs the path", getTarget: "of URLs the path, got by GET",
	}[f]
}
