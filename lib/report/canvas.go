package report

import (
	"strings"

	"github.com/fatih/color"
)

// ink is what a piece of text means; a palette gives it its colour.
type ink uint8

const (
	plain ink = iota
	dim       // times, numbers, what may be passed over
	bold      // headings
	flags     // a segment's flags
	alarm     // a RST, a drop
	good
	bad
	warn
	inks
)

// span is a piece of a line in one ink. Its text is printable.
type span struct {
	text string
	ink  ink
}

// glyphs are the signs a drawing is made of.
type glyphs struct {
	right, left, shaft          string // ─▶ ◀─
	lane, leaveRight, leaveLeft string // a host's line, and an arrow leaving it
	turn, back, join            string // the far end of a loop: ╮ ╯ ┤
	cross, ellipsis, to, times  string
	micro, none                 string
	yes, no, unclear            string
}

var unicodeGlyphs = glyphs{
	right: "▶", left: "◀", shaft: "─",
	lane: "│", leaveRight: "├", leaveLeft: "┤",
	turn: "╮", back: "╯", join: "┤",
	cross: "✕", ellipsis: "…", to: "→", times: "×",
	micro: "µ", none: "·",
	yes: "✓", no: "✗", unclear: "?",
}

var asciiGlyphs = glyphs{
	right: ">", left: "<", shaft: "-",
	lane: "|", leaveRight: "|", leaveLeft: "|",
	turn: ".", back: "'", join: "|",
	cross: "x", ellipsis: "...", to: "->", times: "x",
	micro: "u", none: "-",
	yes: "+", no: "x", unclear: "?",
}

// canvas takes lines of spans. What it lays out depends on the width and the
// character set alone; colour is put on afterwards and changes nothing else.
type canvas struct {
	glyphs
	style Style
	paint *[inks][2]string // what goes before and after a span; nil: no colour
	buf   []byte
	began int // where the run that is being written begins in it
	line  []span
	cells int
}

func newCanvas(s Style) *canvas {
	s.Width = clampWidth(s.Width)
	c := &canvas{glyphs: asciiGlyphs, style: s, buf: make([]byte, 0, 8<<10)}
	if s.Unicode {
		c.glyphs = unicodeGlyphs
	}
	if s.Color {
		c.paint = palette()
	}
	return c
}

// palette makes the escape codes of each ink. Colours are made here and not
// taken from the library's globals, which standard output alone decides.
func palette() *[inks][2]string {
	p := &[inks][2]string{}
	for i, attributes := range [inks][]color.Attribute{
		dim:   {color.Faint},
		bold:  {color.Bold},
		flags: {color.FgCyan, color.Bold},
		alarm: {color.FgRed},
		good:  {color.FgGreen},
		bad:   {color.FgRed},
		warn:  {color.FgYellow},
	} {
		if len(attributes) == 0 {
			continue
		}
		c := color.New(attributes...)
		c.EnableColor()
		p[i][0], p[i][1], _ = strings.Cut(c.Sprint("|"), "|")
	}
	return p
}

// clean makes a journal's string fit to be shown in this character set.
func (c *canvas) clean(s string) string {
	if isPlain(s) {
		return s
	}
	s = printable(s)
	if !c.style.Unicode {
		s = ascii(s)
	}
	return s
}

// clip shortens s, which is clean, to n cells.
func (c *canvas) clip(s string, n int) string { return clip(s, n, c.ellipsis) }

// put appends text, which is clean, to the line.
func (c *canvas) put(i ink, text string) {
	if text == "" {
		return
	}
	c.line = append(c.line, span{text, i})
	c.cells += cellsOf(text)
}

func (c *canvas) puts(spans []span) {
	for _, s := range spans {
		c.put(s.ink, s.text)
	}
}

// pad fills the line with blanks up to a column.
func (c *canvas) pad(column int) {
	if n := column - c.cells; n > 0 {
		c.put(plain, blanks(n))
	}
}

// rightAlign puts text so that it ends before a column.
func (c *canvas) rightAlign(i ink, text string, column int) {
	c.pad(column - cellsOf(text))
	c.put(i, text)
}

// end writes the line, never longer than the width.
func (c *canvas) end() {
	spans := c.line
	if c.cells > c.style.Width {
		spans = clipSpans(spans, c.style.Width, c.ellipsis)
	}
	// Blanks at the end of a line are noise in a paste and a diff.
	for len(spans) > 0 {
		last := &spans[len(spans)-1]
		last.text = strings.TrimRight(last.text, " ")
		if last.text != "" {
			break
		}
		spans = spans[:len(spans)-1]
	}
	for _, s := range spans {
		c.write(s)
	}
	c.buf = append(c.buf, '\n')
	c.line, c.cells = c.line[:0], 0
}

func (c *canvas) write(s span) {
	if c.paint == nil {
		c.buf = append(c.buf, s.text...)
		return
	}
	p := &c.paint[s.ink]
	c.buf = append(c.buf, p[0]...)
	c.buf = append(c.buf, s.text...)
	c.buf = append(c.buf, p[1]...)
}

// wrapped puts text, which is clean, on as many lines as it takes, the first
// from where the line stands and the others from the same column.
func (c *canvas) wrapped(i ink, text string) {
	column := c.cells
	for n, line := range wrap(text, c.style.Width-column) {
		if n > 0 {
			c.end()
			c.pad(column)
		}
		c.put(i, line)
	}
	c.end()
}

// clipSpans shortens spans to n cells together. It may change the last of them.
func clipSpans(spans []span, n int, ellipsis string) []span {
	if widthOf(spans) <= n {
		return spans
	}
	n -= cellsOf(ellipsis)
	for i := range spans {
		w := cellsOf(spans[i].text)
		if w > n {
			spans[i].text = cut(spans[i].text, max(n, 0)) + ellipsis
			return spans[:i+1]
		}
		n -= w
	}
	return spans
}

func widthOf(spans []span) int {
	n := 0
	for _, s := range spans {
		n += cellsOf(s.text)
	}
	return n
}

const manyBlanks = "                                                                                "

func blanks(n int) string {
	if n <= len(manyBlanks) {
		return manyBlanks[:max(n, 0)]
	}
	return strings.Repeat(" ", n)
}
