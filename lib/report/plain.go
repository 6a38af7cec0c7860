package report

import "strings"

// Printable returns s with whatever a terminal might act upon spelled out; it
// is one line.
func Printable(s string) string { return printable(s) }

// Plain returns text for a stream of this style: every line printable, and
// without a byte beyond ASCII where the stream does not take it.
func (s Style) Plain(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = printable(l)
		if !s.Unicode {
			lines[i] = ascii(lines[i])
		}
	}
	return strings.Join(lines, "\n")
}

// InMarkdown returns s so that Markdown shows just that: nothing in it is markup.
func InMarkdown(s string) string { return md(s) }
