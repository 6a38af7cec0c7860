package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"sockproof/cmd/staleresp/internal/responder"
	"sockproof/lib/cli"
)

// serveReport is what a server saw. docs/commands.md describes it.
type serveReport struct {
	Schema    string             `json:"schema"`
	Protocol  responder.Protocol `json:"protocol"`
	Listen    string             `json:"listen"`
	LateEvery int64              `json:"late_every"`
	LateByNS  time.Duration      `json:"late_by_ns"`
	ElapsedNS int64              `json:"elapsed_ns"`
	responder.Counts
	Outcome string           `json:"outcome"`
	Why     string           `json:"why"`
	Replies []responder.Late `json:"late_replies"` // the first; the others are counted
}

// keptReplies is how many late replies a report keeps.
const keptReplies = 1000

func newServeReport(o *responder.Config) *serveReport {
	return &serveReport{
		Schema: "sockproof/serve/v1", Protocol: o.Protocol,
		LateEvery: o.LateEvery, LateByNS: o.LateBy, Replies: []responder.Late{},
	}
}

func (r *serveReport) add(l *responder.Late) {
	if len(r.Replies) < keptReplies {
		r.Replies = append(r.Replies, *l)
	}
}

// The outcomes of a server.
const (
	connectionsReused    = "reused"
	connectionsNotReused = "not reused"
	serveInconclusive    = "inconclusive"
)

// conclude says how the clients came out.
func (r *serveReport) conclude() {
	settled := r.Reused + r.Ended + r.Answered
	switch {
	case r.Reused > 0:
		r.Outcome = connectionsReused
		r.Why = fmt.Sprintf("after %s of %s late replies the next request came, or began to, before the reply, on its connection: a client that does not tell whose reply it reads takes it for the next one's", grouped(r.Reused), grouped(settled))
	case r.Requests == 0:
		r.Outcome, r.Why = serveInconclusive, "no request came"
	case settled == 0:
		r.Outcome, r.Why = serveInconclusive, fmt.Sprintf("of %s requests, of which one in %s has a late reply, there is none of which it is known what came of it", grouped(r.Requests), grouped(r.LateEvery))
	default:
		r.Outcome = connectionsNotReused
		r.Why = fmt.Sprintf("of %s late replies, %s were not waited for, and their connections ended", grouped(settled), grouped(r.Ended))
		if r.Answered > 0 {
			r.Why += fmt.Sprintf("; %s were sent before anything else came: whether a client was still waiting, its log says (badpeer judge)", grouped(r.Answered))
		}
	}
}

// exit is the exit code.
func (r *serveReport) exit() int {
	switch r.Outcome {
	case connectionsReused:
		return cli.ExitNotReproduced
	case connectionsNotReused:
		return 0
	}
	return cli.ExitInconclusive
}

// writeListening shows where clients may connect.
func (r *serveReport) writeListening(w io.Writer) { fmt.Fprintf(w, "listening on %s\n", r.Listen) }

// write shows how it came out.
func (r *serveReport) write(w io.Writer) {
	fmt.Fprintf(w, "%s requests on %s connections, %s late replies: %s reused, %s ended, %s answered, %s pending\n",
		grouped(r.Requests), grouped(r.Connections), grouped(r.Late), grouped(r.Reused), grouped(r.Ended), grouped(r.Answered), grouped(r.Pending))
	mark := map[string]string{connectionsNotReused: "✓", connectionsReused: "✗", serveInconclusive: "?"}[r.Outcome]
	fmt.Fprintf(w, "%s serve %s: %s\n", mark, r.Outcome, r.Why)
}

// lateLine is what a person is told of a late reply.
type lateLine responder.Late

func (l *lateLine) write(w io.Writer) {
	fmt.Fprintf(w, "late %s from %s: %s\n", described(&l.Request), l.Connection, l.became())
}

func (l *lateLine) became() string {
	since := func(ns int64) string { return time.Duration(ns - l.Request.AtNS).Round(time.Millisecond).String() }
	var b strings.Builder
	switch l.Became {
	case responder.Reused:
		fmt.Fprintf(&b, "REUSED: %s, before its reply", l.next(since))
	case responder.Ended:
		fmt.Fprintf(&b, "ended: the client ended the connection %s after it, before its reply", since(l.EndedNS))
	case responder.Answered:
		fmt.Fprintf(&b, "answered after %s", since(l.SentNS))
		switch {
		case l.FinNS != 0:
			fmt.Fprintf(&b, "; the client had said %s after it that it sends no more (FIN), and took the reply", since(l.FinNS))
		case l.NextNS != 0:
			fmt.Fprintf(&b, "; %s", l.next(since))
		}
	default:
		b.WriteString("pending when the server ended")
	}
	return b.String()
}

// next says what came next.
func (l *lateLine) next(since func(ns int64) string) string {
	what := "something that is not counted, or not whole,"
	if l.Next != nil {
		what = described(l.Next)
	}
	if l.NextNS == l.Request.AtNS {
		return what + " came on its connection together with it"
	}
	return fmt.Sprintf("%s came on its connection %s after it", what, since(l.NextNS))
}

// described names a request.
func described(r *responder.Request) string {
	const shownHash = 16
	text := fmt.Sprintf("#%s (%s bytes, sha256 %s…)", grouped(r.N), grouped(int64(r.Bytes)), r.SHA256[:shownHash])
	if r.Payload != "" {
		text += fmt.Sprintf(" %q", r.Payload)
	}
	return text
}
