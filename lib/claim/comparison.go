package claim

import (
	"slices"

	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// Comparison lays several ways of doing a thing side by side: what a scenario
// shows as one table, made from its journal alone.
type Comparison struct {
	Title string     `json:"title"`
	Ways  []string   `json:"ways"` // the columns
	Rows  []Compared `json:"rows"`
}

// Compared is one aspect of all the ways.
type Compared struct {
	What  string `json:"what"`
	Cells []Cell `json:"cells"` // one for each way, in their order
}

// Cell is what was seen of one aspect of one way.
type Cell struct {
	Text   string `json:"text"`   // "" if it was not seen
	Events []int  `json:"events"` // the numbers of the events it rests on
}

// Told is a cell that rests on events.
func Told(text string, events ...*journal.Event) Cell {
	c := Cell{Text: text, Events: Numbers(events...)}
	if c.Events == nil {
		c.Events = []int{}
	}
	return c
}

// Result is a cell that tells what a call returned.
func Result(call *journal.Event) Cell { return Told(Returned(call), call) }

// Sent is a cell that names segments; "nothing", and what shows that none came, where there are none.
func Sent(some []*tcp.Segment, without ...*journal.Event) Cell {
	if len(some) == 0 {
		return Told("nothing", without...)
	}
	var events []*journal.Event
	for _, s := range some {
		events = append(events, s.Event)
	}
	return Told(Named(some), events...)
}

// Aspect is something that each of several things has, or what was seen of it.
type Aspect[X any] struct {
	what string
	cell func(x *X) Cell
}

// Show is an aspect of things, and the cell that tells it of one.
func Show[X any](what string, cell func(x *X) Cell) Aspect[X] { return Aspect[X]{what, cell} }

// Across lays things side by side: a column for each, and a row for each aspect that was seen
// of any.
func Across[X any](title string, all []X, way func(x *X) string, rows ...Aspect[X]) *Comparison {
	t := &Comparison{Title: title}
	for i := range all {
		t.Ways = append(t.Ways, way(&all[i]))
	}
	for _, r := range rows {
		row := Compared{What: r.what}
		for i := range all {
			row.Cells = append(row.Cells, r.cell(&all[i]))
		}
		if slices.ContainsFunc(row.Cells, func(c Cell) bool { return c.Text != "" }) {
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// Down lays things one below the other: a row for each, and a column for each aspect.
func Down[X any](title string, all []X, what func(x *X) string, columns ...Aspect[X]) *Comparison {
	t := &Comparison{Title: title}
	for _, c := range columns {
		t.Ways = append(t.Ways, c.what)
	}
	for i := range all {
		row := Compared{What: what(&all[i])}
		for _, c := range columns {
			row.Cells = append(row.Cells, c.cell(&all[i]))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// Put sets a cell by the names of its row and its column, which are added if they are new.
func (t *Comparison) Put(what, way string, cell Cell) {
	column := slices.Index(t.Ways, way)
	if column < 0 {
		column = len(t.Ways)
		t.Ways = append(t.Ways, way)
	}
	row := slices.IndexFunc(t.Rows, func(r Compared) bool { return r.What == what })
	if row < 0 {
		row = len(t.Rows)
		t.Rows = append(t.Rows, Compared{What: what})
	}
	for len(t.Rows[row].Cells) <= column {
		t.Rows[row].Cells = append(t.Rows[row].Cells, Told(""))
	}
	t.Rows[row].Cells[column] = cell
}
