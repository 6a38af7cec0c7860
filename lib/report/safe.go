package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A journal may come from a stranger, and its strings from the other end of a
// connection: nothing in them may move the cursor, hide text or turn it round
// in the terminal that shows them.

// printable returns s with whatever a terminal might act upon spelled out:
// control characters, direction marks, unusual spaces, bytes that are no UTF-8.
func printable(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += n
	}
	return b.String()
}

// ascii spells out in ASCII what is printable beyond it.
func ascii(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		b.WriteString(inASCII(r))
	}
	return b.String()
}

func inASCII(r rune) string {
	switch r {
	case '→', '▶', '⇒':
		return "->"
	case '←', '◀', '⇐':
		return "<-"
	case 'µ', 'μ':
		return "u"
	case '‘', '’':
		return "'"
	case '“', '”':
		return `"`
	case '–', '—', '─', '−', '‐', '‑':
		return "-"
	case '…':
		return "..."
	case '×', '✕', '✗':
		return "x"
	case '·', '•':
		return "*"
	case '≤':
		return "<="
	case '≥':
		return ">="
	case '≠':
		return "!="
	case '≈':
		return "~"
	case '§':
		return "section "
	case '✓':
		return "+"
	}
	return "?"
}

// isPlain says whether s is printable ASCII throughout.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// clip shortens s to n cells, ending in the ellipsis where something is lost.
func clip(s string, n int, ellipsis string) string {
	if cellsOf(s) <= n {
		return s
	}
	n -= cellsOf(ellipsis)
	if n <= 0 {
		return cut(ellipsis, n+cellsOf(ellipsis))
	}
	return cut(s, n) + ellipsis
}

// cut returns the first n cells of s.
func cut(s string, n int) string {
	for i := range s {
		if n <= 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// cellsOf is how many cells s takes: one a character. Wide characters are not
// catered for, and do not occur in what this program writes itself.
func cellsOf(s string) int { return utf8.RuneCountInString(s) }

// wrap breaks s at spaces into lines of at most width cells; a word longer
// than that is broken where it must be.
func wrap(s string, width int) []string {
	width = max(width, 1)
	var (
		lines []string
		line  strings.Builder
		used  int
	)
	flush := func() {
		lines = append(lines, line.String())
		line.Reset()
		used = 0
	}
	for word := range strings.FieldsSeq(s) {
		n := cellsOf(word)
		if used > 0 && used+1+n > width {
			flush()
		}
		for n > width {
			head := cut(word, width)
			lines = append(lines, head)
			word, n = word[len(head):], n-width
		}
		if used > 0 {
			line.WriteByte(' ')
			used++
		}
		line.WriteString(word)
		used += n
	}
	if used > 0 || len(lines) == 0 {
		flush()
	}
	return lines
}
