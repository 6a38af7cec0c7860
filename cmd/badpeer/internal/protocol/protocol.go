// Package protocol is what a peer and the program under test say to each other: where a
// request ends, what the right reply is, and how a reply is cut short. It has no sockets,
// no goroutines and no clock: bytes that came go in, bytes to be sent come out.
package protocol

import (
	"fmt"
	"slices"
	"strings"
)

// MaxRequest bounds a request, in bytes.
const MaxRequest = 1 << 20

// Request is one request, as far as a peer must know it.
type Request struct {
	// Text is what stands for the request in a log of replies, and what its token is
	// of. raw: all that came. line: the line. http: "GET /a" and, with a body,
	// " sha256:HEX" of it. resp: the words, joined by blanks. modbus: the PDU in
	// hexadecimal. postgres: the query and its parameters, joined by blanks.
	Text []byte
	// Same is equal for two attempts at one request.
	Same string
	// Method is that of http, else "".
	Method string
	// Kin is equal for two attempts at one request whose content differs, by a time in it for
	// instance; it may be equal for others, too. line: always. http: the method and the path. resp: a
	// command and its first argument. modbus: the function and the address. postgres: the first word.
	Kin string
	// Key is the Idempotency-Key of a request of http.
	Key string
	// Setup, if it is not nil, is the answer to what a program asks before it asks what
	// it is there for, or to what cannot be served. It may be empty. Such a request is
	// answered at once, and not counted.
	Setup []byte
	// Last: no other request may follow on the connection.
	Last bool

	detail any // what the codec needs for the reply
}

// Cut is how a reply is cut short.
type Cut int

// The ways to cut a reply short.
const (
	// CutLength: the reply announces its length or its end, and the connection ends
	// in the middle of the body.
	CutLength Cut = iota
	// CutChunked: the last chunk is missing (RFC 9112 section 7.1).
	CutChunked
	// CutEnd: the reply has no length, and the end of the connection is its legal end
	// (RFC 9112 section 6.3). This is a control: a client cannot see that it is cut.
	CutEnd
)

// Codec is a protocol on one connection, as a server speaks it.
type Codec interface {
	// Next takes the request at the beginning of in. If none is whole yet, n is 0 and
	// err is nil. Otherwise n is the length of the request, with what is before it and
	// belongs to none, as an empty line. An error says that the program does not speak
	// the protocol, or that the request is longer than MaxRequest; the connection is of
	// no use then. The request does not refer to in.
	Next(in []byte) (r Request, n int, err error)
	// Reply is the whole, right reply that carries body.
	Reply(r Request, body string) []byte
	// Cut is the beginning of the reply that carries body, after which the peer
	// closes. judged: the program can notice that it is not whole.
	Cut(r Request, body string, how Cut) (b []byte, judged bool, err error)
	// Refuse is what a server says to what it could not read; nil: nothing.
	Refuse(err error) []byte
}

// Asker is a protocol on one connection, as a client speaks it.
type Asker interface {
	// Ask is the n-th request. text is the user's own, "" for the protocol's usual one.
	Ask(n int, text string) []byte
	// Whole says whether the reply to the last request is at the beginning of in, and
	// how long it is. ended: the server sends no more. An error says that it is no
	// reply of the protocol.
	Whole(in []byte, ended bool) (n int, whole bool, err error)
}

// protocols are all of them, in the order in which they are listed.
var protocols = []struct {
	name string
	make func() (Codec, Asker)
}{
	{"raw", func() (Codec, Asker) { return raw{}, raw{} }},
	{"line", func() (Codec, Asker) { return line{}, line{} }},
	{"http", func() (Codec, Asker) { return &httpServer{}, &httpClient{} }},
	{"resp", func() (Codec, Asker) { return newRESPServer(), respClient{} }},
	{"modbus", func() (Codec, Asker) { return modbus{}, modbus{} }},
	{"postgres", func() (Codec, Asker) { return newPostgres(), postgresClient{} }},
}

// Names are the names of the protocols.
func Names() (names []string) {
	for _, p := range protocols {
		names = append(names, p.name)
	}
	return names
}

// New is a protocol by its name, for one connection.
func New(name string) (Codec, Asker, error) {
	for _, p := range protocols {
		if p.name == name {
			c, a := p.make()
			return &bounded{Codec: c, name: name}, a, nil
		}
	}
	return nil, nil, fmt.Errorf("protocol %q: want %s", name, strings.Join(Names(), ", "))
}

// bounded is a codec that is given at most as much as a request may have.
type bounded struct {
	Codec
	name  string
	begun bool // a request came
}

func (b *bounded) Next(in []byte) (Request, int, error) {
	if len(in) == 0 {
		return Request{}, 0, nil
	}
	if !b.begun && b.name != "raw" && b.name != "modbus" && isTLS(in) {
		return Request{}, 0, fmt.Errorf("%s: the program begins with a TLS handshake: want it to connect without TLS", b.name)
	}
	r, n, err := b.Codec.Next(in[:min(len(in), MaxRequest)])
	switch {
	case err != nil:
		return Request{}, 0, fmt.Errorf("%s: %w", b.name, err)
	case n == 0 && len(in) >= MaxRequest:
		return Request{}, 0, fmt.Errorf("%s: %w", b.name, errTooLong)
	}
	b.begun = b.begun || n > 0
	return r, n, nil
}

// errTooLong is what is longer than MaxRequest, or says so.
var errTooLong = fmt.Errorf("it is longer than %d bytes, which is as much as is taken", MaxRequest)

// isTLS says whether a TLS record with a handshake begins here (RFC 8446 section 5.1).
func isTLS(in []byte) bool {
	const handshake, major = 0x16, 0x03
	return len(in) >= 2 && in[0] == handshake && in[1] == major
}

// half is a reply until the middle of the body that it carries.
func half(reply []byte, body string) []byte {
	at, size := strings.LastIndex(string(reply), body), len(body)
	if at < 0 || size == 0 { // there was no room for it
		at, size = 0, len(reply)
	}
	return slices.Clip(reply[:at+size/2])
}

// noCut is that a protocol has no such way to cut a reply short.
func noCut(name string, how Cut) error {
	switch how {
	case CutChunked:
		return fmt.Errorf("%s has no chunks: http has", name)
	case CutEnd:
		return fmt.Errorf("%s has no reply that ends where the connection does: raw and http have", name)
	}
	return fmt.Errorf("%s has no length and no mark where a reply ends: line, http, resp, modbus and postgres have", name)
}
