package report

import (
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
)

// picture is a ladder as SVG: each host's line with its sockets' states beside it,
// what it did, and packets between them.
type picture struct {
	*page
	*ladder
	a, b   int         // where the hosts' lines stand
	mid    int         // where a packet waits on the wire
	lanes  []lane      // of all sockets
	rowOf  map[int]int // by event number
	leftAt map[int]int // the row in which a packet left, by the event of that
	// bytesOf are the events that have a packet's bytes, or stand for many packets.
	bytesOf map[int]*journal.Event
}

// ladder draws what happened in a run.
func (p *page) ladder(r *Run) {
	l := newLadder(r, false)
	if len(l.rows) == 0 {
		return
	}
	d := &picture{page: p, ladder: l, rowOf: map[int]int{}, leftAt: map[int]int{}, bytesOf: map[int]*journal.Event{}}
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
	d.lanes = d.lanesOf(r)
	d.place()
	p.f("<h3>What happened</h3>\n<p class=\"soft noprint\">Choose a row to open it; the arrow keys move, Enter opens, Escape closes.</p>\n")
	d.legend()
	p.f("<div class=\"ladder\" role=\"region\" aria-label=\"Ladder of %s\">\n", p.esc(r.Scenario))
	height := pictureTop + len(l.rows)*rowHeight + rowHeight
	p.f("<svg viewBox=\"0 0 %d %d\" xmlns=\"http://www.w3.org/2000/svg\">\n", pictureWidth, height)
	d.hostLines(height)
	for i := range l.rows {
		d.row(i)
	}
	d.bars()
	p.f("</svg>\n</div>\n")
	d.more()
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

func (d *picture) hostLines(height int) {
	d.f("<text class=\"dim\" x=\"%d\" y=\"20\" text-anchor=\"end\">#</text><text class=\"dim\" x=\"%d\" y=\"20\" text-anchor=\"end\">ms</text>\n", numbersEnd, timeEnd)
	for i, h := range d.hosts {
		if i > 1 {
			break
		}
		x := d.x(h)
		d.f("<text class=\"head\" x=\"%d\" y=\"20\" text-anchor=\"middle\">%s</text><line class=\"life\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
			x, d.esc(h), x, pictureTop, x, height-rowHeight/2)
	}
}

// row draws one, with all that its script needs to open it.
func (d *picture) row(i int) {
	r := &d.rows[i]
	top := d.y(i) - rowHeight/2
	text := d.full(r)
	d.f("<g class=\"row\" role=\"button\" tabindex=\"-1\" data-n=\"%s\" data-t=\"%s\"%s><title>%s</title><rect class=\"back\" x=\"2\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\"/>",
		events(r.nums), millis(r.t), origin(r), d.esc(text), top, pictureWidth-4, rowHeight)
	base := d.y(i) + 4
	d.f("<text class=\"dim\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text><text class=\"dim\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
		numbersEnd, base, d.numbersOf(r), timeEnd, base, millis(r.t))
	if r.arrow == nil {
		d.did(r, base, text)
	} else {
		d.remember(r)
		d.arrow(i, r)
	}
	d.f("</g>\n")
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

// full is all that a row says, for whoever opens or points at it.
func (d *picture) full(r *row) string {
	var s string
	if r.arrow != nil {
		for _, part := range d.label(&r.arrow.label, numbers, d.ports) {
			s += part.text
		}
		s = r.arrow.from + " → " + r.arrow.to + " " + s
		if fate := d.fateText(r.arrow); fate != "" {
			s += ", " + fate
		}
		return s
	}
	w := d.words(r)
	s = w.text
	for _, part := range slices.Concat(w.main, w.extra) {
		s += part.text
	}
	return s
}

// did writes what a host did beside its line.
func (d *picture) did(r *row, base int, text string) {
	room := int(float64(d.b-d.a-2*textGap) / charWidth)
	text = d.clip(text, room)
	class := ""
	if r.state != nil {
		class = " class=\"dim\""
	}
	if d.isRight(r.event.Host) {
		d.f("<text%s x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", class, d.b-textGap, base, d.esc(text))
		return
	}
	d.f("<text%s x=\"%d\" y=\"%d\">%s</text>", class, d.a+textGap, base, d.esc(text))
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

// arrow draws a packet on its way.
func (d *picture) arrow(i int, r *row) {
	a, y := r.arrow, d.y(i)
	from, to := d.x(a.from), d.x(a.to)
	class := ""
	if (a.label.p.Proto == "" && has(a.label.p, "RST")) || a.fate == fateDropped {
		class = " alarm"
	}
	tip := true
	switch a.stage {
	case leaves:
		to, tip = d.mid, false
		d.leftAt[a.origin] = i
	case enters:
		from = d.mid
		d.waited(i, a)
	case onWire:
		d.said(d.mid, y, class, a)
		return
	case through:
		if from == to { // only its arrival was seen
			from = d.mid
		}
	}
	d.f("<line class=\"arrow%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", class, from, y, to, y)
	if tip {
		d.tip(to, y, to > from, class)
	}
	d.said((from+to)/2, y, class, a)
}

// tip is an arrow's head.
func (d *picture) tip(x, y int, right bool, class string) {
	back := 9
	if right {
		back = -9
	}
	d.f("<path class=\"tip%s\" d=\"M%d %dl%d -4.5v9z\"/>", class, x, y, back)
}

// waited joins the row in which a packet left to the one in which it arrives.
func (d *picture) waited(i int, a *arrow) {
	if at, ok := d.leftAt[a.origin]; ok && at < i {
		d.f("<line class=\"arrow on\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", d.mid, d.y(at), d.mid, d.y(i))
	}
}

// said labels a packet, around x.
func (d *picture) said(x, y int, class string, a *arrow) {
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
	half := int(float64(cellsOf(text))*charWidth/2) + 4
	d.f("<rect class=\"patch\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", x-half, y-rowHeight/2+2, 2*half, rowHeight-4)
	d.f("<text class=\"said%s\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>", class, x, y+4, d.esc(text))
}

// more says what the picture leaves out.
func (d *picture) more() {
	total := 0
	for _, n := range d.hidden {
		total += n
	}
	if total > 0 {
		d.f("<p class=\"soft\">%s left out: readings that tell nothing new, and what followed the play. journal.jsonl has all.</p>\n", count(int64(total), "event"))
	}
}
