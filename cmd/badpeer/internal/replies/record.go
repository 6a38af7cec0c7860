package replies

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The usual names of the fields with the request and with the reply, the likeliest first.
var (
	requestNames = []string{"request", "req", "command", "cmd", "query", "asked", "sent", "line", "url", "uri", "target", "path", "key", "q", "input"}
	replyNames   = []string{"reply", "response", "resp", "res", "answer", "result", "got", "received", "body", "value", "output", "data"}
	messageNames = []string{"msg", "message", "log", "text", "event"}
	methodNames  = []string{"method", "verb"}
)

func isRequestName(name string) bool { return slices.Contains(requestNames, name) }
func isReplyName(name string) bool   { return slices.Contains(replyNames, name) }

// field is one of a record; null has no value.
type field struct {
	name, value string
	null        bool
}

// record is the fields of a JSON object or of a row.
type record []field

// find is the field of a name, as it is given, or of the likeliest of usual names; of an
// object in an object, "outer.inner".
func (r record) find(given string, usual []string) (field, bool) {
	if given != "" {
		i := slices.IndexFunc(r, func(f field) bool { return strings.EqualFold(f.name, given) })
		if i < 0 {
			return field{}, false
		}
		return r[i], true
	}
	for _, name := range usual {
		for _, f := range r {
			if last := f.name[strings.LastIndexByte(f.name, '.')+1:]; strings.EqualFold(last, name) {
				return f, true
			}
		}
	}
	return field{}, false
}

// fields are the names of the fields that a request and its reply were found in.
type fields struct{ request, reply string }

// entry is what a record says of a request; false: nothing.
func (r record) entry(o *Options) (e entry, found fields, is bool) {
	request, hasRequest := r.find(o.RequestField, requestNames)
	reply, hasReply := r.find(o.ReplyField, replyNames)
	if o.ReplyField == "" && !hasToken(reply) { // by its shape, wherever it is
		if i := slices.IndexFunc(r, hasToken); i >= 0 {
			reply, hasReply = r[i], true
		}
	}
	if !hasRequest && !hasToken(reply) || !hasReply && !hasRequest {
		return r.message(), fields{}, false
	}
	text := []byte(reply.value)
	t, from, to, has := findToken(text)
	e = entry{reply: text, token: t, has: has, ends: hasRequest}
	if has {
		e.reply = text[from:to]
	}
	if method, is := r.find("", methodNames); is && hasRequest {
		e.parts = append(e.parts, []byte(method.value+" "+request.value))
	}
	if hasRequest {
		e.parts = append(e.parts, []byte(request.value))
	}
	if o.RequestField == "" {
		if has { // in one text with its reply
			e.parts = append(e.parts, text[:from], text[to:])
		}
		for _, f := range r {
			if f != request && f != reply && !f.null && f.value != "" {
				e.parts = append(e.parts, []byte(f.value))
			}
		}
	}
	if reply.null {
		e.reply = nil
	}
	return e, fields{request.name, reply.name}, len(e.parts) > 0
}

// message is the text of a record that has no more than one.
func (r record) message() entry {
	f, _ := r.find("", messageNames)
	e, _, _ := textEntry([]byte(f.value))
	return e
}

func hasToken(f field) bool {
	_, _, _, found := findToken([]byte(f.value))
	return found
}

// maxDepth bounds objects in objects.
const maxDepth = 4

// jsonRecord reads an object of JSON (RFC 8259).
func jsonRecord(line []byte) (r record, is bool) {
	if line = bytes.TrimSpace(line); len(line) == 0 || line[0] != '{' || !json.Valid(line) {
		return nil, false
	}
	r.flatten("", line, maxDepth)
	return r, true
}

// flatten appends the fields of an object, and those of the objects in it.
func (r *record) flatten(prefix string, object []byte, depth int) {
	d := json.NewDecoder(bytes.NewReader(object))
	_, _ = d.Token() // the brace: it is valid
	for d.More() {
		key, _ := d.Token()
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			return
		}
		name := prefix + fmt.Sprint(key)
		var text string
		switch {
		case raw[0] == '{' && depth > 0:
			r.flatten(name+".", raw, depth-1)
		case string(raw) == "null":
			*r = append(*r, field{name: name, null: true})
		case json.Unmarshal(raw, &text) == nil:
			*r = append(*r, field{name: name, value: text})
		default:
			*r = append(*r, field{name: name, value: string(raw)})
		}
	}
}

// table is a CSV with a heading (RFC 4180).
type table struct {
	reader *csv.Reader
	names  []string
	budget *io.LimitedReader // what a record may have
}

// readAhead is what a reader of CSV reads at a time.
const readAhead = 1 << 12

// newTable recognises a CSV by its heading: it has the fields that are given, or both of
// usual names.
func newTable(text io.Reader, heading []byte, o *Options) *table {
	for _, comma := range ",;" {
		names, err := rows(bytes.NewReader(heading), comma).Read()
		if err != nil || len(names) < 2 {
			continue
		}
		names[0] = strings.TrimPrefix(names[0], "\ufeff")
		var r record
		for _, name := range names {
			r = append(r, field{name: strings.TrimSpace(name)})
		}
		_, hasRequest := r.find(o.RequestField, requestNames)
		_, hasReply := r.find(o.ReplyField, replyNames)
		if hasRequest && hasReply {
			budget := &io.LimitedReader{R: text}
			return &table{reader: rows(budget, comma), names: names, budget: budget}
		}
	}
	return nil
}

func rows(text io.Reader, comma rune) *csv.Reader {
	r := csv.NewReader(text)
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, true
	return r
}

// errLongRecord is a row that is longer than maxLine.
var errLongRecord = errors.New("a record is longer than a line may be")

// next is the next row, and its line.
func (t *table) next() (r record, line int64, err error) {
	t.budget.N = maxLine + readAhead
	values, err := t.reader.Read()
	if t.budget.N == 0 {
		return nil, 0, errLongRecord
	}
	if err != nil {
		return nil, 0, err
	}
	for i, name := range t.names {
		f := field{name: strings.TrimSpace(name), null: true}
		if i < len(values) {
			f.value, f.null = values[i], false
		}
		r = append(r, f)
	}
	at, _ := t.reader.FieldPos(0)
	return r, int64(at), nil
}
