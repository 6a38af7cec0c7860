package report

import (
	"fmt"
	"strconv"
	"strings"

	"sockproof/lib/journal"
)

// A ladder has the numbers of the events and the time at the left, then a line
// for each host. What a host did stands beside its line; packets are arrows
// between the lines:
//
//	 #     ms   a                                        b
//	 3  0.020   │ a1 connect(192.0.2.2:7) = EINPROGRESS  │
//	4,5  0.035  ├───────────────SYN seq=0───────────────▶│
//
// A host that talks to itself has one line, and packets leave it and come back:
//
//	 5  0.030   ├───SYN seq=0───╮
//	 6  0.041   │◀──────────────╯

// maxBetween bounds the room between two hosts: an eye has to follow the arrows.
const maxBetween = 104

// drawing is a ladder on a canvas.
type drawing struct {
	*canvas
	*ladder
	nums, time int // widths of the first columns
	a, b       int // where the hosts' lines stand
	far        int // the far end of a loop
	inFlight   int // packets on their way round it
}

func (c *canvas) drawLadder(l *ladder) {
	d := &drawing{canvas: c, ladder: l, nums: 1, time: 2}
	for i := range l.rows {
		d.nums = max(d.nums, len(d.numbers(&l.rows[i])))
		d.time = max(d.time, len(millis(l.rows[i].t)))
	}
	d.a = d.nums + 1 + d.time + 2
	d.b = min(c.style.Width-1, d.a+1+maxBetween)
	d.far = d.a + min(max((c.style.Width-d.a)*6/10, 30), 56)
	d.head()
	for i := range l.rows {
		r := &l.rows[i]
		switch {
		case r.head != nil:
			d.pad(d.a)
			d.names(r.head)
		case r.gap > 0:
			d.gapRow(r)
		case r.arrow == nil || r.folded != "":
			d.wordsRow(r)
		case l.alone() || l.loops(r.arrow):
			d.loopArrow(r)
		default:
			d.arrowRow(r)
		}
	}
}

// maxNumbers bounds the column of event numbers.
const maxNumbers = 9

func (d *drawing) numbers(r *row) string {
	if r.folded != "" {
		return strconv.Itoa(r.nums[0]) + "-" + strconv.Itoa(r.nums[1])
	}
	s := ranges(r.nums, "", ",", "")
	if len(s) <= maxNumbers {
		return s
	}
	// Citations are looked up by the first; the last says how far it goes.
	return strconv.Itoa(r.nums[0]) + ".." + strconv.Itoa(r.nums[len(r.nums)-1])
}

func (d *drawing) head() {
	d.rightAlign(dim, "#", d.nums)
	d.rightAlign(dim, "ms", d.nums+1+d.time)
	d.pad(d.a)
	d.names(d.first)
}

// names are the hosts' lines and their sockets.
func (d *drawing) names(sockets []journal.Socket) {
	room := (d.b - d.a - 4) / 2
	if d.alone() {
		room = d.style.Width - d.a - 2
	}
	for i, h := range d.hosts {
		text := d.clip(d.clean(hostText(h, sockets)), room)
		if i == 1 {
			d.rightAlign(bold, text, d.b+1)
			break
		}
		d.put(bold, text)
	}
	d.end()
}

// gapRow says for how long nothing happened.
func (d *drawing) gapRow(r *row) {
	d.pad(d.a)
	d.between([]span{{d.ellipsis + " " + millis(r.gap) + " ms " + d.ellipsis, dim}}, false)
}

// start begins a row with its numbers and time.
func (d *drawing) start(r *row) {
	d.rightAlign(dim, d.numbers(r), d.nums)
	d.rightAlign(dim, millis(r.t), d.nums+1+d.time)
	d.pad(d.a)
}

// wordsRow writes what a host did beside its line.
func (d *drawing) wordsRow(r *row) {
	room := d.b - d.a - 3
	if d.alone() {
		room = d.style.Width - d.a - 2
	}
	w := d.words(r)
	if r.folded != "" {
		w = words{main: []span{{d.ellipsis + " " + d.clean(r.folded), dim}}}
	}
	d.start(r)
	if w.text != "" {
		for i, line := range wrap(w.text, room) {
			if i > 0 {
				d.pad(d.a)
			}
			d.between([]span{{line, dim}}, false)
		}
		return
	}
	spans := w.main
	if widthOf(w.main)+widthOf(w.extra) <= room {
		spans = append(spans, w.extra...)
	}
	d.between(clipSpans(spans, room, d.ellipsis), r.folded == "" && d.atRight(r.event.Host))
}

// between writes spans beside the left or the right line, and both lines.
func (d *drawing) between(spans []span, right bool) {
	d.put(plain, d.lane+" ")
	if right {
		if d.inFlight > 0 && d.b-2-widthOf(spans) > d.far {
			d.pad(d.far)
			d.put(plain, d.lane)
		}
		d.pad(d.b - 1 - widthOf(spans))
	}
	d.puts(spans)
	d.close()
}

// close draws what stands at the right of a row: the packets that are on their
// way round a loop, and the other host's line.
func (d *drawing) close() {
	if d.inFlight > 0 && d.cells < d.far {
		d.pad(d.far)
		d.put(plain, d.lane)
	}
	d.closeLine()
}

func (d *drawing) closeLine() {
	if !d.alone() {
		d.pad(d.b)
		d.put(plain, d.lane)
	}
	d.end()
}

// hostText names a host and its sockets, with their addresses where there are few.
func hostText(host string, sockets []journal.Socket) string {
	var ids []string
	at := ""
	for _, s := range sockets {
		if strings.TrimRight(s.ID, "0123456789") == host {
			ids = append(ids, s.ID)
			at = string(s.Local)
		}
	}
	switch len(ids) {
	case 0:
		return host
	case 1:
		return strings.TrimSpace(ids[0] + " " + at)
	case 2, 3:
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s to %s", ids[0], ids[len(ids)-1])
}
