package journal

import (
	"slices"
	"strings"
)

// Table is what a witness listed when asked for all sockets of a host's stack
// in some states: finding none is evidence too.
type Table struct {
	Witness Witness  `json:"witness"`
	States  []string `json:"states"`  // those asked for
	Sockets []string `json:"sockets"` // found: "ESTABLISHED 192.0.2.1:5001 → 192.0.2.2:5002"
}

// Lists says whether a witness listed there the sockets in a state, whatever it found.
func (e *Event) Lists(state string) bool {
	return e.Table != nil && slices.Contains(e.Table.States, state)
}

// Listed is one socket of a Table.
type Listed struct {
	State         string
	Local, Remote Address
}

const arrow = " → "

// PairText is how the journal has both addresses of a connection.
func PairText(local, remote Address) string { return string(local) + arrow + string(remote) }

// String is its form in a Table.
func (l Listed) String() string {
	return l.State + " " + PairText(l.Local, l.Remote)
}

// ParseListed reads what String writes.
func ParseListed(text string) (Listed, bool) {
	state, rest, _ := strings.Cut(text, " ")
	local, remote, ok := strings.Cut(rest, arrow)
	return Listed{state, Address(local), Address(remote)}, ok
}

func (t Table) masked(m Mask) *Table {
	t.Sockets = maskedAll(t.Sockets, m)
	return &t
}
