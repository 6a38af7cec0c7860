package replies

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"sockproof/cmd/badpeer/internal/token"
)

// shape is how a token looks.
var shape = regexp.MustCompile(`token-[0-9a-f]{16}`)

// findToken finds the token in a text by its shape: the last one, and where it stands
// first.
func findToken(text []byte) (t token.Token, from, to int, found bool) {
	all := shape.FindAllIndex(text, -1)
	all = slices.DeleteFunc(all, func(at []int) bool { return at[1] < len(text) && isHex(text[at[1]]) })
	if len(all) == 0 {
		return 0, 0, 0, false
	}
	last := all[len(all)-1]
	t, found = token.Parse(string(text[last[0]:last[1]]))
	for _, at := range all {
		if bytes.Equal(text[at[0]:at[1]], text[last[0]:last[1]]) {
			return t, at[0], at[1], found
		}
	}
	return t, last[0], last[1], found
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }

// entry is what a line says of one request.
type entry struct {
	line  int64
	parts [][]byte // in which the request may be found, the likeliest first
	reply []byte   // as it stands there
	token token.Token
	has   bool // the reply has a token
	ends  bool // where the request ends can be seen: at a tab, or with its field
}

// arrows stand between a request and its reply.
var arrows = regexp.MustCompile(`\t|\s(->|=>|→|⇒)(\s|$)|\s(reply|response|result|got)[=:]`)

// textEntry reads a line of text; false: it says nothing of a request.
func textEntry(line []byte) (e entry, is, tab bool) {
	if t, from, to, found := findToken(line); found {
		return entry{parts: [][]byte{line[:from], line[to:]}, reply: line[from:to], token: t, has: true}, true, false
	}
	if at := bytes.LastIndexByte(line, '\t'); at >= 0 {
		return entry{parts: [][]byte{line[:at]}, reply: line[at+1:], ends: true}, true, true
	}
	all := arrows.FindAllIndex(line, -1)
	if len(all) == 0 {
		return entry{parts: [][]byte{line}}, failures.Match(line), false
	}
	last := all[len(all)-1]
	e = entry{parts: [][]byte{line[:last[1]]}, reply: line[last[1]:]}
	return e, isNone(e.reply), false
}

// none are what programs write where there was no reply, and failures what is in it where
// there was an error.
var (
	none     = []string{"", "none", "null", "nil", "<nil>", "(nil)", "undefined", "-", "n/a", "<none>"}
	failures = regexp.MustCompile(`(?i)time.?out|timed out|error|exception|refused|reset|closed|eof|errno|deadline|broken pipe|abort|cancel|fail|disconnect`)
)

func isNone(reply []byte) bool {
	text, coloured := withoutColours(reply)
	if !coloured {
		text = reply
	}
	word := strings.ToLower(strings.Trim(string(text), " \t\"'`,;"))
	return slices.Contains(none, strings.TrimPrefix(word, "b'")) || failures.Match(text)
}

// isHeading says whether a line names the columns of those that follow.
func isHeading(line []byte) bool {
	fields := strings.Split(strings.ToLower(strings.TrimPrefix(string(line), "\ufeff")), "\t")
	return len(fields) > 1 && slices.ContainsFunc(fields, isRequestName) && slices.ContainsFunc(fields, isReplyName)
}
