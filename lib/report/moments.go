package report

import (
	"slices"

	"sockproof/lib/journal"
)

// moment is what a row of the ladder means for the sockets: which are its two ends, and
// which states begin with it. A reader who goes from row to row follows the states by them.
type moment struct {
	T      int64     `json:"t"`             // nanoseconds since the run began
	Kind   string    `json:"kind"`          // packet, call, state or other
	Ends   [2]string `json:"ends"`          // the socket at the left and the one at the right; "": not known
	Set    []change  `json:"set,omitempty"` // what begins here
	Cited  bool      `json:"cited,omitempty"`
	filter string    // a display filter of Wireshark for the packet, or for the connection
	// FilterText is its place among the page's texts.
	FilterText int `json:"filter,omitempty"`
}

// change is a socket's new state.
type change struct {
	Socket string `json:"socket"`
	From   string `json:"from"` // "" at its first
	To     string `json:"to"`
}

// moments are those of a ladder's rows.
func (l *ladder) moments(r *Run) []moment {
	var (
		all   = make([]moment, len(l.rows))
		rowOf = l.rowOfEvents()
		ends  = newEnds(l, r)
		cited = map[int]bool{}
	)
	for i := range r.Findings {
		for _, n := range r.Findings[i].Events {
			cited[n] = true
		}
	}
	for i := range l.rows {
		row := &l.rows[i]
		all[i] = moment{
			T: row.t, Kind: kindOf(row), Ends: ends.of(row), filter: displayFilter(row, r.Sockets),
			Cited: slices.ContainsFunc(row.nums, func(n int) bool { return cited[n] }),
		}
	}
	for _, h := range r.Histories {
		from := ""
		for _, s := range h.States {
			if i := l.rowAt(rowOf, s); i < len(all) {
				all[i].Set = append(all[i].Set, change{h.Socket, from, s.State})
			}
			from = s.State
		}
	}
	return all
}

func kindOf(r *row) string {
	switch {
	case r.arrow != nil:
		return "packet"
	case r.state != nil:
		return "state"
	case r.event.Call != nil:
		return "call"
	}
	return "other"
}

// ends finds the sockets at both ends of what a row shows.
type ends struct {
	*ladder
	sockets []journal.Socket
	began   map[string]int // the first event of each socket
}

func newEnds(l *ladder, r *Run) *ends {
	e := &ends{ladder: l, sockets: r.Sockets, began: map[string]int{}}
	for i := range r.Events {
		if s := r.Events[i].Socket; s != "" {
			if _, known := e.began[s]; !known {
				e.began[s] = r.Events[i].N
			}
		}
	}
	return e
}

// of are the ends of a row, the left one first.
func (e *ends) of(r *row) [2]string {
	var one, other *journal.Socket
	n := r.nums[len(r.nums)-1]
	switch {
	case r.arrow != nil:
		p := r.arrow.label.p
		one, other = e.at(p.Src, p.Dst, n), e.at(p.Dst, p.Src, n)
	case r.event.Socket != "":
		if i := slices.IndexFunc(e.sockets, func(s journal.Socket) bool { return s.ID == r.event.Socket }); i >= 0 {
			one = &e.sockets[i]
			if one.Remote != "" {
				other = e.at(one.Remote, one.Local, n)
			}
		}
	}
	return e.sided(one, other)
}

// sided puts two sockets where their hosts' lines are. One that is both ends stands at the left.
func (e *ends) sided(one, other *journal.Socket) [2]string {
	if one == nil {
		one, other = other, nil
	}
	switch {
	case one == nil:
		return [2]string{}
	case other == nil || other.ID == one.ID:
		if e.atRight(one.Host) {
			return [2]string{"", one.ID}
		}
		return [2]string{one.ID, ""}
	case e.atRight(one.Host) && !e.atRight(other.Host):
		one, other = other, one
	}
	return [2]string{one.ID, other.ID}
}

// at is the socket between two addresses at the time of an event: of several that had the
// addresses one after the other, the last that had begun. Else it is the one that listens.
func (e *ends) at(local, remote journal.Address, n int) *journal.Socket {
	var found, listens *journal.Socket
	for i := range e.sockets {
		s := &e.sockets[i]
		switch {
		case s.Local == "" || s.Local.Port() != local.Port():
		case s.Local == local && s.Remote == remote:
			if found == nil || e.began[s.ID] <= n {
				found = s
			}
		case s.Remote == "" && (s.Local == local || s.Local.IP().IsUnspecified()):
			listens = s
		}
	}
	if found != nil {
		return found
	}
	return listens
}
