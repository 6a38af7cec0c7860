package protocol

import (
	"bytes"
	"fmt"
)

// line is a protocol in which a request is a line, and so is its reply. A carriage
// return before the end of the line belongs to the end.
type line struct{}

func (line) Next(in []byte) (Request, int, error) {
	end := bytes.IndexByte(in, '\n')
	if end < 0 {
		return Request{}, 0, nil
	}
	text := bytes.Clone(bytes.TrimSuffix(in[:end], []byte("\r")))
	return Request{Text: text, Same: string(text)}, end + 1, nil
}

func (line) Reply(_ Request, body string) []byte { return []byte(body + "\n") }

func (l line) Cut(r Request, body string, how Cut) ([]byte, bool, error) {
	if how != CutLength {
		return nil, false, noCut("line", how)
	}
	return half(l.Reply(r, body), body), true, nil
}

func (line) Refuse(err error) []byte { return []byte("error: " + err.Error() + "\n") }

func (line) Ask(n int, text string) []byte {
	if text == "" {
		text = fmt.Sprintf("hello %d", n)
	}
	return append(bytes.TrimSuffix([]byte(text), []byte("\n")), '\n')
}

func (line) Whole(in []byte, _ bool) (int, bool, error) {
	end := bytes.IndexByte(in, '\n')
	return end + 1, end >= 0, nil
}
