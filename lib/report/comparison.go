package report

import (
	"strconv"
	"strings"

	"sockproof/lib/claim"
)

// The widths of a comparison's columns, in cells: what is compared has one as
// wide as it needs, within bounds, and the ways share the rest.
const (
	minWhat = 10
	maxWhat = 26
	minWay  = 8
	maxWay  = 26
	wayGap  = 2
)

// comparison draws a table: a column for each way, cells on as many lines as
// they take. What is too wide is drawn in parts, one below the other.
func (c *canvas) comparison(t *claim.Comparison) {
	c.put(bold, c.clip(c.clean(t.Title), c.style.Width))
	c.end()
	most := max((c.style.Width-2-minWhat)/(minWay+wayGap), 1)
	for from := 0; from == 0 || from < len(t.Ways); from += most {
		c.tablePart(t, from, min(from+most, len(t.Ways)))
	}
}

// tablePart draws the columns of some ways.
func (c *canvas) tablePart(t *claim.Comparison, from, to int) {
	what := 0
	for i := range t.Rows {
		what = max(what, cellsOf(c.clean(t.Rows[i].What)))
	}
	ways := max(to-from, 1)
	what = min(what, maxWhat, max(c.style.Width-2-ways*(minWay+wayGap), minWhat))
	way := min(max((c.style.Width-2-what)/ways-wayGap, minWay), maxWay)
	c.tableRow(bold, "", t.Ways[from:to], what, way)
	for i := range t.Rows {
		r := &t.Rows[i]
		cells := make([]string, to-from)
		for k := range cells {
			cells[k] = c.none
			if n := from + k; n < len(r.Cells) && r.Cells[n].Text != "" {
				cells[k] = r.Cells[n].Text
			}
		}
		c.tableRow(plain, r.What, cells, what, way)
	}
}

// tableRow writes one row, on as many lines as its longest cell takes.
func (c *canvas) tableRow(i ink, name string, cells []string, what, way int) {
	lines := [][]string{wrap(c.clean(name), what)}
	most := len(lines[0])
	for _, cell := range cells {
		l := wrap(c.clean(cell), way)
		lines = append(lines, l)
		most = max(most, len(l))
	}
	for n := range most {
		for k, l := range lines {
			if n >= len(l) {
				continue
			}
			if k == 0 {
				c.put(dim, "  "+l[n])
				continue
			}
			c.pad(2 + what + wayGap + (k-1)*(way+wayGap))
			c.put(i, l[n])
		}
		c.end()
	}
}

// comparison is the table in Markdown, with the events each cell rests on.
func (m *markdown) comparison(t *claim.Comparison) {
	if t == nil {
		return
	}
	m.line("### ", md(t.Title))
	m.line()
	cells := []string{""}
	rule := []string{"---"}
	for _, w := range t.Ways {
		cells = append(cells, md(w))
		rule = append(rule, "---")
	}
	m.row(cells...)
	m.row(rule...)
	for i := range t.Rows {
		cells = []string{md(t.Rows[i].What)}
		for _, cell := range t.Rows[i].Cells {
			cells = append(cells, strings.TrimSpace(md(cell.Text)+m.cited(cell.Events)))
		}
		m.row(cells...)
	}
	m.line()
}

// cited names a cell's first event, in small print; --verbose names them all.
func (m *markdown) cited(events []int) string {
	switch {
	case len(events) == 0:
		return ""
	case m.verbosity == Verbose:
		return eventsOf(events)
	}
	return " <sub>" + strconv.Itoa(events[0]) + "</sub>"
}
