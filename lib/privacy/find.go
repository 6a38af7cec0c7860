package privacy

import (
	"net/netip"
	"strings"
)

// isHex says whether a name could be a part of an address.
func isHex(name string) bool {
	return strings.Trim(strings.ToLower(name), "0123456789abcdef") == ""
}

// BaseName reduces a word of a command line: of a path what is behind its last
// separator, and of a flag's value too.
func BaseName(word string) string {
	if name, value, ok := strings.Cut(word, "="); ok && strings.HasPrefix(word, "-") {
		return name + "=" + BaseName(value)
	}
	trimmed := strings.TrimRight(word, `/\`)
	if i := strings.LastIndexAny(trimmed, `/\`); i >= 0 {
		return trimmed[i+1:]
	}
	return trimmed
}

// systemRoots are where paths name no one: they are the kernel's.
var systemRoots = []string{"/proc/", "/sys/", "/dev/"}

// eachPath hands each absolute path in a text to f, and puts what it returns in
// its place.
func eachPath(s string, f func(path string) string) string {
	if !strings.Contains(s, "/") { // most texts have none
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '/' || i > 0 && !strings.ContainsRune(" \t\n\"'=(:,[", rune(s[i-1])) {
			b.WriteByte(s[i])
			i++
			continue
		}
		n := strings.IndexAny(s[i:], " \t\n\"':,)]")
		if n < 0 {
			n = len(s) - i
		}
		b.WriteString(f(s[i : i+n]))
		i += n
	}
	return b.String()
}

// reducePath keeps a path's base name, unless it is the kernel's.
func reducePath(path string) string {
	for _, root := range systemRoots {
		if strings.HasPrefix(path, root) {
			return path
		}
	}
	if strings.Count(strings.TrimRight(path, "/"), "/") < 2 {
		return path // nothing to reduce: /tmp, or a slash
	}
	return BaseName(path)
}

// eachWord hands each occurrence of a name to f that is a word of its own, and
// puts what it returns in its place. Case makes no difference.
func eachWord(s, name string, f func(found string) string) string {
	if !mayHave(s, name) {
		return s
	}
	var b strings.Builder
	hex := isHex(name)
	for i := 0; i < len(s); {
		end := i + len(name)
		if end <= len(s) && strings.EqualFold(s[i:end], name) && endsAt(s, i-1, -1, hex) && endsAt(s, end, 1, hex) {
			b.WriteString(f(s[i:end]))
			i = end
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// mayHave says whether a name may be in a text: most texts have not even its letters.
func mayHave(s, name string) bool {
	if len(name) > len(s) {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if c < 0x80 && strings.IndexByte(s, c|0x20) < 0 && strings.IndexByte(s, c&^0x20) < 0 && strings.IndexByte(s, c) < 0 {
			return isFolded(c)
		}
	}
	return true
}

// isFolded says whether a letter is the same, in another case, as one beyond ASCII: k
// as the sign for kelvin, s as the long s.
func isFolded(c byte) bool { return c|0x20 == 'k' || c|0x20 == 's' }

// endsAt says whether a word ends before what stands at a place, going one way. One
// that could be a part of an address goes on behind a point or a colon, if there is
// more of it.
func endsAt(s string, at, step int, hex bool) bool {
	switch {
	case at < 0 || at >= len(s):
		return true
	case isWord(s[at]):
		return false
	case !hex || s[at] != '.' && s[at] != ':':
		return true
	}
	next := at + step
	return next < 0 || next >= len(s) || !isAddressByte(s[next])
}

// WordsOf are the words of a text, in small letters.
func WordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return c < 0x80 && !isWord(byte(c)) })
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c >= 0x80
}

// eachAddress hands each IP address in a text to f, and puts what it returns in
// its place. A port behind it, and brackets round it, stay.
func eachAddress(s string, f func(a netip.Addr, as string) string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		n := 0
		if i == 0 || !isAddressByte(s[i-1]) && !isWord(s[i-1]) {
			n = addressRun(s[i:])
		}
		addr, length := longestAddress(s[i : i+n])
		if length == 0 {
			length = max(n, 1)
			b.WriteString(s[i : i+length])
		} else {
			b.WriteString(f(addr, s[i:i+length]))
		}
		i += length
	}
	return b.String()
}

func isAddressByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c == ':' || c == '.'
}

// addressRun is how many bytes may belong to an address: with a zone, if there is one.
func addressRun(s string) int {
	n := 0
	for n < len(s) && isAddressByte(s[n]) {
		n++
	}
	if n > 0 && n < len(s) && s[n] == '%' {
		n++
		for n < len(s) && isWord(s[n]) {
			n++
		}
	}
	return n
}

// longestAddress finds the longest address that a text begins with.
func longestAddress(s string) (netip.Addr, int) {
	for n := len(s); n > 0; {
		if a, err := netip.ParseAddr(s[:n]); err == nil {
			return a, n
		}
		n = strings.LastIndexAny(s[:n], ":.%") // before a port, a full stop or a zone
	}
	return netip.Addr{}, 0
}
