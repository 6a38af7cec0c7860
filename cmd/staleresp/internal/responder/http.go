package responder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"sockproof/cmd/staleresp/internal/token"
)

const (
	// maxBody bounds what a request may bring, in bytes.
	maxBody = 1 << 20
	// maxHeader bounds the rest of it.
	maxHeader = 1 << 16
)

// converseHTTP answers each request of HTTP/1 with its token. Requests are parsed by
// the library, but not served by it: that one reads ahead, and does not tell whether
// what it has read is of the next request.
func converseHTTP(s *stream) {
	for {
		r, err := s.readRequest()
		var line []byte
		if err == nil {
			line, err = s.requestOf(r)
		}
		switch {
		case s.came.err != nil:
			return // what has no end is no request
		case err != nil:
			s.reply(s.respond(nil, &http.Request{ProtoMinor: 1, Close: true}, http.StatusBadRequest, "error: "+err.Error()))
			return
		}
		// What follows a request that is to be the last is none that could be answered.
		a := s.ask(line, !r.Close && s.more())
		if !s.reply(s.respond(a, r, http.StatusOK, token.Of(line).String())) {
			return
		}
	}
}

// readRequest reads a request, without its body.
func (s *stream) readRequest() (*http.Request, error) {
	for { // some clients end a body with an empty line (RFC 9112 §2.2)
		b, err := s.from.Peek(1)
		if err != nil {
			return nil, err
		}
		if b[0] != '\r' && b[0] != '\n' {
			break
		}
		_, _ = s.from.Discard(1) // it is there
		s.skip(s.more())
	}
	s.came.room = max(maxHeader-s.from.Buffered(), 0)
	defer func() { s.came.room = -1 }()
	r, err := http.ReadRequest(s.from)
	if err == nil && r.ProtoMajor != 1 {
		err = fmt.Errorf("%s: want HTTP/1.1", r.Proto)
	}
	return r, err
}

// requestOf is a request in one line: its method and its URI and, if it has a body,
// that one's hash.
func (s *stream) requestOf(r *http.Request) ([]byte, error) {
	if r.ProtoAtLeast(1, 1) && strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		s.reply(pending{write: func() error {
			_, err := io.WriteString(s.conn, "HTTP/1.1 100 Continue\r\n\r\n")
			return err
		}})
	}
	hash := sha256.New()
	n, err := io.Copy(hash, io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, err
	}
	if n > maxBody {
		return nil, errors.New("http: request body too large")
	}
	line := fmt.Appendf(nil, "%s %s", r.Method, r.RequestURI)
	if n > 0 {
		line = append(append(line, " sha256:"...), hex.EncodeToString(hash.Sum(nil))...)
	}
	return line, nil
}

// respond is a response, of the request's version, and the last if it asks for that.
func (s *stream) respond(a *answer, r *http.Request, status int, body string) pending {
	return pending{answer: a, last: r.Close, write: func() error {
		connection := "keep-alive"
		if r.Close {
			connection = "close"
		}
		response := fmt.Sprintf("HTTP/1.%d %d %s\r\nDate: %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n",
			r.ProtoMinor, status, http.StatusText(status), time.Now().UTC().Format(http.TimeFormat), len(body), connection)
		if r.Method != http.MethodHead {
			response += body
		}
		_, err := io.WriteString(s.conn, response)
		return err
	}}
}
