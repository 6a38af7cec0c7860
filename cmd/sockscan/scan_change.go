package main

import (
	"cmp"
	"fmt"
	"io"

	"sockproof/lib/live"
)

// scanChange is how many sockets of a kind there were and are.
type scanChange struct {
	State string `json:"state"`
	Kind  string `json:"kind"`
	scanMoved
	Programs []scanProgramMoved `json:"programs,omitempty"`
	Remotes  []scanRemoteMoved  `json:"remotes,omitempty"`
}

// scanMoved is how many there were the round before, and are.
type scanMoved struct {
	Was int `json:"was"`
	Now int `json:"now"`
}

// scanProgramMoved is a process whose sockets became more or fewer.
type scanProgramMoved struct {
	live.Owner
	scanMoved
}

// scanRemoteMoved is a place to which connections became more or fewer.
type scanRemoteMoved struct {
	scanEnds
	scanMoved
}

// changes are what grew and what shrank since t was tallied. A kind stands
// among them if it, or a group of it, has changed.
func (t *stuckTally) changes(now *stuckTally) []scanChange {
	var all []scanChange
	for k := range t.kinds {
		before, after := &t.kinds[k], &now.kinds[k]
		c := scanChange{State: stuckWords[k].state, Kind: stuckWords[k].name, scanMoved: scanMoved{before.sockets, after.sockets}}
		for _, m := range scanMovedGroups(&before.programs, &after.programs, scanOrder) {
			c.Programs = append(c.Programs, scanProgramMoved{m.key, m.scanMoved})
		}
		for _, m := range scanMovedGroups(&before.remotes, &after.remotes, stuckRemote.compare) {
			c.Remotes = append(c.Remotes, scanRemoteMoved{m.key.report(), m.scanMoved})
		}
		if c.Was != c.Now || len(c.Programs) > 0 || len(c.Remotes) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// scanMovedGroup is a group that changed.
type scanMovedGroup[K comparable] struct {
	key K
	scanMoved
}

// scanMovedGroups are the groups that changed most, at most shownGroups, those that
// grew before those that shrank. Where groups were folded, one that is missing
// is not known to be empty.
func scanMovedGroups[K comparable](before, after *stuckGroups[K], compare func(a, b K) int) []scanMovedGroup[K] {
	var all []scanMovedGroup[K]
	for k, n := range after.by {
		was, known := before.sockets(k)
		if known && was != n.sockets {
			all = append(all, scanMovedGroup[K]{k, scanMoved{was, n.sockets}})
		}
	}
	for k, n := range before.by {
		if after.by[k] == nil && !after.isFolded() {
			all = append(all, scanMovedGroup[K]{k, scanMoved{n.sockets, 0}})
		}
	}
	most := inOrder(all, shownGroups, func(i, j int) int {
		return cmp.Or(cmp.Compare(all[j].size(), all[i].size()), compare(all[i].key, all[j].key))
	})
	return inOrder(most, shownGroups, func(i, j int) int {
		return cmp.Or(cmp.Compare(most[j].change(), most[i].change()), compare(most[i].key, most[j].key))
	})
}

func (m scanMoved) change() int { return m.Now - m.Was }

// size is how much it changed, up or down.
func (m scanMoved) size() int { return max(m.change(), -m.change()) }

// String is how a person reads it.
func (m scanMoved) String() string {
	sign, n := "+", m.change()
	if n < 0 {
		sign, n = "-", -n
	}
	return sign + scanCount(n)
}

// writeRound shows a round: the first is a scan as any, the others are what has
// changed.
func (r *scanReport) writeRound(w io.Writer) {
	at := r.At.Format("15:04:05")
	if r.Round == 1 {
		fmt.Fprintf(w, "%s  ", at)
		r.write(w)
		return
	}
	fmt.Fprintf(w, "\n%s  %s\n", at, r.headline())
	if len(r.Changes) == 0 {
		fmt.Fprintln(w, "  as before")
	}
	for i := range r.Changes {
		r.Changes[i].write(w)
	}
}

func (c *scanChange) write(w io.Writer) {
	fmt.Fprintf(w, "  %s, %s: %s, now %s\n", c.State, c.Kind, c.scanMoved, scanCount(c.Now))
	for _, p := range c.Programs {
		fmt.Fprintf(w, "    %s  %s, now %s\n", p.scanMoved, scanProcess(p.Owner), scanCount(p.Now))
	}
	for _, r := range c.Remotes {
		fmt.Fprintf(w, "    %s  %s, now %s\n", r.scanMoved, r.scanEnds, scanCount(r.Now))
	}
}
