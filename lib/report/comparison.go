package report

import (
	"strconv"
	"strings"

	"sockproof/lib/claim"
)

// The widths of a comparison's columns, in cells: each as wide as it needs,
// within bounds, and where the line is too short the widest give way.
const (
	minFirst  = 10 // of the first column, which says what is compared
	minColumn = 8
	maxColumn = 26
	columnGap = 2
	indent    = 2
)

// comparison draws a table: a column for each way, cells on as many lines as
// they take. What is too wide is drawn in parts, one below the other.
func (c *canvas) comparison(t *claim.Comparison) {
	c.put(bold, c.clip(c.clean(t.Title), c.style.Width))
	c.end()
	rows := c.tableText(t)
	all := columnsOf(rows)
	for from := 1; ; {
		to := from + sideBySide(all[0], all[from:], c.style.Width-indent)
		c.tablePart(rows, all, from, to)
		if to >= len(all) {
			return
		}
		c.end()
		from = to
	}
}

// tableText is what stands in a table, its head first.
func (c *canvas) tableText(t *claim.Comparison) [][]string {
	rows := [][]string{append([]string{""}, t.Ways...)}
	for i := range t.Rows {
		row := []string{t.Rows[i].What}
		for k := range t.Ways {
			text := c.none
			if k < len(t.Rows[i].Cells) && t.Rows[i].Cells[k].Text != "" {
				text = t.Rows[i].Cells[k].Text
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	for _, row := range rows {
		for k := range row {
			row[k] = c.clean(row[k])
		}
	}
	return rows
}

// column is how wide one may be, in cells.
type column struct {
	least int // its longest word: who looks for the name of a counter wants it whole
	width int
}

// columnsOf measures the columns of a table.
func columnsOf(rows [][]string) []column {
	all := make([]column, len(rows[0]))
	for k := range all {
		all[k] = column{minColumn, minColumn}
	}
	all[0].least = minFirst
	for _, row := range rows {
		for k, cell := range row {
			all[k].width = max(all[k].width, min(cellsOf(cell), maxColumn))
			for word := range strings.FieldsSeq(cell) {
				all[k].least = max(all[k].least, min(cellsOf(word), maxColumn))
			}
		}
	}
	return all
}

// sideBySide is how many of some columns fit into a line beside the first, at least one.
func sideBySide(first column, some []column, line int) int {
	room := line - first.least
	for n, c := range some {
		if room -= columnGap + c.least; room < 0 {
			return max(n, 1)
		}
	}
	return len(some)
}

// tablePart draws the first column and some of the others.
func (c *canvas) tablePart(rows [][]string, all []column, from, to int) {
	columns := append([]column{all[0]}, all[from:to]...)
	widths := fitted(columns, c.style.Width-indent)
	for i, row := range rows {
		c.tableRow(append([]string{row[0]}, row[from:to]...), widths, i == 0)
	}
}

// fitted fits columns into a line: the widest give way.
func fitted(columns []column, line int) []int {
	var widths []int
	total := -columnGap
	for _, c := range columns {
		w := max(c.width, c.least)
		widths = append(widths, w)
		total += w + columnGap
	}
	for ; total > line; total-- {
		widest := -1
		for k, w := range widths {
			if w > columns[k].least && (widest < 0 || w > widths[widest]) {
				widest = k
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// tableRow writes one row, on as many lines as its longest cell takes.
func (c *canvas) tableRow(row []string, widths []int, head bool) {
	most := 0
	lines := make([][]string, len(row))
	for k, cell := range row {
		lines[k] = wrap(cell, widths[k])
		most = max(most, len(lines[k]))
	}
	for n := range most {
		column := indent
		for k, l := range lines {
			if n < len(l) {
				i := plain
				switch {
				case head:
					i = bold
				case k == 0:
					i = dim
				}
				c.pad(column)
				c.put(i, l[n])
			}
			column += widths[k] + columnGap
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
