package report

import (
	"slices"
	"strconv"
	"strings"
)

// fewest is how many cells an arrow takes besides its label: the head, two of
// shaft on either side, and a blank on either side.
const fewest = 7

// shaftOf is a line of some cells with a label in the middle.
func (d *drawing) shaftOf(label []span, cells int) []span {
	if len(label) == 0 {
		return []span{{strings.Repeat(d.shaft, max(cells, 0)), plain}}
	}
	n := max(cells-widthOf(label)-2, 0)
	spans := make([]span, 0, len(label)+2)
	spans = append(spans, span{strings.Repeat(d.shaft, n/2) + " ", plain})
	spans = append(spans, label...)
	return append(spans, span{" " + strings.Repeat(d.shaft, n-n/2), plain})
}

// pointed is a shaft of some cells with a head at one end.
func (d *drawing) pointed(label []span, cells int, right bool) []span {
	s := d.shaftOf(label, cells-1)
	if right {
		return append(s, span{d.right, plain})
	}
	return append([]span{{d.left, plain}}, s...)
}

// arrowRow draws a packet between two hosts.
func (d *drawing) arrowRow(r *row) {
	var (
		a     = r.arrow
		right = d.atRight(a.to)
		room  = d.b - d.a - 1
	)
	d.start(r)
	if a.stage == onWire || a.from == a.to || !d.drawn(a.from) || !d.drawn(a.to) {
		spans := d.aside(a, room)
		d.put(plain, d.lane)
		d.pad(d.a + 1 + (room-widthOf(spans))/2)
		d.puts(spans)
		d.close()
		return
	}
	atA, atB := d.lane, d.lane // where the arrow begins, its host's line has a branch
	switch {
	case a.stage == enters:
	case right:
		atA = d.leaveRight
	default:
		atB = d.leaveLeft
	}
	d.put(plain, atA)
	if a.stage == through {
		d.puts(d.pointed(d.best(&a.label, room-fewest), room, right))
	} else {
		arrow, fate := d.half(a, room, room/2, right)
		if (a.stage == leaves) == right { // beside the left line
			d.puts(arrow)
			d.put(plain, " ")
			d.puts(fate)
		} else {
			d.pad(d.b - widthOf(arrow) - 1 - widthOf(fate))
			d.puts(fate)
			d.put(plain, " ")
			d.puts(arrow)
		}
	}
	d.pad(d.b)
	d.put(plain, atB)
	d.end()
}

// half is an arrow over part of the room, with what became of the packet, or
// what it was, at the end that is on the wire.
func (d *drawing) half(a *arrow, room, usual int, right bool) (arrow, fate []span) {
	fate = d.fate(a)
	cells := max(usual, widthOf(d.best(&a.label, room))+fewest)
	if over := cells + 2 + widthOf(fate) - room; over > 0 {
		cells = max(cells-over, min(usual, room-12))
		fate = clipSpans(fate, room-cells-2, d.ellipsis)
	}
	return d.pointed(d.best(&a.label, cells-fewest), cells, right), fate
}

// loopArrow draws a packet beside the first host's line: one that comes back
// to it, or where no other host has a line.
func (d *drawing) loopArrow(r *row) {
	var (
		a    = r.arrow
		room = d.far - d.a - 1
	)
	switch {
	case a.stage == onWire, a.stage == through && a.from != a.to:
		d.start(r)
		d.put(plain, d.lane+"   ")
		d.puts(d.aside(a, d.edge()-d.cells))
		d.close()
	case a.stage == through:
		// Only its arrival was seen, which on one stack is its departure too.
		d.start(r)
		d.depart(a, room)
		d.pad(d.a)
		d.arrive(nil, room)
	case a.stage == leaves && a.fate == fateNone:
		d.start(r)
		d.depart(a, room)
	case a.fate == fateNone:
		d.start(r)
		var label []span
		if !a.joined {
			label = append([]span{{"#" + strconv.Itoa(a.origin) + " ", dim}}, d.best(&a.label, room-5-6)...)
		}
		d.arrive(label, room)
	default:
		d.start(r)
		line := d.lane
		if a.stage == leaves {
			line = d.leaveRight
		}
		d.put(plain, line)
		arrow, fate := d.half(a, d.edge()-d.a-1, room*2/3, a.stage == leaves)
		d.puts(arrow)
		d.put(plain, " ")
		d.puts(fate)
		d.close()
	}
}

// depart draws a packet leaving for the loop, arrive one that has come round it.
func (d *drawing) depart(a *arrow, room int) {
	d.put(plain, d.leaveRight)
	d.puts(d.shaftOf(d.best(&a.label, room-4), room))
	d.inFlight++
	d.bend(d.turn, d.inFlight > 1)
}

func (d *drawing) arrive(label []span, room int) {
	d.put(plain, d.lane)
	d.puts(d.pointed(label, room, false))
	d.inFlight--
	d.bend(d.back, d.inFlight > 0)
}

// bend ends a row at the far end of the loop, where others may be passing.
func (d *drawing) bend(corner string, others bool) {
	if others {
		corner = d.join
	}
	d.put(plain, corner)
	d.closeLine()
}

// fate says what became of a packet that left, or what one is that enters.
func (d *drawing) fate(a *arrow) []span {
	of := ""
	if a.origin != 0 {
		of = " #" + strconv.Itoa(a.origin)
	}
	var s []span
	switch {
	case a.fate == fateHeld && a.stage == enters:
		s = []span{{"held" + of, warn}}
	case a.fate == fateHeld:
		s = []span{{"held", warn}}
	case a.fate == fateDropped:
		s = []span{{d.cross + " dropped", alarm}}
	case a.fate == fateCopy && of == "":
		s = []span{{"copy", warn}}
	case a.fate == fateCopy:
		s = []span{{"copy of" + of, warn}}
	case a.fate == fateInjected && of == "":
		s = []span{{"injected", warn}}
	case a.fate == fateInjected:
		s = []span{{"injected again" + of, warn}}
	case a.fate == fateLost:
		return []span{{"never delivered", warn}}
	case a.fate == fateFlight && a.stage == leaves:
		return []span{{"in flight", dim}}
	case a.fate == fateFlight:
		s = []span{{strings.TrimPrefix(of, " "), dim}}
	}
	if a.reason != "" {
		s = append(s, span{" (" + d.clean(a.reason) + ")", dim})
	}
	return s
}

// aside describes a packet where there is no arrow to draw.
func (d *drawing) aside(a *arrow, room int) []span {
	var s []span
	if a.origin != 0 && a.fate != fateCopy {
		s = append(s, span{"#" + strconv.Itoa(a.origin) + " ", dim})
	}
	if a.stage != onWire {
		s = append(s, span{d.clean(a.from) + " " + d.to + " " + d.clean(a.to) + " ", plain})
	}
	s = append(s, d.best(&a.label, room)...)
	if fate := d.fate(a); len(fate) > 0 {
		s = append(append(s, span{" ", plain}), fate...)
	}
	return clipSpans(s, room, d.ellipsis)
}

// edge is where a row that begins at the first host's line must end.
func (d *drawing) edge() int {
	if d.alone() {
		return d.style.Width
	}
	return d.b
}

// drawn says whether a host has one of the two lines.
func (d *drawing) drawn(host string) bool { return slices.Contains(d.hosts[:2], host) }
