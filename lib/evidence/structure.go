package evidence

import (
	"bytes"
	"fmt"
)

// The limits of a file of JSON. An element that takes three bytes there, {} and a
// comma, takes hundreds in memory, so elements are counted before anything is made
// of them. Genuine files have about 20 values for each event, and 10 levels.
const (
	maxValues   = 50 * maxEvents // of one file: texts, numbers, objects, lists
	maxElements = maxEvents      // objects in lists of one name
	maxFields   = 1_000          // of one object
	maxDepth    = 32             // one within the other
)

// fewer are the lists that have fewer objects than others.
var fewer = map[string]int{"runs": maxRuns, "files": 2 * len(renderings)} // one that is listed twice is named

// structure counts what a file of JSON is made of. It takes no memory for what it
// passes over, and does not ask whether the file is right: whoever reads it then will.
type structure struct {
	values   int
	open     []container    // the innermost last
	elements map[string]int // objects in lists, by the list's name
}

// container is an object, or a list, that has begun.
type container struct {
	isList bool
	name   []byte // of a list: its own; of an object: the field's that was named last
	named  bool   // of an object: what follows is the field's value
	fields int    // of an object: so far
}

// tooComplex says what of a file of JSON, or of several one after the other, is more
// than evidence has; "": nothing is.
func tooComplex(b []byte) string {
	s := structure{elements: map[string]int{}}
	for i := 0; i < len(b); {
		end := endOfToken(b, i)
		if what := s.token(b[i:end]); what != "" {
			return what
		}
		i = end
	}
	return ""
}

// endOfToken is where the token ends that begins at i. A space is one.
func endOfToken(b []byte, i int) int {
	switch b[i] {
	case '"':
		for i++; i < len(b) && b[i] != '"'; i++ {
			if b[i] == '\\' {
				i++
			}
		}
		return min(i+1, len(b))
	case '{', '}', '[', ']', ',', ':', ' ', '\t', '\r', '\n':
		return i + 1
	}
	for ; i < len(b); i++ {
		switch b[i] {
		case '"', '{', '}', '[', ']', ',', ':', ' ', '\t', '\r', '\n':
			return i
		}
	}
	return i
}

// token takes in one token, and says what it makes too much.
func (s *structure) token(t []byte) string {
	top := &container{}
	if n := len(s.open); n > 0 {
		top = &s.open[n-1]
	}
	switch t[0] {
	case ' ', '\t', '\r', '\n', ':':
		return ""
	case ',':
		top.named = false
		return ""
	case '}', ']':
		s.open = s.open[:max(len(s.open)-1, 0)]
		return ""
	case '"':
		if len(s.open) > 0 && !top.isList && !top.named {
			top.name, top.named = bytes.Trim(t, `"`), true
			if top.fields++; top.fields > maxFields {
				return fmt.Sprintf("an object of more than %d fields; evidence has none", maxFields)
			}
			return ""
		}
	}
	return s.value(t[0], top)
}

// value takes in the beginning of a value, which stands in top. A name is taken as it
// stands there: the reader takes one in other letters for the same, and one list for
// both, so that the most that all lists of any name have bounds them too.
func (s *structure) value(first byte, top *container) string {
	if s.values++; s.values > maxValues {
		return fmt.Sprintf("more than %d values; evidence has at most that many in a file", maxValues)
	}
	if first != '{' && first != '[' {
		return ""
	}
	if top.isList {
		most := maxElements
		name := string(top.name)
		if n, ok := fewer[name]; ok {
			most = n
		}
		if s.elements[name]++; s.elements[name] > most {
			return fmt.Sprintf("more than %d objects in lists called %q; evidence has at most that many", most, name)
		}
	}
	if len(s.open) == maxDepth {
		return fmt.Sprintf("more than %d levels, one within the other; evidence has fewer", maxDepth)
	}
	s.open = append(s.open, container{isList: first == '[', name: top.name})
	return ""
}

// structured are the files of JSON.
var structured = []string{fileJournal, fileMachine, fileManifest, fileReport}

// tooComplexIn finds a file that has more than evidence has, and says so.
func tooComplexIn(all files) string {
	for _, name := range structured {
		if what := tooComplex(all[name]); what != "" {
			return name + " has " + what
		}
	}
	return ""
}
