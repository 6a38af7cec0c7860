package report

import (
	"fmt"
	"slices"
	"strconv"

	"sockproof/lib/journal"
)

// The measures of the picture, in its own units: those of a text of 12.
const (
	pictureWidth = 1120
	rowHeight    = 22
	pictureTop   = 46 // for the hosts' names
	numbersEnd   = 62
	timeEnd      = 132
	laneWidth    = 14
	laneGap      = 8
	charWidth    = 7.25
	textGap      = 10 // between a host's line and what it did
	middle       = 4  // from the line on which a row's text stands up to its middle
	stripRows    = 20 // of a strip
)

// picture is a ladder as SVG: each host's line with its sockets' states beside it,
// what it did, and packets between them. There are hundreds of rows: they are drawn in
// strips, between which a printed page may end, and each around its own base line, so
// that what all have is drawn once and used again.
type picture struct {
	*page
	*ladder
	a, b   int    // where the hosts' lines stand
	mid    int    // where a packet waits on the wire
	lanes  []lane // of all sockets
	run    int
	rowOf  map[int]int      // by event number
	shapes map[shape]string // what of arrows has been drawn, and its name
	waits  []wait
	// bytesOf are the events that have a packet's bytes, or stand for many packets.
	bytesOf map[int]*journal.Event
}

// ladder draws what happened in a run.
func (p *page) ladder(r *Run) {
	l := newLadder(r, false)
	if len(l.rows) == 0 {
		return
	}
	d := &picture{page: p, ladder: l, run: r.Run, shapes: map[shape]string{}, rowOf: map[int]int{}, bytesOf: map[int]*journal.Event{}}
	for i := range r.Events {
		if e := &r.Events[i]; e.Packet != nil && (len(e.Packet.Bytes) > 0 || e.Packet.Bulk != nil) {
			d.bytesOf[e.N] = e
		}
	}
	for i := range l.rows {
		for _, n := range l.rows[i].nums {
			d.rowOf[n] = i
		}
	}
	d.lanes, d.waits = d.lanesOf(r), d.waitsOf()
	d.place()
	p.f("<h3>What happened</h3>\n<p class=\"soft noprint\">Choose a row to open it; the arrow keys move, Enter opens, Escape closes.</p>\n")
	d.legend()
	p.f("<div class=\"ladder\" role=\"region\" aria-label=\"Ladder of %s\">\n", p.esc(r.Scenario))
	for from := 0; from < len(l.rows); from += stripRows {
		d.strip(from, min(from+stripRows, len(l.rows)))
	}
	p.f("</div>\n")
	d.more()
}

// strip draws rows, of the one picture that all are of.
func (d *picture) strip(from, to int) {
	top, bottom := d.y(from)-rowHeight/2, d.y(to)-rowHeight/2
	if from == 0 {
		top = 0
	}
	if to == len(d.rows) {
		bottom += rowHeight / 2
	}
	d.f("<svg viewBox=\"0 %d %d %d\" xmlns=\"http://www.w3.org/2000/svg\">\n", top, pictureWidth, bottom-top)
	d.hostLines(max(top, pictureTop), bottom, from == 0)
	for i := from; i < to; i++ {
		d.row(i)
	}
	d.waited(from, to)
	d.bars(from, to)
	d.f("</svg>\n")
}

// place decides where the lines stand, from how many lanes of states there are.
func (d *picture) place() {
	left, right := 0, 0
	for _, l := range d.lanes {
		if d.isRight(l.host) {
			right = max(right, l.at+1)
		} else {
			left = max(left, l.at+1)
		}
	}
	d.a = timeEnd + laneGap*2 + left*laneWidth
	d.b = pictureWidth - laneGap*2 - right*laneWidth
	d.mid = (d.a + d.b) / 2
	if d.alone() {
		d.b = pictureWidth - laneGap
		d.mid = d.a + (d.b-d.a)*6/10
	}
}

// isRight says whether a host has the line at the right.
func (d *picture) isRight(host string) bool { return len(d.hosts) > 1 && host == d.hosts[1] }

// x is where a host's line stands.
func (d *picture) x(host string) int {
	if d.isRight(host) {
		return d.b
	}
	return d.a
}

