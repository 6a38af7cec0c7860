package tcp

import (
	"slices"
	"strings"

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
			if state, local, remote, ok := listed(line); ok && !c.isKnown(state, pair{local, remote}) {
				d := newDiscrepancy(R5, nil, []int{e.N}, "sock_diag listed "+line, "there was no such socket in the run")
				d.Hosts = []string{e.Host}
				c.found = append(c.found, d)
			}
		}
	}
}

// listed reads a line of a table: "ESTABLISHED 192.0.2.1:5001 → 192.0.2.2:5002".
func listed(line string) (state, local, remote string, ok bool) {
	state, rest, ok := strings.Cut(line, " ")
	if !ok {
		return "", "", "", false
	}
	local, remote, ok = strings.Cut(rest, " → ")
	return state, local, remote, ok
}

// isKnown says whether a socket of the run, or an end of a connection, has these addresses.
func (c *confrontation) isKnown(state string, p pair) bool {
	if state == journal.Listen {
		return slices.ContainsFunc(c.Sockets, func(s *Socket) bool { return s.Local == p.local })
	}
	return len(c.holders[p]) > 0 || len(c.byPair[p]) > 0
}
