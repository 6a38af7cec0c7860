package main

import (
	"fmt"
	"io"
	"strings"

	"sockproof/cmd/badpeer/internal/replies"
	"sockproof/lib/cli"
)

// judgeExit is the exit code of a judgement.
func judgeExit(r *replies.Report) int {
	switch r.Outcome {
	case replies.Clean:
		return 0
	case replies.Stale:
		return cli.ExitNotReproduced
	}
	return cli.ExitInconclusive
}

// writeJudged shows a judgement as text.
func writeJudged(w io.Writer, r *replies.Report) {
	for i := range r.First {
		fmt.Fprintf(w, "line %d  %s\n", r.First[i].Line, wrongLine(&r.First[i]))
	}
	wrong := r.Stale + r.Foreign + r.Unrecognised + r.Other + r.Malformed
	if more := wrong - int64(len(r.First)); more > 0 {
		fmt.Fprintf(w, "… and %d more\n", more)
	}
	if len(r.First) > 0 {
		fmt.Fprintln(w)
	}
	var counts []string
	for _, n := range []struct {
		n    int64
		what string
	}{
		{r.Right, "right"},
		{r.Stale, "stale"},
		{r.Foreign, "foreign"},
		{r.Repeated, "repeated"},
		{r.Unanswered, "without reply"},
		{r.Unrecognised, "whose request was not recognised"},
		{r.Other, "with another reply"},
		{r.Malformed, "malformed"},
		{r.PassedOver, "passed over"},
	} {
		if n.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n.n, n.what))
		}
	}
	fmt.Fprintf(w, "read as %s\n", r.Read)
	if len(counts) > 0 {
		fmt.Fprintf(w, "%d lines: %s\n", r.Lines, strings.Join(counts, ", "))
	}
	mark := map[replies.Outcome]string{replies.Clean: "✓", replies.Stale: "✗", replies.Inconclusive: "?"}[r.Outcome]
	fmt.Fprintf(w, "%s judge %s: %s\n", mark, r.Outcome, r.Why)
}

// wrongLine is how a person reads of a line that is not right.
func wrongLine(l *replies.Wrong) string {
	switch l.Kind {
	case replies.IsStale:
		return fmt.Sprintf("stale: %q got %s, the reply to line %d, %d before", l.Request, l.Reply, l.From, l.Line-l.From)
	case replies.IsForeign:
		if l.Of != "" {
			return fmt.Sprintf("foreign: %q got %s, the reply to %q", l.Request, l.Reply, l.Of)
		}
		return fmt.Sprintf("foreign: %q got %s, the reply to no line before", l.Request, l.Reply)
	case replies.IsUnrecognised:
		return fmt.Sprintf("unrecognised: %q got %s, and is no request as the peer got it", l.Request, l.Reply)
	case replies.IsOther:
		return fmt.Sprintf("other: %q got %q, which a peer never replies", l.Request, l.Reply)
	}
	return fmt.Sprintf("malformed: %q", l.Request)
}
