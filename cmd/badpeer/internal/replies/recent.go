package replies

import "sockproof/cmd/badpeer/internal/token"

// recent remembers in which line a request stands last, of those that were made recently.
type recent struct {
	lines map[token.Token]int64
	ring  []asked // of what is remembered
	next  int
}

type asked struct {
	token token.Token
	line  int64
}

func newRecent(size int) *recent {
	return &recent{lines: map[token.Token]int64{}, ring: make([]asked, size)}
}

func (r *recent) line(t token.Token) (line int64, ok bool) {
	line, ok = r.lines[t]
	return line, ok
}

// add remembers a request, and forgets the oldest.
func (r *recent) add(t token.Token, line int64) {
	at := &r.ring[r.next]
	r.next = (r.next + 1) % len(r.ring)
	if at.line != 0 && r.lines[at.token] == at.line {
		delete(r.lines, at.token)
	}
	*at = asked{t, line}
	r.lines[t] = line
}
