package protocol

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// httpServer is HTTP/1.0 and 1.1 (RFC 9112), parsed by the standard library.
type httpServer struct {
	// head is the header of a request whose body is still to come: the client asked
	// whether to send it, and was told to (RFC 9110 section 10.1.1).
	head []byte
}

// httpRequest is what a reply has to know.
type httpRequest struct {
	head  bool // of the method HEAD: no body
	minor int  // the version's
}

func (h *httpServer) Next(in []byte) (Request, int, error) {
	blank := 0
	if h.head == nil { // some clients end a body with an empty line (RFC 9112 section 2.2)
		blank = len(in) - len(bytes.TrimLeft(in, "\r\n"))
	}
	text := in[blank:]
	if h.head != nil {
		text = append(bytes.Clone(h.head), in...)
	}
	if headerSize(text) == 0 {
		return Request{}, 0, checkRequestLine(text)
	}
	r, n, err := h.parse(text)
	if err != nil || n == 0 {
		return Request{}, 0, err
	}
	taken := blank + n - len(h.head)
	h.head = nil
	if r.Setup != nil {
		h.head = bytes.Clone(text[:n])
	}
	return r, taken, nil
}

// headerSize is the size of a header, with the empty line at its end; 0: it is not whole.
func headerSize(text []byte) int {
	for at := 0; ; {
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			return 0
		}
		at += end + 1
		if rest := text[at:]; at > 0 && bytes.HasPrefix(bytes.TrimPrefix(rest, []byte("\r")), []byte("\n")) {
			return at + bytes.IndexByte(rest, '\n') + 1
		}
	}
}

// checkRequestLine finds at once that something else than HTTP is spoken.
func checkRequestLine(text []byte) error {
	end := bytes.IndexByte(text, '\n')
	if end < 0 {
		return nil
	}
	_, err := readHeader(bufio.NewReader(io.MultiReader(bytes.NewReader(text[:end+1]), strings.NewReader("\n"))))
	return err
}

func readHeader(from *bufio.Reader) (*http.Request, error) {
	r, err := http.ReadRequest(from)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: want a request of HTTP/1.1", oneLine(err.Error()))
	case r.ProtoMajor != 1:
		return nil, fmt.Errorf("%s: want HTTP/1.1", r.Proto)
	}
	return r, nil
}

// noBody is why a body cannot be read.
func noBody(err error) error {
	return fmt.Errorf("%s: want a body of a length, or in chunks", oneLine(err.Error()))
}

// checkEnd finds a message in chunks that does not end as it shall (RFC 9112 section 7.1):
// whether the library takes it depends on what follows.
func checkEnd(encoding []string, message []byte) error {
	if len(encoding) > 0 && !bytes.HasSuffix(message, []byte("\r\n\r\n")) {
		return errors.New("the last chunk and the trailers end without CR LF")
	}
	return nil
}

// buffered is what has come, as a reader, which notes that more was wanted than that. The
// library's errors do not say so reliably.
type buffered struct {
	rest  []byte
	short bool
}

