package main

import (
	"fmt"
	"io"
	"strings"

	"sockproof/lib/cli"
)

// The outcomes of a judgement.
const (
	logClean        = "clean"
	logStale        = "stale"
	logInconclusive = "inconclusive"
)

// conclude says what the log shows: it is clean if every reply is known to be right.
func (r *logReport) conclude() {
	r.Outcome = logInconclusive
	switch wrong := r.Stale + r.Foreign; {
	case wrong > 0:
		r.Outcome = logStale
		r.Why = fmt.Sprintf("of %s replies, %s were not the request's own: %s to an earlier line, %s to no line before", grouped(r.replies()), grouped(wrong), grouped(r.Stale), grouped(r.Foreign))
	case r.Interrupted:
		r.Why = fmt.Sprintf("interrupted after %s lines, of which none was wrong", grouped(r.Lines))
	case r.Malformed > 0:
		r.Why = fmt.Sprintf("%s lines of %s are not request<TAB>reply, or longer than %d bytes", grouped(r.Malformed), grouped(r.Lines), maxLine)
	case r.Other > 0:
		r.Why = fmt.Sprintf("%s replies of %s are none that serve sends", grouped(r.Other), grouped(r.replies()))
	case r.Repeated > 0: // any of them may be stale
		r.Why = fmt.Sprintf("%s replies may be those to the same request before, which cannot be told: make each request distinct, by a number for instance", grouped(r.Repeated))
		if r.Right > 0 {
			r.Why += fmt.Sprintf("; the %s others are the request's own", grouped(r.Right))
		}
		return
	case r.Right == 0:
		r.Why = "the log has no request with a reply"
	default:
		r.Outcome = logClean
		r.Why = fmt.Sprintf("all %s replies are the request's own", grouped(r.replies()))
	}
	if r.Repeated > 0 {
		r.Why += fmt.Sprintf("; of %s more it cannot be told, for the same request had been made before", grouped(r.Repeated))
	}
}

// replies counts those of which it can be told whose they are.
func (r *logReport) replies() int64 { return r.Right + r.Stale + r.Foreign + r.Other }

// exit is the exit code.
func (r *logReport) exit() int {
	switch r.Outcome {
	case logClean:
		return 0
	case logStale:
		return cli.ExitNotReproduced
	}
	return cli.ExitInconclusive
}

// write shows the report as text.
func (r *logReport) write(w io.Writer) {
	for i := range r.First {
		fmt.Fprintf(w, "line %s  %s\n", grouped(r.First[i].Line), r.First[i].String())
	}
	if more := r.Stale + r.Foreign + r.Other + r.Malformed - int64(len(r.First)); more > 0 {
		fmt.Fprintf(w, "… and %s more\n", grouped(more))
	}
	if len(r.First) > 0 {
		fmt.Fprintln(w)
	}
	var counts []string
	for _, n := range []struct {
		n    int64
		what string
	}{{r.Right, "right"}, {r.Stale, "stale"}, {r.Foreign, "foreign"}, {r.Repeated, "repeated"}, {r.Unanswered, "without reply"}, {r.Other, "with another reply"}, {r.Malformed, "malformed"}} {
		if n.n > 0 {
			counts = append(counts, grouped(n.n)+" "+n.what)
		}
	}
	fmt.Fprintf(w, "%s lines: %s\n", grouped(r.Lines), strings.Join(counts, ", "))
	mark := map[string]string{logClean: "✓", logStale: "✗", logInconclusive: "?"}[r.Outcome]
	fmt.Fprintf(w, "%s judge %s: %s\n", mark, r.Outcome, r.Why)
}

// String is how a person reads it.
func (l *wrongLine) String() string {
	switch l.Kind {
	case lineStale:
		return fmt.Sprintf("stale: %q got %s, the reply to line %s, %s before", l.Request, l.Reply, grouped(l.From), grouped(l.Line-l.From))
	case lineForeign:
		return fmt.Sprintf("foreign: %q got %s, the reply to none of the %d lines before", l.Request, l.Reply, min(l.Line-1, remembered))
	case lineOther:
		return fmt.Sprintf("other: %q got %q, which serve never replies", l.Request, l.Reply)
	}
	return fmt.Sprintf("malformed: %q", l.Request)
}
