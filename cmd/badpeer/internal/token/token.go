// Package token is what a peer answers: something else for each request, which can be
// computed from the request. So a log of requests and replies shows whose reply is whose.
package token

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Token is the beginning of a request's SHA-256.
type Token uint64

// Of is the token of a request.
func Of(request []byte) Token {
	sum := sha256.Sum256(request)
	return Token(binary.BigEndian.Uint64(sum[:]))
}

const (
	prefix = "token-"
	digits = 16 // hexadecimal
)

// String is the token as it is sent.
func (t Token) String() string { return fmt.Sprintf("%s%0*x", prefix, digits, uint64(t)) }

// Parse reads a token as it is sent; ok: it is one.
func Parse(s string) (t Token, ok bool) {
	hex, is := strings.CutPrefix(s, prefix)
	n, err := strconv.ParseUint(hex, 16, 64)
	t = Token(n)
	return t, is && err == nil && t.String() == s
}
