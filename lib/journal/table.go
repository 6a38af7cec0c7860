package journal

import "strings"

// Table is what a witness listed when asked for all sockets of a host's stack
// in some states: finding none is evidence too.
type Table struct {
	Witness Witness  `json:"witness"`
	States  []string `json:"states"`  // those asked for
	Sockets []string `json:"sockets"` // found: "ESTABLISHED 192.0.2.1:5001 → 192.0.2.2:5002"
}

// Listed is one socket of a Table.
type Listed struct {
	State         string
	Local, Remote string
}

const listedArrow = " → "

// String is its form in a Table.
func (l Listed) String() string { return l.State + " " + l.Local + listedArrow + l.Remote }

// ParseListed reads what String writes.
func ParseListed(text string) (Listed, bool) {
	state, rest, _ := strings.Cut(text, " ")
	local, remote, ok := strings.Cut(rest, listedArrow)
	return Listed{state, local, remote}, ok
}
