package main

import (
	"bytes"
	"strings"

	"sockproof/cmd/badpeer/internal/protocol"
	"sockproof/cmd/badpeer/internal/token"
)

// truncateMode closes in the middle of a reply.
var truncateMode = mode{
	name: "truncate", usage: "close in the middle of a reply's body",
	copes:   "it reports an error: an exit status other than 0, or --error REGEX in its output",
	untried: "let it make a request",
	before:  true,
	flags:   truncateFlags(),
	play:    func(p *play) player { return &truncater{well: well{p}} },
	judge:   judgeTruncate,
}

type truncater struct {
	well
	cut []byte // what of the body was sent
}

// tokens is how often a body has its token.
const tokens = 64

func (x *truncater) request(c *conn, r protocol.Request) {
	if x.acted {
		c.answer(r)
		return
	}
	mark := token.Of(append([]byte("cut: "), r.Text...)).String() // of no whole reply: the program may ask again, and print that one
	body := strings.TrimSpace(strings.Repeat(mark+" ", tokens))
	ways := map[string]protocol.Cut{"length": protocol.CutLength, "chunked": protocol.CutChunked, "end": protocol.CutEnd}
	b, judgedToo, err := c.codec.Cut(r, body, ways[x.how])
	x.t.Must(err)
	x.cut = []byte(mark)
	c.write(b)
	how := "closed in the middle of a reply (" + x.how + ")"
	if !judgedToo {
		how = "closed at the end of half a reply, which is the legal end of one without length or chunks: a control"
		x.note(said, nil, nil, "control")
	}
	c.misbehave(func() { c.end.Close() }, "%s", how)
}

// examine looks for what was sent of the body.
func (x *truncater) examine(output []byte) {
	if len(x.cut) > 0 && bytes.Contains(output, x.cut) {
		x.note(said, nil, nil, "body")
	}
}

func judgeTruncate(r *record) verdict {
	switch {
	case r.said("control"):
		return open("this is a control: without length or chunks closing is the legal end", "a reply without length or chunks ended; the program %s", r.end.how())
	case r.said("error"):
		return copes("it reported an error: its output has --error")
	case r.end.byItself() && r.end.Status != 0 && !r.wants("error"):
		return copes("it reported an error: it %s", r.end.how())
	case !r.end.byItself():
		return hangs("it did not end by itself after its reply was cut")
	case r.wants("error") && r.has(unkept):
		return open(lessOutput, "it %s; %s", r.end.how(), r.first(unkept).Detail)
	case r.said("body"):
		return fails("it took the cut reply for a whole one: its output has it, and it %s", r.end.how())
	}
	return open("let it print what it got, or give --error REGEX", "it %s, and neither an error nor the reply is in its output", r.end.how())
}
