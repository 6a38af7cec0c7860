package tcp

import (
	"slices"

	"sockproof/lib/journal"
)

// lists holds what sock_diag listed of a stack against the sockets that are known there
// (R5). In a namespace of the run's own there are no others; a connection that was not
// accepted yet is known by its segments.
func (c *confrontation) lists() {
	if c.host || !c.sees() {
		return
	}
	for i := range c.Journal.Events {
		e := &c.Journal.Events[i]
		if e.Table == nil {
			continue
		}
		for _, line := range e.Table.Sockets {
			if l, ok := journal.ParseListed(line); ok && !c.isKnown(l) {
				d := newDiscrepancy(R5, nil, []int{e.N}, "sock_diag listed "+line, "there was no such socket in the run")
				d.Hosts = []string{e.Host}
				c.found = append(c.found, d)
			}
		}
	}
}

// isKnown says whether a socket of the run, or an end of a connection, has these addresses.
func (c *confrontation) isKnown(l journal.Listed) bool {
	p := pair{l.Local, l.Remote}
	if l.State == journal.Listen {
		return slices.ContainsFunc(c.Sockets, func(s *Socket) bool { return s.Local == p.local })
	}
	return len(c.holders[p]) > 0 || len(c.byPair[p]) > 0
}
