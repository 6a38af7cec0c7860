package report

import "strings"

// Hanging returns text of which no line is longer than a stream of this style is wide.
func (s Style) Hanging(text string) string { return hanging(text, clampWidth(s.Width)) }

// hanging wraps the lines of a text that are longer than so many cells. What follows stands below
// the last column of the line, where it has columns, and else a little further in than it.
func hanging(text string, width int) string {
	var all []string
	for line := range strings.SplitSeq(text, "\n") {
		if cellsOf(line) <= width {
			all = append(all, line)
			continue
		}
		first, indent := columns(line, width)
		for i, rest := range wrap(line[len(first):], width-indent) {
			if i > 0 {
				first = strings.Repeat(" ", indent)
			}
			all = append(all, first+rest)
		}
	}
	return strings.Join(all, "\n")
}

// columns is the beginning of a line that stands in the columns before its last, and how far in
// what follows it stands.
func columns(line string, width int) (first string, indent int) {
	text := strings.TrimLeft(line, " ")
	first = line[:len(line)-len(text)]
	indent = len(first) + 4
	if i := strings.LastIndex(text, "  "); i >= 0 && cellsOf(first+text[:i+2]) <= width*2/3 {
		first += text[:i+2]
		indent = cellsOf(first)
	}
	return first, indent
}