// y is the middle of a row.
func (d *picture) y(row int) int { return pictureTop + row*rowHeight + rowHeight/2 }

// hostLines draws each host's line from top to bottom, the first time with its name.
func (d *picture) hostLines(top, bottom int, named bool) {
	if named {
		d.f("<text class=\"n\" x=\"%d\" y=\"20\">#</text><text class=\"n\" x=\"%d\" y=\"20\">ms</text>\n", numbersEnd, timeEnd)
	}
	for _, h := range d.hosts[:min(len(d.hosts), 2)] {
		x := d.x(h)
		if named {
			d.f("<text class=\"head\" x=\"%d\" y=\"20\">%s</text>", x, d.esc(h))
		}
		d.f("<path class=\"life\" d=\"M%d %dV%d\"/>\n", x, top, bottom)
	}
}

// base is the line on which a row's text stands.
func (d *picture) base(row int) int { return d.y(row) + middle }

// row draws one, with all that its script needs to open it.
func (d *picture) row(i int) {
	r := &d.rows[i]
	d.out(`<g class="row" data-n="`, events(r.nums), `"`, origin(r), ` transform="translate(0 `, strconv.Itoa(d.base(i)), `)">`)
	d.back()
	d.out(`<text class="n" x="`, strconv.Itoa(numbersEnd), `">`, d.numbersOf(r), `</text><text class="n t" x="`, strconv.Itoa(timeEnd), `">`, millis(r.t), `</text>`)
	if r.arrow == nil {
		d.did(r)
	} else {
		d.remember(r)
		d.arrow(r)
	}
	d.out("</g>\n")
}

// back is what is behind a row, all over the page the same.
func (d *picture) back() {
	if d.backDrawn {
		d.out(`<use class="back" href="#back"/>`)
		return
	}
	d.backDrawn = true
	d.f(`<g class="back"><rect id="back" x="2" y="%d" width="%d" height="%d" rx="3"/></g>`, -middle-rowHeight/2, pictureWidth-4, rowHeight)
}

// origin names the event in which a packet left its host, for a row that shows only
// what became of it.
func origin(r *row) string {
	if r.arrow == nil || r.arrow.origin == 0 || slices.Contains(r.nums, r.arrow.origin) {
		return ""
	}
	return " data-of=\"" + strconv.Itoa(r.arrow.origin) + "\""
}

func (d *picture) numbersOf(r *row) string {
	if s := ranges(r.nums, "", ",", ""); len(s) <= maxNumbers {
		return s
	}
	return strconv.Itoa(r.nums[0]) + "…"
}

// remember keeps what a packet's row shows when it is opened: of those of its
// events that have bytes, or stand for many packets.
func (d *picture) remember(r *row) {
	for _, n := range r.nums {
		if e := d.bytesOf[n]; e != nil {
			d.open(e, &r.arrow.label)
		}
	}
}

// packetText is all that a packet's row says, for whoever opens or points at it.
func (d *picture) packetText(a *arrow) string {
	s := a.from + " → " + a.to + " "
	for _, part := range d.label(&a.label, numbers, d.ports) {
		s += part.text
	}
	if fate := d.fateText(a); fate != "" {
		s += ", " + fate
	}
	return s
}

// callText is all that another row says.
func (d *picture) callText(r *row) string {
	w := d.words(r)
	s := w.text
	for _, part := range w.main {
		s += part.text
	}
	for _, part := range w.extra {
		s += part.text
	}
	return s
}

// title is what a row says when one points at it or opens it, where that is more
// than what it shows.
func (d *picture) title(text string) { d.out("<title>", d.esc(text), "</title>") }

// did writes what a host did beside its line.
func (d *picture) did(r *row) {
	all := d.callText(r)
	text := d.clip(all, int(float64(d.b-d.a-2*textGap)/charWidth))
	if text != all {
		d.title(all)
	}
	class, x := "w", d.a+textGap
	if d.isRight(r.event.Host) {
		class, x = "w e", d.b-textGap
	}
	if r.state != nil {
		class += " dim"
	}
	d.out(`<text class="`, class, `" x="`, strconv.Itoa(x), `">`, d.esc(text), `</text>`)
}

