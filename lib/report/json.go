package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"unicode"
	"unicode/utf8"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// JSON writes a report as one document, described by docs/schema/report.json.
// Its outline is indented, and each event, finding and socket is one line, so
// that it can be read, searched and compared as it is.
func JSON(w io.Writer, r *Report) error {
	doc := *r
	doc.Schema = Schema
	doc.Machine = r.Machine.complete()
	doc.Verdicts = r.Merged()
	doc.Runs = make([]Run, len(r.Runs))
	for i := range r.Runs {
		head := r.Runs[i]
		head.Events = nil // they are most of it: they are put in line by line
		doc.Runs[i] = head.complete()
	}
	b, err := json.Marshal(&doc)
	if err != nil {
		return err
	}
	rest := outline(b, outlineDepth)
	out := make([]byte, 0, len(rest)+eventLength*r.EventCount())
	for i := range r.Runs {
		before, after, _ := bytes.Cut(rest, []byte(noEvents)) // a string has no line's end in it
		out = append(out, before...)
		if out, err = appendEvents(out, r.Runs[i].Events); err != nil {
			return err
		}
		rest = after
	}
	_, err = w.Write(append(out, rest...))
	return err
}

// noEvents is how a run stands in the outline whose events are to be put in.
const noEvents = "\n      \"events\": []"

// eventLength is about how many bytes an event takes.
const eventLength = 300

// EventCount counts the events of all runs.
func (r *Report) EventCount() int {
	n := 0
	for i := range r.Runs {
		n += len(r.Runs[i].Events)
	}
	return n
}

// appendEvents writes a run's events, a line each.
func appendEvents(out []byte, events []journal.Event) ([]byte, error) {
	out = append(out, noEvents[:len(noEvents)-1]...)
	for i := range events {
		e, err := Complete(events[i]).JSON()
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, "\n        "...), visible(e)...)
	}
	if len(events) > 0 {
		out = append(out, "\n      "...)
	}
	return append(out, ']'), nil
}

// complete returns m with its settings in place, never null.
func (m Machine) complete() Machine {
	if m.Settings == nil {
		m.Settings = map[string]string{}
	}
	return m
}

// complete returns r with every list in place: a reader may go through them
// all without asking whether they are there. r itself stays as it is.
func (r *Run) complete() Run {
	c := *r
	c.Witnesses = present(r.Witnesses)
	c.Sockets = present(r.Sockets)
	c.Histories = slices.Clone(present(r.Histories))
	for i := range c.Histories {
		h := &c.Histories[i]
		h.States = slices.Clone(present(h.States))
		for k := range h.States {
			h.States[k].Witnesses = present(h.States[k].Witnesses)
			h.States[k].Events = present(h.States[k].Events)
		}
	}
	c.Disagreements = slices.Clone(present(r.Disagreements))
	for i := range c.Disagreements {
		c.Disagreements[i].Events = present(c.Disagreements[i].Events)
	}
	c.Discrepancies = slices.Clone(r.Discrepancies) // nil stays absent: nobody asked
	for i := range c.Discrepancies {
		d := &c.Discrepancies[i]
		d.Sockets, d.Hosts, d.Accounts, d.Events = present(d.Sockets), present(d.Hosts), present(d.Accounts), present(d.Events)
	}
	c.Findings = make([]claim.Finding, len(r.Findings))
	for i := range r.Findings {
		c.Findings[i] = completeFinding(r.Findings[i])
	}
	c.Comparison = completeComparison(r.Comparison)
	c.Events = make([]journal.Event, len(r.Events))
	for i := range r.Events {
		c.Events[i] = Complete(r.Events[i])
	}
	return c
}

func completeComparison(t *claim.Comparison) *claim.Comparison {
	if t == nil {
		return nil
	}
	c := *t
	c.Ways = present(t.Ways)
	c.Rows = slices.Clone(present(t.Rows))
	for i := range c.Rows {
		r := &c.Rows[i]
		r.Cells = slices.Clone(present(r.Cells))
		for k := range r.Cells {
			r.Cells[k].Events = present(r.Cells[k].Events)
		}
	}
	return &c
}

func completeFinding(f claim.Finding) claim.Finding {
	f.Events = present(f.Events)
	return f
}

// Complete returns an event with every list in place, as JSON writes it.
func Complete(e journal.Event) journal.Event {
	if e.Call != nil && e.Call.Args == nil {
		call := *e.Call
		call.Args = []string{}
		e.Call = &call
	}
	if e.Table != nil && (e.Table.States == nil || e.Table.Sockets == nil) {
		t := *e.Table
		t.States, t.Sockets = present(t.States), present(t.Sockets)
		e.Table = &t
	}
	if e.Fold != nil && e.Fold.Counts == nil {
		f := *e.Fold
		f.Counts = []journal.FoldedCount{}
		e.Fold = &f
	}
	return e
}

func present[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// outlineDepth is how deep a document is spread over lines: the document, its
// runs, a run, its lists. What is in those is one line each.
const outlineDepth = 4

// outline lays out compact JSON: containers down to a depth get a line for
// each element, deeper ones stay as they are.
func outline(b []byte, depth int) []byte {
	var (
		out    = make([]byte, 0, len(b)+len(b)/4)
		level  int
		quoted bool
	)
	newline := func() {
		out = append(out, '\n')
		for range level {
			out = append(out, ' ', ' ')
		}
	}
	for i := 0; i < len(b); i++ {
		ch := b[i]
		switch {
		case quoted && ch == '\\':
			out = append(out, ch)
			i++
			ch = b[i]
		case ch == '"':
			quoted = !quoted
		case quoted:
		case (ch == '{' || ch == '[') && b[i+1] == ch+2: // empty
			out = append(out, ch)
			i++
			ch = b[i]
		case ch == '{' || ch == '[':
			level++
			if level <= depth {
				out = append(out, ch)
				newline()
				continue
			}
		case ch == '}' || ch == ']':
			level--
			if level < depth {
				newline()
			}
		case ch == ',' && level <= depth:
			out = append(out, ch)
			newline()
			continue
		case ch == ':' && level <= depth:
			out = append(out, ch, ' ')
			continue
		}
		out = append(out, ch)
	}
	return append(visible(out), '\n')
}

// visible escapes, in JSON, the characters that JSON lets stand but a terminal
// acts upon or does not show: it reads back as the same value.
func visible(b []byte) []byte {
	next := func(b []byte) int {
		for i := 0; i < len(b); {
			if b[i] <= '~' { // nearly all are
				i++
				continue
			}
			r, n := utf8.DecodeRune(b[i:])
			if r != utf8.RuneError && !unicode.IsPrint(r) {
				return i
			}
			i += n
		}
		return -1
	}
	i := next(b)
	if i < 0 {
		return b
	}
	var out []byte
	for ; i >= 0; i = next(b) {
		r, n := utf8.DecodeRune(b[i:])
		out = append(out, b[:i]...)
		if r >= 0x10000 { // as a pair of surrogates
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		} else {
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		b = b[i+n:]
	}
	return append(out, b...)
}
