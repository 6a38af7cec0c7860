package report

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

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
	name     string // in the page, once it is drawn
}

// lanesOf gives every socket a lane beside its host's line. Those that follow one
// another share one.
func (d *picture) lanesOf(r *Run) []lane {
	var lanes []lane
	for _, h := range r.Histories {
		l := lane{socket: h.Socket, end: len(d.rows)}
		for _, s := range r.Sockets {
			if s.ID == h.Socket {
				l.host = s.Host
			}
		}
		for i, s := range h.States {
			if len(s.Events) == 0 {
				continue
			}
			row := d.rowAt(s.Events[0])
			if n := len(l.stands); n > 0 {
				l.stands[n-1].to = row
			}
			last := i == len(h.States)-1
			if i > 0 && (s.State == journal.Gone || s.State == journal.Close && last) {
				l.end = row
				break
			}
			if i > 0 && s.State == journal.Close {
				continue // TCP_INFO says so where only a TIME_WAIT is left
			}
			l.stands = append(l.stands, standing{state: s.State, from: row, to: len(d.rows)})
		}
		if len(l.stands) > 0 && slices.Contains(d.hosts[:min(len(d.hosts), 2)], l.host) {
			lanes = append(lanes, l)
		}
	}
	arrange(lanes)
	return lanes
}

// rowAt is the row that shows an event, or the one after it.
func (d *picture) rowAt(n int) int {
	if i, ok := d.rowOf[n]; ok {
		return i
	}
	return sort.Search(len(d.rows), func(i int) bool { return d.rows[i].nums[0] >= n })
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

// stateClass is a state's colour: what it means for the connection.
func stateClass(state string) string {
	switch state {
	case journal.Established:
		return "s-open"
	case journal.SynSent, journal.SynRecv:
		return "s-opening"
	case journal.TimeWait:
		return "s-wait"
	case journal.Listen:
		return "s-listen"
	case journal.Close, journal.Gone:
		return "s-end"
	}
	return "s-closing"
}

// bars draws of the lanes what some rows show; the strip cuts off the rest.
func (d *picture) bars(from, to int) {
	for i := range d.lanes {
		l := &d.lanes[i]
		for k := range l.stands {
			s := &l.stands[k]
			switch {
			case s.from-1 >= to || s.to <= from: // a name stands above the first
			case s.name != "":
				d.out(`<use href="#`, s.name, `"/>`)
			default:
				s.name = fmt.Sprintf("r%dl%ds%d", d.run, i, k)
				d.bar(l, s, k == 0)
			}
		}
	}
	d.f("\n")
}

// bar draws one state, with its name where there is room, and above the first of a
// lane whose it is.
func (d *picture) bar(l *lane, s *standing, first bool) {
	x := d.a - laneGap - (l.at+1)*laneWidth
	if d.isRight(l.host) {
		x = d.b + laneGap + l.at*laneWidth
	}
	top := d.y(s.from)
	height := max(d.y(s.to)-top-1, 3)
	d.f(`<g class="bar" id="%s"><title>%s %s</title>`, s.name, d.esc(l.socket), d.esc(s.state))
	if first {
		d.f(`<text class="lane" x="%d" y="%d">%s</text>`, x+laneWidth/2, top-rowHeight/2-2, d.esc(l.socket))
	}
	d.f(`<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="2"/>`, stateClass(s.state), x, top, laneWidth-2, height)
	if height > int(float64(cellsOf(s.state))*6.2)+6 {
		d.f(`<text transform="translate(%d %d) rotate(90)">%s</text>`, x+3, top+5, d.esc(s.state))
	}
	d.f("</g>")
}

// legend says what the colours of the states mean.
func (d *picture) legend() {
	if len(d.lanes) == 0 {
		return
	}
	d.f("<p class=\"soft legend\">Beside the lines, each socket's state: ")
	for i, s := range []struct{ class, text string }{
		{"s-listen", "LISTEN"},
		{"s-opening", "opening"},
		{"s-open", "ESTABLISHED"},
		{"s-closing", "closing"},
		{"s-wait", "TIME_WAIT"},
		{"s-end", "CLOSE"},
	} {
		if i > 0 {
			d.f(", ")
		}
		d.f("<svg width=\"10\" height=\"10\" aria-hidden=\"true\"><rect class=\"%s\" width=\"10\" height=\"10\" rx=\"2\"/></svg> %s", s.class, s.text)
	}
	d.f(".</p>\n")
}
