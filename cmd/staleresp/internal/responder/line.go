package responder

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"

	"sockproof/cmd/staleresp/internal/token"
)

// longestLine bounds a request in the line protocol, in bytes.
const longestLine = 1 << 16

// converseLine answers each line with a line.
func converseLine(s *stream) {
	for {
		line, err := s.from.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			s.reply(s.say(nil, fmt.Sprintf("error: a line has at most %d bytes", longestLine-1)))
			return
		}
		if err != nil {
			return // what has no end is no request
		}
		line = bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))
		if !s.reply(s.say(s.ask(line, s.more()), token.Of(line).String())) {
			return
		}
	}
}

// say is a reply of one line; one to no request that was counted is the last.
func (s *stream) say(a *answer, text string) pending {
	return pending{answer: a, last: a == nil, write: func() error {
		_, err := s.conn.Write([]byte(text + "\n"))
		return err
	}}
}
