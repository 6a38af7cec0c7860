package journal

// Rule is a filter on the wire, and what it did.
type Rule struct {
	Host string `json:"host"`
	Text string `json:"text"`
}

func (r Rule) masked(m Mask) *Rule {
	r.Text = m.Text(r.Text)
	return &r
}
