package replies

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A request's text is not known, only its hash. So each text that it may be is tried:
// what stands in a field or before a reply, without what ends it (a separator, a quote, the
// word "reply"), without what begins it (a time, a level), and in another form. What
// the hash agrees with is the request. The reading by which it was found is tried first in
// the next line.

// reading is how a request is found in a part of a line.
type reading struct {
	colours bool // without the terminal's
	tail    int  // how much ends it
	head    int  // how much begins it
	form    form
	short   bool // without its last words
}

// form is how a request's text was written otherwise.
type form int

const (
	asIs form = iota
	unescaped
	upper
	lower
	joined // a list of words
	joinedUpper
	joinedLower
	target // of a URL
	getTarget
	forms
)

// The bounds of what is tried in one part.
const (
	maxTails = 16
	maxHeads = 32
	// maxText is how long a part may be, where more than all of it is tried.
	maxText = 1 << 12
)

// exact: the request is all that stands before the tab.
var exact = reading{}

// candidates tries every reading of a part until try says that it is enough.
func candidates(part []byte, try func(reading, []byte) bool) bool {
	for _, colours := range []bool{false, true} {
		text, is := part, true
		if colours {
			text, is = withoutColours(part)
		}
		if is && uncoloured(text, colours, try) {
			return true
		}
	}
	return false
}

func uncoloured(text []byte, colours bool, try func(reading, []byte) bool) bool {
	if try(reading{colours: colours}, bytes.TrimSuffix(text, []byte("\t"))) {
		return true
	}
	if len(text) > maxText {
		return false
	}
	for i := range maxTails {
		ended, short, is := tail(text, i)
		if !is {
			return false
		}
		for k := range maxHeads {
			begun, is := head(ended, k)
			if !is {
				break
			}
			for f := asIs; f < forms; f++ {
				r := reading{colours, i, k, f, short}
				if t, is := f.of(begun); is && len(t) > 0 && r != exact && try(r, t) {
					return true
				}
			}
		}
	}
	return false
}

// at is the text that a reading finds in a part; false: none.
func (r reading) at(part []byte) ([]byte, bool) {
	if r.colours {
		var is bool
		if part, is = withoutColours(part); !is {
			return nil, false
		}
	}
	if r.tail == 0 && r.head == 0 && r.form == asIs {
		return bytes.TrimSuffix(part, []byte("\t")), true
	}
	if len(part) > maxText {
		return nil, false
	}
	text, _, is := tail(part, r.tail)
	if is {
		text, is = head(text, r.head)
	}
	if is {
		text, is = r.form.of(text)
	}
	return text, is && len(text) > 0
}

// colour is a sequence of a terminal (ECMA-48 section 5.4).
var colour = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]")

func withoutColours(text []byte) ([]byte, bool) {
	if bytes.IndexByte(text, '\x1b') < 0 {
		return nil, false
	}
	return colour.ReplaceAll(text, nil), true
}

// endings are words between a request and its reply; b, u and r begin a string in Python.
var endings = []string{"reply", "response", "resp", "result", "answer", "got", "returned", "received", "gave", "body", "is", "was", "b", "u", "r"}

// tail is a text without what may end it, so many times: one after the other a tab, blanks,
// a separator, a quote, a word. A request of several words is tried without its last ones, too:
// short.
func tail(text []byte, n int) (rest []byte, short, is bool) {
	text = bytes.TrimSuffix(text, []byte("\t"))
	for ; n > 0; n-- {
		r, size := utf8.DecodeLastRune(text)
		word := lastWord(text)
		switch {
		case unicode.IsSpace(r):
			text = bytes.TrimRightFunc(text, unicode.IsSpace)
		case size > 0 && strings.ContainsRune("\"'`:=<>|,;()[]{}-→⇒", r):
			text = text[:len(text)-size]
		case slices.ContainsFunc(endings, func(e string) bool { return strings.EqualFold(e, string(word)) }):
			text = text[:len(text)-len(word)]
		default: // any other word, of several
			at := bytes.LastIndexAny(text, " \t")
			if at <= 0 {
				return nil, false, false
			}
			text, short = text[:at+1], true
		}
	}
	return text, short, true
}

