package report

import "sockproof/lib/journal"

// A ladder of connections that come one after the other has a section for each, headed by its
// sockets. Those that overlap in time stand side by side in one.

// pair is the addresses of a connection, the lower first.
type pair struct{ low, high journal.Address }

func pairOf(a, b journal.Address) pair {
	if string(b) < string(a) {
		a, b = b, a
	}
	return pair{a, b}
}

// connections are those to which the rows belong, each by its addresses; none of a row that belongs
// to none.
func (l *ladder) connections() []pair {
	bySocket := map[string]pair{}
	for _, s := range l.sockets {
		if s.Remote != "" {
			bySocket[s.ID] = pairOf(s.Local, s.Remote)
		}
	}
	all := make([]pair, len(l.rows))
	for i := range l.rows {
		r := &l.rows[i]
		switch {
		case r.arrow == nil:
			all[i] = bySocket[r.event.Socket]
		case r.arrow.label.p.Proto == "":
			all[i] = pairOf(r.arrow.label.p.Src, r.arrow.label.p.Dst)
		}
	}
	return all
}

// sections are the first rows of the sections, from the second on: where a connection begins
// after all before it have ended.
func (l *ladder) sections() []int {
	connections, last := l.connections(), map[pair]int{}
	for i, e := range connections {
		last[e] = i
	}
	var starts []int
	begun, until := map[pair]bool{}, 0
	for i, e := range connections {
		if e == (pair{}) || begun[e] {
			continue
		}
		if len(begun) > 0 && i > until {
			starts = append(starts, i)
		}
		begun[e], until = true, max(until, last[e])
	}
	return starts
}

// split puts a head before each section.
func (l *ladder) split(starts []int) {
	if len(starts) == 0 {
		return
	}
	all, connections := l.rows, l.connections()
	l.rows = nil
	from := 0
	for i, to := range append(starts, len(all)) {
		section := all[from:to]
		sockets, several := l.socketsOf(connections[from:to], i == 0)
		for k := range section {
			if a := section[k].arrow; a != nil {
				a.label.ports = several
			}
		}
		if i == 0 {
			l.first = sockets
		} else {
			l.rows = append(l.rows, row{t: section[0].t, event: section[0].event, head: sockets})
		}
		l.rows = append(l.rows, section...)
		from = to
	}
}

// socketsOf are the sockets of a section's connections, with those of none if so wanted, and
// whether it has several connections.
func (l *ladder) socketsOf(section []pair, others bool) (sockets []journal.Socket, several bool) {
	in := map[pair]bool{}
	for _, e := range section {
		if e != (pair{}) {
			in[e] = true
		}
	}
	for _, s := range l.sockets {
		if s.Remote == "" && others || s.Remote != "" && in[pairOf(s.Local, s.Remote)] {
			sockets = append(sockets, s)
		}
	}
	return sockets, len(in) > 1
}