// fateText says what became of a packet on the wire, or what it was before.
func (d *picture) fateText(a *arrow) string {
	text := map[fate]string{
		fateHeld: "held", fateDropped: "✕ dropped", fateLost: "never delivered", fateCopy: "a copy",
		fateInjected: "injected", fateFlight: "in flight",
	}[a.fate]
	if a.stage == enters {
		switch a.fate {
		case fateHeld:
			text = "was held"
		case fateFlight:
			text = ""
		}
	}
	return text + because(a.reason)
}

// shape is what arrows may have in common: a line, which way it points if it has a
// tip, and its colour.
type shape struct {
	from, to   int
	tip, alarm bool
}

// arrow draws a packet on its way.
func (d *picture) arrow(r *row) {
	a := r.arrow
	d.title(d.packetText(a))
	from, to := d.x(a.from), d.x(a.to)
	s := shape{from: from, to: to, tip: true, alarm: (a.label.p.Proto == "" && a.label.p.Flags.Has(journal.RST)) || a.fate == fateDropped}
	switch a.stage {
	case leaves:
		s.to, s.tip = d.mid, false
	case enters:
		s.from = d.mid
	case onWire:
		d.said(d.mid, s.alarm, a)
		return
	case through:
		if from == to { // only its arrival was seen
			s.from = d.mid
		}
	}
	d.shape(s)
	d.said((s.from+s.to)/2, s.alarm, a)
}

// shape draws an arrow, or uses one that has been drawn.
func (d *picture) shape(s shape) {
	if name, ok := d.shapes[s]; ok {
		d.out(`<use href="#`, name, `"/>`)
		return
	}
	name := fmt.Sprintf("r%ds%d", d.run, len(d.shapes))
	d.shapes[s] = name
	class := ""
	if s.alarm {
		class = " alarm"
	}
	d.f(`<g id="%s"><path class="arrow%s" d="M%d %dH%d"/>`, name, class, s.from, -middle, s.to)
	if s.tip {
		back := 9
		if s.to > s.from {
			back = -back
		}
		d.f(`<path class="tip%s" d="M%d %dl%d -4.5v9z"/>`, class, s.to, -middle, back)
	}
	d.out("</g>")
}

// wait is a packet's time on the wire: from the row in which it left to that in
// which it arrived.
type wait struct{ from, to int }

func (d *picture) waitsOf() []wait {
	var all []wait
	leftAt := map[int]int{} // by the event in which it left
	for i := range d.rows {
		a := d.rows[i].arrow
		if a == nil {
			continue
		}
		switch a.stage {
		case leaves:
			leftAt[a.origin] = i
		case enters:
			if at, ok := leftAt[a.origin]; ok {
				all = append(all, wait{at, i})
			}
		}
	}
	return all
}

// waited draws the waits that some of the rows are in.
func (d *picture) waited(from, to int) {
	for _, w := range d.waits {
		if w.from < to && w.to >= from {
			d.f(`<path class="arrow on" d="M%d %dV%d"/>`, d.mid, d.y(w.from), d.y(w.to))
		}
	}
}

// said labels a packet, around x.
func (d *picture) said(x int, alarm bool, a *arrow) {
	room := int(float64(d.b-d.a) / charWidth)
	if a.stage != through {
		room = room * 6 / 10
	}
	text := ""
	if a.stage == enters && a.origin != 0 {
		text = "#" + strconv.Itoa(a.origin) + " "
	}
	for _, s := range d.best(&a.label, room, d.ports) {
		text += s.text
	}
	if fate := d.fateText(a); fate != "" && a.fate != fateFlight {
		text += ", " + fate
	}
	class := "said"
	if alarm {
		class += " alarm"
	}
	d.out(`<text class="`, class, `" x="`, strconv.Itoa(x), `">`, d.esc(text), `</text>`)
}

// more says what the picture leaves out.
func (d *picture) more() {
	total := 0
	for _, n := range d.hidden {
		total += n
	}
	if total > 0 {
		d.f("<p class=\"soft\">%s left out: readings that tell nothing new, and the teardown. journal.jsonl has all.</p>\n", count(int64(total), "event"))
	}
}
