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
	most := max((c.style.Width-indent-minFirst)/(minColumn+columnGap), 1)
	for from := 0; from == 0 || from < len(t.Ways); from += most {
		c.tablePart(t, from, min(from+most, len(t.Ways)))
	}
}

// tablePart draws the columns of some ways.
func (c *canvas) tablePart(t *claim.Comparison, from, to int) {
	rows := [][]string{append([]string{""}, t.Ways[from:to]...)}
	for i := range t.Rows {
		row := []string{t.Rows[i].What}
		for k := from; k < to; k++ {
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
	widths := columnWidths(rows, c.style.Width-indent)
	for i, row := range rows {
		c.tableRow(row, widths, i == 0)
	}
}

// columnWidths fits the columns of a table into a line.
func columnWidths(rows [][]string, line int) []int {
	var widths, least []int
	for _, row := range rows {
		for k, cell := range row {
			if k == len(widths) {
				widths, least = append(widths, minColumn), append(least, minColumn)
			}
			widths[k] = max(widths[k], min(cellsOf(cell), maxColumn))
		}
	}
	least[0] = minFirst
	total := -columnGap
	for _, w := range widths {
		total += w + columnGap
	}
	for ; total > line; total-- {
		widest := -1
		for k, w := range widths {
			if w > least[k] && (widest < 0 || w > widths[widest]) {
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
