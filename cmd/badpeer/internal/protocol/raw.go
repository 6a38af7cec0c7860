package protocol

import "bytes"

// raw is no protocol: a request is what has come, and a reply ends with the connection.
type raw struct{}

func (raw) Next(in []byte) (Request, int, error) {
	text := bytes.Clone(in)
	return Request{Text: text, Same: string(text)}, len(in), nil
}

func (raw) Reply(_ Request, body string) []byte { return []byte(body) }

func (raw) Cut(r Request, body string, how Cut) ([]byte, bool, error) {
	if how != CutEnd {
		return nil, false, noCut("raw", how)
	}
	return half([]byte(body), body), false, nil
}

func (raw) Refuse(error) []byte { return nil }

func (raw) Ask(_ int, text string) []byte {
	if text == "" {
		text = "hello\n"
	}
	return []byte(text)
}

// Whole: what comes is a reply, for there is nothing to say that more belongs to it.
func (raw) Whole(in []byte, _ bool) (int, bool, error) { return len(in), len(in) > 0, nil }
