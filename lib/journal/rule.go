package journal

// Rule is a filter that the steps set, and what it does.
type Rule struct {
	Host string `json:"host"`
	Text string `json:"text"`
	// Inside: it stands in the host's stack, between the wire and TCP: what TCP gets and sends is
	// not what the wire carries.
	Inside bool `json:"inside,omitempty"`
	// Hand is the move that whoever stepped the wire made instead of delivering each packet in its
	// turn: "drop", "hold", "swap". Of is the packet it was made with; 0: with more than one.
	Hand string `json:"hand,omitempty"`
	Of   int    `json:"of,omitempty"`
}

func (r Rule) masked(m Mask) *Rule {
	r.Text = m.Text(r.Text)
	return &r
}