func (b *buffered) Read(into []byte) (int, error) {
	if len(b.rest) == 0 {
		b.short = true
		return 0, io.EOF
	}
	n := copy(into, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// left is how much has not been read.
func (b *buffered) left(from *bufio.Reader) int { return len(b.rest) + from.Buffered() }

// unlessShort is err, or nil where it may be due to what has not come yet.
func (b *buffered) unlessShort(err error) error {
	if b.short {
		return nil
	}
	return err
}

// oneLine is a text that may stand in an error.
func oneLine(s string) string {
	const most = 200
	s = strings.Trim(fmt.Sprintf("%+q", s), `"`)
	return strings.ReplaceAll(s[:min(len(s), most)], `\"`, `"`)
}

// parse reads the request at the beginning of text; n is 0 where its body is not whole.
func (h *httpServer) parse(text []byte) (r Request, n int, err error) {
	source := &buffered{rest: text}
	from := bufio.NewReader(source)
	parsed, err := readHeader(from)
	if err != nil {
		return Request{}, 0, source.unlessShort(err)
	}
	if parsed.ContentLength > MaxRequest {
		return Request{}, 0, errTooLong
	}
	if h.head == nil && wantsContinue(parsed) {
		return Request{Setup: []byte("HTTP/1.1 100 Continue\r\n\r\n")}, len(text) - source.left(from), nil
	}
	hash := sha256.New()
	body, err := io.Copy(hash, parsed.Body)
	if err == nil {
		err = checkEnd(parsed.TransferEncoding, text[:len(text)-source.left(from)])
	}
	if err != nil {
		return Request{}, 0, source.unlessShort(noBody(err))
	}
	r = Request{
		Text: fmt.Appendf(nil, "%s %s", parsed.Method, parsed.RequestURI), Method: parsed.Method,
		Key: parsed.Header.Get("Idempotency-Key"), Last: parsed.Close,
		detail: httpRequest{head: parsed.Method == http.MethodHead, minor: parsed.ProtoMinor},
	}
	if body > 0 {
		r.Text = append(append(r.Text, " sha256:"...), hex.EncodeToString(hash.Sum(nil))...)
	}
	path, _, _ := strings.Cut(parsed.RequestURI, "?")
	r.Same, r.Kin = string(r.Text), parsed.Method+" "+path
	return r, len(text) - source.left(from), nil
}

// wantsContinue says whether a client waits before it sends the body.
func wantsContinue(r *http.Request) bool {
	return r.ProtoAtLeast(1, 1) && r.ContentLength != 0 && strings.EqualFold(r.Header.Get("Expect"), "100-continue")
}

func (h *httpServer) Reply(r Request, body string) []byte {
	reply := respond(r, http.StatusOK, fmt.Sprintf("Content-Length: %d\r\n", len(body)), r.Last)
	if d, _ := r.detail.(httpRequest); !d.head {
		reply = append(reply, body...)
	}
	return reply
}

// respond is the header of a response, of the request's version. It has no Date: that is
// for a server with a clock (RFC 9110 section 6.6.1).
func respond(r Request, status int, length string, last bool) []byte {
	d, _ := r.detail.(httpRequest)
	connection := "keep-alive"
	if last {
		connection = "close"
	}
	return fmt.Appendf(nil, "HTTP/1.%d %d %s\r\nContent-Type: text/plain\r\n%sConnection: %s\r\n\r\n",
		d.minor, status, http.StatusText(status), length, connection)
}

func (h *httpServer) Cut(r Request, body string, how Cut) ([]byte, bool, error) {
	d, _ := r.detail.(httpRequest)
	if d.head {
		return h.Reply(r, body), false, nil // there is no body to be cut
	}
	part := body[:len(body)/2]
	switch {
	case how == CutEnd:
		return append(respond(r, http.StatusOK, "", true), part...), false, nil
	case how == CutLength:
		return half(h.Reply(r, body), body), true, nil
	case d.minor == 0:
		return nil, false, errors.New("http: a client of HTTP/1.0 takes no chunks (RFC 9112 section 7.1): want a client of HTTP/1.1")
	}
	head := respond(r, http.StatusOK, "Transfer-Encoding: chunked\r\n", r.Last)
	if part == "" { // an empty chunk would be the last
		return head, true, nil
	}
	return fmt.Appendf(head, "%x\r\n%s\r\n", len(part), part), true, nil
}

func (h *httpServer) Refuse(err error) []byte {
	status, body := http.StatusBadRequest, "error: "+err.Error()+"\n"
	if errors.Is(err, errTooLong) {
		status = http.StatusRequestEntityTooLarge
	}
	refused := Request{detail: httpRequest{minor: 1}}
	return append(respond(refused, status, fmt.Sprintf("Content-Length: %d\r\n", len(body)), true), body...)
}
