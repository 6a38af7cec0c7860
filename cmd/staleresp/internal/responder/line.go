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
	lines := bufio.NewReaderSize(s.conn, longestLine)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			s.say(nil, fmt.Sprintf("error: a line has at most %d bytes", longestLine-1))
			return
		}
		if err != nil {
			return // what has no end is no request
		}
		line = bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))
		if !s.say(s.ask(line), token.Of(line).String()) {
			return
		}
	}
}

// say replies with a line.
func (s *stream) say(a *answer, text string) bool {
	return s.reply(pending{a, func() error {
		_, err := s.conn.Write([]byte(text + "\n"))
		return err
	}})
}
