package claim

import "sockproof/lib/journal"

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
