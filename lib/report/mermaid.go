package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A ladder as a Mermaid sequence diagram, which GitHub and GitLab draw in a
// comment. What passes from host to host at once is one arrow; where a packet
// waited, was dropped or made up, the wire has a line of its own.

// noteWidth is how many characters a line of a note has.
const noteWidth = 60

// mermaidHead begins every diagram.
const mermaidHead = "sequenceDiagram\n"

// mermaid draws a ladder in at most limit characters: where it would take more,
// the rows in the middle are left out, and the diagram says how many.
func mermaid(l *ladder, limit int) string {
	d := &mermaidDrawing{canvas: newCanvas(markdownStyle), ladder: l}
	head := d.head()
	var (
		lines []string
		rows  []int // how many rows each stands for
	)
	for i := 0; i < len(l.rows); {
		n := d.together(i)
		lines, rows = append(lines, d.rowsText(l.rows[i:i+n])), append(rows, n)
		i += n
	}
	first, last := fitting(lines, limit-utf8.RuneCountInString(head)-len(d.leftOut(len(l.rows))))
	var b strings.Builder
	b.WriteString(head)
	for _, line := range lines[:first] {
		b.WriteString(line)
	}
	if first < last {
		n := 0
		for _, r := range rows[first:last] {
			n += r
		}
		b.WriteString(d.leftOut(n))
	}
	for _, line := range lines[last:] {
		b.WriteString(line)
	}
	return b.String()
}

// fitting says which lines fit: those before first and those from last on, about
// as many at either end. Where all do, both are their number.
func fitting(lines []string, room int) (first, last int) {
	first, last = 0, len(lines)
	for first < last {
		front := first <= len(lines)-last
		next := lines[last-1]
		if front {
			next = lines[first]
		}
		if room -= utf8.RuneCountInString(next); room < 0 {
			return first, last
		}
		if front {
			first++
		} else {
			last--
		}
	}
	return len(lines), len(lines)
}

type mermaidDrawing struct {
	*canvas
	*ladder
	wire bool // has a line
}

func (d *mermaidDrawing) head() string {
	for i := range d.rows {
		if a := d.rows[i].arrow; a != nil && a.stage != through {
			d.wire = true
		}
	}
	var b strings.Builder
	b.WriteString(mermaidHead)
	for i := range d.hosts {
		fmt.Fprintf(&b, "participant h%d as %s\n", i, mermaidText(d.clean(d.hosts[i])))
		if d.wire && i == 0 {
			b.WriteString("participant w as wire\n")
		}
	}
	return b.String()
}

func (d *mermaidDrawing) leftOut(rows int) string {
	return "Note over " + d.all() + ": … " + count(int64(rows), "row") + " not shown\n"
}

// all names the participants that a remark to all of them stands over.
func (d *mermaidDrawing) all() string {
	if len(d.hosts) < 2 {
		return "h0"
	}
	return fmt.Sprintf("h0,h%d", len(d.hosts)-1)
}

// maxTogether bounds how many rows make one note.
const maxTogether = 6

// together says how many rows from the i-th on make one note: what one host did,
// one thing after the other.
func (d *mermaidDrawing) together(i int) int {
	n := 1
	if d.rows[i].arrow != nil {
		return n
	}
	for i+n < len(d.rows) && n < maxTogether && d.rows[i+n].arrow == nil && d.rows[i+n].event.Host == d.rows[i].event.Host {
		n++
	}
	return n
}

func (d *mermaidDrawing) rowsText(rows []row) string {
	if rows[0].arrow != nil {
		return d.arrowText(&rows[0])
	}
	var lines []string
	for i := range rows {
		w := d.words(&rows[i])
		text := w.text
		for _, s := range w.main {
			text += s.text
		}
		for _, line := range wrap(d.numbered(&rows[i], text), noteWidth) {
			lines = append(lines, mermaidText(line))
		}
	}
	over := d.all()
	if at := d.host(rows[0].event.Host); at != "" {
		over = at
	}
	return "Note over " + over + ": " + strings.Join(lines, "<br/>") + "\n"
}

// numbered puts a row's event numbers before its text.
func (d *mermaidDrawing) numbered(r *row, text string) string {
	return ranges(r.nums, "", ",", "…") + ": " + text
}

// host is a host's participant; "" if it has none.
func (d *mermaidDrawing) host(name string) string {
	for i, h := range d.hosts {
		if h == name {
			return fmt.Sprintf("h%d", i)
		}
	}
	return ""
}

// arrowText draws a packet on its way.
func (d *mermaidDrawing) arrowText(r *row) string {
	a := r.arrow
	var b strings.Builder
	for _, s := range d.best(&a.label, noteWidth) {
		b.WriteString(s.text)
	}
	text := mermaidText(d.numbered(r, b.String()+d.fateText(a)))
	from, to, head := d.end(a.from), d.end(a.to), "->>"
	switch a.stage {
	case leaves:
		to = "w"
	case enters:
		from = "w"
	case onWire:
		return "Note over w: " + text + "\n"
	}
	if a.fate == fateDropped || a.fate == fateLost {
		head = "-x"
	}
	return from + head + to + ": " + text + "\n"
}

// end is where an arrow begins or ends.
func (d *mermaidDrawing) end(host string) string {
	if h := d.host(host); h != "" {
		return h
	}
	return "h0"
}

func (d *mermaidDrawing) fateText(a *arrow) string {
	text := map[fate]string{
		fateHeld: ", held", fateDropped: ", dropped", fateLost: ", lost", fateCopy: ", a copy",
		fateInjected: ", injected", fateFlight: "",
	}[a.fate]
	if a.fate == fateHeld && a.stage == enters {
		text = ", released"
	}
	return text + d.clean(because(a.reason))
}

// mermaidText makes clean text one that a diagram shows as it is: what means
// something to Mermaid, or to the HTML that it makes, is written as an entity
// (mermaid.js.org, "Entity codes to escape characters").
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`#;<>&"'%{}\`+"`", r) {
			fmt.Fprintf(&b, "#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