// lastWord is the word that a text ends with.
func lastWord(text []byte) []byte {
	const longest = len("returned") + 1
	at := len(text)
	for at > 0 && len(text)-at < longest && (isDigit(text[at-1]) || isLetter(text[at-1])) {
		at--
	}
	return text[at:]
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// head is a text without what may begin it: so many words, or parts of words.
func head(text []byte, n int) ([]byte, bool) {
	if n == 0 {
		return text, true
	}
	if rest, is := bytes.CutPrefix(text, []byte("\ufeff")); is { // an editor's mark
		if n--; n == 0 {
			return rest, true
		}
	}
	for i, c := range text {
		if !strings.ContainsRune(" \t\"'`=:[](),|>", rune(c)) || i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\t' {
			continue
		}
		if n--; n == 0 {
			return text[i+1:], true
		}
	}
	return nil, false
}

// of is a text in this form; false: it has none, or is no other one.
func (f form) of(text []byte) ([]byte, bool) {
	switch f {
	case asIs:
		return text, true
	case unescaped:
		return unescape(text)
	case upper, lower:
		return folded(text, f == upper)
	case joined:
		return join(text)
	case joinedUpper, joinedLower:
		words, is := join(text)
		if !is {
			return nil, false
		}
		return folded(words, f == joinedUpper)
	case target:
		method, rest, is := bytes.Cut(text, []byte(" "))
		path, isURL := pathOf(rest)
		return append(append(bytes.Clone(method), ' '), path...), is && isURL
	default:
		if path, is := pathOf(text); is {
			return append([]byte("GET "), path...), true
		}
		return append([]byte("GET "), text...), bytes.HasPrefix(text, []byte("/"))
	}
}

// folded is a text with its first word in capitals, or in small letters: clients write
// commands in either.
func folded(text []byte, capitals bool) ([]byte, bool) {
	word, rest, has := bytes.Cut(text, []byte(" "))
	other := bytes.ToLower(word)
	if capitals {
		other = bytes.ToUpper(word)
	}
	if bytes.Equal(other, word) {
		return nil, false
	}
	if has {
		other = append(append(other, ' '), rest...)
	}
	return other, true
}

// listed is what stands between the words of a list: ['GET', 'k'], [GET k], GET(k).
var listed = regexp.MustCompile(`[\s\[\](){},'"` + "`" + `]+`)

func join(text []byte) ([]byte, bool) {
	if !bytes.ContainsAny(text, "[](){},'\"`") {
		return nil, false
	}
	words := bytes.TrimSpace(listed.ReplaceAll(text, []byte(" ")))
	return words, !bytes.Equal(words, text)
}

// escaped is a character as programs write it: \n, \t, \\, \x00.
var escaped = regexp.MustCompile(`\\(x[0-9a-fA-F]{2}|.)`)

func unescape(text []byte) ([]byte, bool) {
	if bytes.IndexByte(text, '\\') < 0 {
		return nil, false
	}
	return escaped.ReplaceAllFunc(text, func(e []byte) []byte {
		switch e[1] {
		case 'n':
			return []byte("\n")
		case 'r':
			return []byte("\r")
		case 't':
			return []byte("\t")
		case 'x':
			if len(e) == 4 {
				return []byte{nibble(e[2])<<4 | nibble(e[3])}
			}
		}
		return e[1:]
	}), true
}

func nibble(c byte) byte {
	if c >= 'a' {
		c -= 'a' - 'A'
	}
	if c >= 'A' {
		return c - 'A' + 10
	}
	return c - '0'
}

// pathOf is what a client asks the server of a URL for.
func pathOf(text []byte) ([]byte, bool) {
	if !bytes.HasPrefix(text, []byte("http://")) && !bytes.HasPrefix(text, []byte("https://")) {
		return nil, false
	}
	u, err := url.Parse(string(text))
	if err != nil {
		return nil, false
	}
	return []byte(u.RequestURI()), true
}
