package journal

// Note is a remark by the scenario or the engine, for the reader; nothing is judged by it.
type Note struct {
	Text string `json:"text"`
}

func (n Note) masked(m Mask) *Note { return &Note{Text: m.Text(n.Text)} }
