package protocol

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// httpClient is a client of HTTP/1.1.
type httpClient struct {
	method string // of the last request: a response to HEAD has no body
	status int    // of the last response
}

// Status is how the last request was answered, in a word.
func (h *httpClient) Status() string { return fmt.Sprintf("status %d", h.status) }

// Ask is GET / by default. A text of one line is a target or a method and a target;
// one of several lines is sent as it is.
func (h *httpClient) Ask(_ int, text string) []byte {
	if !strings.Contains(text, "\n") {
		method, target, both := strings.Cut(text, " ")
		if !both {
			method, target = http.MethodGet, text
		}
		if target == "" {
			target = "/"
		}
		text = fmt.Sprintf("%s %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: badpeer\r\nAccept: */*\r\n\r\n", method, target)
	}
	h.method, _, _ = strings.Cut(text, " ")
	return []byte(text)
}

func (h *httpClient) Whole(in []byte, ended bool) (int, bool, error) {
	for at := 0; ; {
		text := in[at:]
		if headerSize(text) == 0 {
			return 0, false, checkStatusLine(text)
		}
		n, interim, whole, err := h.response(text, ended)
		if err != nil || !whole {
			return 0, false, err
		}
		at += n
		if !interim {
			return at, true, nil
		}
	}
}

// checkStatusLine finds at once that something else than HTTP is spoken.
func checkStatusLine(text []byte) error {
	const begins = "HTTP/1."
	if n := min(len(text), len(begins)); string(text[:n]) != begins[:n] {
		return fmt.Errorf("http: the reply begins with %s: want HTTP/1.1 and a status", oneLine(string(text[:min(len(text), 40)])))
	}
	return nil
}

// response reads a response; interim: another one follows (RFC 9110 section 15.2).
func (h *httpClient) response(text []byte, ended bool) (n int, interim, whole bool, err error) {
	source := &buffered{rest: text}
	from := bufio.NewReader(source)
	r, err := http.ReadResponse(from, &http.Request{Method: h.method})
	if err != nil {
		return 0, false, false, source.unlessShort(fmt.Errorf("http: %s: want a response of HTTP/1.1", oneLine(err.Error())))
	}
	defer r.Body.Close()
	h.status = r.StatusCode
	if r.ProtoMajor != 1 {
		return 0, false, false, fmt.Errorf("http: %s: want HTTP/1.1", r.Proto)
	}
	if r.StatusCode >= 100 && r.StatusCode < 200 && r.StatusCode != http.StatusSwitchingProtocols {
		return len(text) - source.left(from), true, true, nil
	}
	_, err = io.Copy(io.Discard, r.Body)
	if err == nil && r.Body != http.NoBody {
		err = checkEnd(r.TransferEncoding, text[:len(text)-source.left(from)])
	}
	if err != nil {
		return 0, false, false, source.unlessShort(fmt.Errorf("http: %w", noBody(err)))
	}
	if untilEnd(r) && !ended {
		return 0, false, false, nil
	}
	return len(text) - source.left(from), false, true, nil
}

// untilEnd says whether a response's body ends where the connection does (RFC 9112
// section 6.3).
func untilEnd(r *http.Response) bool {
	return r.ContentLength < 0 && len(r.TransferEncoding) == 0 && r.Body != http.NoBody
}
