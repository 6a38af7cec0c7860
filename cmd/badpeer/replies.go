package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"sockproof/cmd/badpeer/internal/replies"
	"sockproof/cmd/badpeer/internal/token"
)

// onStdout is the value of --replies that means the program's standard output.
const onStdout = "stdout"

// judgeReplies judges what the program says that it got, by the requests that the peer was
// asked.
func (p *play) judgeReplies() {
	if p.replies == "" {
		return
	}
	from, err := p.openReplies()
	if err != nil {
		p.judgedAs(string(replies.Inconclusive), fmt.Sprintf("--replies %s: %v", p.replies, err))
		return
	}
	defer from.Close()
	var waitedFor []string
	r, err := replies.Judge(from, replies.Options{
		Log: p.replies, RequestField: p.requestField, ReplyField: p.replyField,
		Known: func(t token.Token) (string, bool) { text, known := p.requests[t]; return text, known },
		Own: func(t token.Token) {
			if same, is := p.lateReplies[t]; is {
				waitedFor = append(waitedFor, same)
				delete(p.lateReplies, t)
			}
		},
	})
	if err != nil {
		p.judgedAs(string(replies.Inconclusive), fmt.Sprintf("--replies %s: %v", p.replies, err))
		return
	}
	if r.Outcome == replies.Clean && p.replies == onStdout && p.output.cut(0) {
		r.Outcome, r.Why = replies.Inconclusive, fmt.Sprintf("%s; but of its output %d MiB alone were kept: write the replies to a file", r.Why, mostOutput>>20)
	}
	for _, same := range waitedFor {
		p.note(waited, nil, []byte(same), "")
	}
	p.judgedAs(string(r.Outcome), r.Why)
	for i := range r.First {
		if w := &r.First[i]; w.Kind == replies.IsStale || w.Kind == replies.IsForeign {
			p.note(wrong, nil, nil, "line %d: took the reply to another request for its own", w.Line)
		}
	}
}

// judgedAs notes the outcome, where a fact has what it is about.
func (p *play) judgedAs(outcome, why string) {
	p.note(judged, nil, nil, "%s: %s", outcome, why)
}

func (p *play) openReplies() (io.ReadCloser, error) {
	if p.replies == onStdout {
		return io.NopCloser(bytes.NewReader(p.output.text(0))), nil
	}
	return os.Open(p.replies)
}

// told is what the program's own log of replies came to, and why; "": there was none.
func (r *record) told() (outcome, why string) {
	f := r.first(judged)
	outcome, why, _ = strings.Cut(f.Detail, ": ")
	return outcome, why
}
