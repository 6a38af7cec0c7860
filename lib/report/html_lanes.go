package report

import (
	"cmp"
	"slices"
	"sort"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// lane is one socket's states along the ladder.
type lane struct {
	socket, host string
	at           int // how far from its host's line: 0 is next to it
	stands       []standing
	end          int // the row in which it ends
}

// standing is a state, from one row to another.
type standing struct {
	state    string
	from, to int
}

// lanesOf gives every socket a lane beside its host's line. Those that follow one
// another share one.
func (l *ladder) lanesOf(r *Run) []lane {
	var (
		lanes []lane
		rowOf = l.rowOfEvents()
	)
	for _, h := range r.Histories {
		lane := lane{socket: h.Socket, end: len(l.rows)}
		for _, s := range r.Sockets {
			if s.ID == h.Socket {
				lane.host = s.Host
			}
		}
		for i, s := range h.States {
			if len(s.Events) == 0 {
				continue
			}
			row := l.rowAt(rowOf, s)
			if n := len(lane.stands); n > 0 {
				lane.stands[n-1].to = row
			}
			last := i == len(h.States)-1
			if i > 0 && (s.State == journal.Gone || s.State == journal.Close && last) {
				lane.end = row
				break
			}
			if i > 0 && s.State == journal.Close {
				continue // TCP_INFO says so where only a TIME_WAIT is left
			}
			lane.stands = append(lane.stands, standing{state: s.State, from: row, to: len(l.rows)})
		}
		if len(lane.stands) > 0 && slices.Contains(l.hosts[:min(len(l.hosts), 2)], lane.host) {
			lanes = append(lanes, lane)
		}
	}
	arrange(lanes)
	return lanes
}

// rowOfEvents says which row shows an event.
func (l *ladder) rowOfEvents() map[int]int {
	rowOf := map[int]int{}
	for i := range l.rows {
		for _, n := range l.rows[i].nums {
			rowOf[n] = i
		}
	}
	return rowOf
}

// rowAt is the row that shows the beginning of a state, or the one after it.
func (l *ladder) rowAt(rowOf map[int]int, s claim.Stand) int {
	if len(s.Events) == 0 {
		return len(l.rows)
	}
	if i, ok := rowOf[s.Events[0]]; ok {
		return i
	}
	return sort.Search(len(l.rows), func(i int) bool { return l.rows[i].nums[0] >= s.Events[0] })
}

// arrange puts lanes side by side where they overlap.
func arrange(lanes []lane) {
	slices.SortStableFunc(lanes, func(x, y lane) int { return cmp.Compare(x.stands[0].from, y.stands[0].from) })
	free := map[string][]int{} // of each lane beside a host, the row from which it is free
	for i := range lanes {
		l := &lanes[i]
		taken := free[l.host]
		l.at = slices.IndexFunc(taken, func(row int) bool { return row < l.stands[0].from })
		if l.at < 0 {
			l.at = len(taken)
			taken = append(taken, 0)
		}
		taken[l.at] = l.end
		free[l.host] = taken
	}
}

// laneCell is what one row shows of a lane.
type laneCell struct {
	Class string // the state's colour; "": no socket
	Name  string // the socket, where a state of it begins
	since int    // the row in which the state began
	id    string
}

// mostLanes is how many lanes a side has room for. What is beyond is in the rows alone.
const mostLanes = 17

// laneCells are what each row shows of the lanes of one side, from the left to the right,
// without those at the outer end that have nothing; and how many lanes there are.
func (l *pageLadder) laneCells(lanes []lane, right bool) (cells [][]laneCell, width int) {
	for i := range lanes {
		if l.atRight(lanes[i].host) == right {
			width = max(width, lanes[i].at+1)
		}
	}
	width = min(width, mostLanes)
	cells = make([][]laneCell, len(l.rows))
	for i := range cells {
		cells[i] = make([]laneCell, width)
	}
	for i := range lanes {
		lane := &lanes[i]
		if l.atRight(lane.host) != right || lane.at >= width {
			continue
		}
		at := lane.at
		if !right {
			at = width - 1 - at // the first is next to its host's line
		}
		for _, s := range lane.stands {
			for row := s.from; row < s.to; row++ {
				cells[row][at] = laneCell{Class: stateClass(s.state), since: s.from, id: l.clean(lane.socket)}
			}
			if s.from < s.to {
				cells[s.from][at].Name = l.clean(lane.socket)
			}
		}
	}
	for i := range cells {
		cells[i] = trimmed(cells[i], right)
	}
	return cells, width
}

// summedCells are those of the last of some rows, with the names of all whose state began in them.
func summedCells(cells []laneCell, from int) []laneCell {
	all := slices.Clone(cells)
	for i := range all {
		if all[i].since >= from {
			all[i].Name = all[i].id
		}
	}
	return all
}

// trimmed leaves out the cells at the outer end that have nothing.
func trimmed(cells []laneCell, right bool) []laneCell {
	for len(cells) > 0 {
		outer := 0
		if right {
			outer = len(cells) - 1
		}
		if cells[outer].Class != "" || cells[outer].Name != "" {
			break
		}
		cells = slices.Delete(cells, outer, outer+1)
	}
	return cells
}

// stateClass is a state's colour: what it means for the connection.
func stateClass(state string) string {
	switch state {
	case journal.Established:
		return "so"
	case journal.SynSent, journal.SynRecv:
		return "sp"
	case journal.TimeWait:
		return "sw"
	case journal.Listen:
		return "sl"
	case journal.Close, journal.Gone:
		return "se"
	}
	return "sc"
}
