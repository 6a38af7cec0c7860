package report

import (
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/journal"
)

// pageRows is how many rows of the ladder are open at first; what matters less is folded.
const pageRows = 40

// pageItem is one thing of the ladder: a row, or rows that are folded.
type pageItem struct {
	Row  *pageRow
	Fold *pageFold
}

// pageFold is rows of which a line tells.
type pageFold struct {
	Summary pageRow
	Rows    []*pageRow
}

// pageRow is a row as the page has it: texts are clean, and escaped by the template.
type pageRow struct {
	ID            int // its first event
	Events        string
	Of            int // the event in which a packet left its host, if that is another row's
	Class         string
	Numbers, Time string
	Left, Right   []laneCell
	Body          string // classes of what is between the hosts' lines
	Gap           string // for how long nothing happened before
	Socket        string // whose it is
	Parts         []pagePart
	Arrow         string // classes of the line; "": there is none
	Route         string // for who cannot see the arrow
	Fate          string
}

// pagePart is a piece of a row's text.
type pagePart struct{ Class, Text string }

// pageLadder makes rows for the page.
type pageLadder struct {
	*page
	*ladder
	left, right [][]laneCell // by row
	a, b        int          // how many lanes there are
	wire        []string     // by row: whether a packet waits on the wire
	gaps        []int64
	weights     []int
	hues        map[string]int
	moments     []moment
	bytesOf     map[int]*journal.Event // the events that have a packet's bytes, or stand for many packets
}

func (p *page) newLadder(r *Run) *pageLadder {
	l := newLadder(r, false)
	lanes := l.lanesOf(r)
	d := &pageLadder{
		page: p, ladder: l, wire: l.waits(), gaps: l.longGaps(),
		weights: l.weights(r), hues: hues(r.Sockets), moments: l.moments(r), bytesOf: map[int]*journal.Event{},
	}
	d.left, d.a = d.laneCells(lanes, false)
	d.right, d.b = d.laneCells(lanes, true)
	for i := range r.Events {
		if e := &r.Events[i]; e.Packet != nil && (len(e.Packet.Bytes) > 0 || e.Packet.Bulk != nil) {
			d.bytesOf[e.N] = e
		}
	}
	return d
}

// items are the rows, those folded that matter least. A fold ends where nothing happened for long.
func (d *pageLadder) items(sockets []journal.Socket) []pageItem {
	var items []pageItem
	keep := make([]bool, len(d.rows))
	if len(d.rows) > pageRows {
		keep = kept(d.weights, pageRows)
	} else {
		for i := range keep {
			keep[i] = true
		}
	}
	for i := 0; i < len(d.rows); {
		to := i + 1
		for to < len(d.rows) && !keep[i] && !keep[to] && d.gaps[to] == 0 {
			to++
		}
		if to == i+1 {
			items = append(items, pageItem{Row: d.row(i)})
			i = to
			continue
		}
		items = append(items, pageItem{Fold: d.fold(i, to, sockets)})
		i = to
	}
	return items
}

func (d *pageLadder) fold(from, to int, sockets []journal.Socket) *pageFold {
	f := &pageFold{Summary: pageRow{
		Numbers: d.clean(strconv.Itoa(d.rows[from].nums[0]) + "-" + strconv.Itoa(slices.Max(d.rows[to-1].nums))),
		Time:    millis(d.rows[from].t), Left: summedCells(d.left[to-1], from), Right: summedCells(d.right[to-1], from), Gap: d.gap(from),
		Parts: []pagePart{{"", d.clean(summary(d.rows[from:to], sockets))}},
	}}
	for i := from; i < to; i++ {
		row := d.row(i)
		if i == from {
			row.Gap = "" // the line above has it
		}
		f.Rows = append(f.Rows, row)
	}
	return f
}

func (d *pageLadder) gap(i int) string {
	if d.gaps[i] == 0 {
		return ""
	}
	return d.duration(d.gaps[i]) + " in which nothing happened"
}

func (d *pageLadder) row(i int) *pageRow {
	r := &d.rows[i]
	row := &pageRow{
		ID: r.nums[0], Events: events(r.nums), Of: origin(r), Numbers: d.numbersOf(r), Time: millis(r.t),
		Left: d.left[i], Right: d.right[i], Body: d.wire[i], Gap: d.gap(i),
	}
	classes := []string{"w" + strconv.Itoa(min(d.weights[i], striking))}
	for _, id := range d.moments[i].Ends {
		if id != "" {
			classes = append(classes, hueClass(d.hues, id))
			break
		}
	}
	if r.arrow != nil {
		d.remember(r)
		classes = append(classes, "p", flagClass(r.arrow))
		d.arrow(row, r.arrow)
	} else {
		d.words(row, r)
		if d.atRight(r.event.Host) {
			classes = append(classes, "e")
		}
		if r.state != nil {
			classes = append(classes, "state")
		}
	}
	row.Class = strings.Join(classes, " ")
	return row
}

// words are what a host did.
func (d *pageLadder) words(row *pageRow, r *row) {
	w := d.canvas.words(r)
	spans := append(slices.Clone(w.main), w.extra...)
	if w.text != "" {
		spans = []span{{w.text, plain}}
	}
	if who := d.who(r.event); r.event.Socket != "" && len(spans) > 0 && strings.HasPrefix(spans[0].text, who) {
		row.Socket = strings.TrimSpace(who)
		spans[0].text = strings.TrimPrefix(spans[0].text, who)
	}
	row.Parts = parts(spans)
}

// arrow is a packet on its way.
func (d *pageLadder) arrow(row *pageRow, a *arrow) {
	from, to := d.atRight(a.from), d.atRight(a.to)
	tip := map[bool]string{false: " tl", true: " tr"}
	half := map[bool]string{false: "hl", true: "hr"}
	switch {
	case a.stage == leaves:
		row.Arrow = half[from]
	case a.stage == enters:
		row.Arrow = half[to] + tip[to]
	case a.stage == through && from == to: // only its arrival was seen
		row.Arrow = half[to] + tip[to]
	case a.stage == through:
		row.Arrow = "full" + tip[to]
	}
	row.Route = d.clean(a.from) + " " + d.to + " " + d.clean(a.to)
	row.Fate = d.clean(fateText(a))
	if a.stage == enters && a.origin != 0 {
		row.Parts = append(row.Parts, pagePart{"dim", "#" + strconv.Itoa(a.origin) + " "})
	}
	row.Parts = append(row.Parts, parts(d.label(&a.label, numbers))...)
}

// parts are spans with the classes of their inks.
func parts(spans []span) []pagePart {
	all := make([]pagePart, 0, len(spans))
	for _, s := range spans {
		class := inkClass(s.ink)
		switch s.ink {
		case dim:
			class = "dim"
		case bold, flags:
			class = "b"
		}
		all = append(all, pagePart{class, s.text})
	}
	return all
}

// flagClass is a packet's colour.
func flagClass(a *arrow) string {
	p := a.label.p
	class := "f-ack"
	switch {
	case p.Proto != "":
		class = "f-other"
	case p.Flags.Has(journal.RST):
		class = "f-rst"
	case p.Flags.Has(journal.SYN):
		class = "f-syn"
	case p.Flags.Has(journal.FIN):
		class = "f-fin"
	case p.Len > 0, p.Bulk != nil:
		class = "f-data"
	}
	if a.fate == fateDropped || a.fate == fateLost {
		class += " lost"
	}
	return class
}

// fateText says what became of a packet on the wire, or what it was before.
func fateText(a *arrow) string {
	text := map[fate]string{
		fateHeld: "held", fateDropped: "✕ dropped", fateLost: "never delivered", fateCopy: "a copy", fateInjected: "injected",
	}[a.fate]
	if a.stage == enters && a.fate == fateHeld {
		text = "was held"
	}
	return strings.TrimSpace(text + because(a.reason))
}

// origin is the event in which a packet left its host, for a row that shows only
// what became of it.
func origin(r *row) int {
	if r.arrow == nil || slices.Contains(r.nums, r.arrow.origin) {
		return 0
	}
	return r.arrow.origin
}

func (d *pageLadder) numbersOf(r *row) string {
	if s := ranges(r.nums, "", ",", ""); len(s) <= maxNumbers {
		return s
	}
	return strconv.Itoa(r.nums[0]) + "…"
}

// remember keeps what a packet's row shows when it is opened: of those of its
// events that have bytes, or stand for many packets.
func (d *pageLadder) remember(r *row) {
	for _, n := range r.nums {
		if e := d.bytesOf[n]; e != nil {
			d.open(e, &r.arrow.label)
		}
	}
}

// waits says of each row whether a packet waits on the wire there, from the row in which
// it left to that in which it arrived: "ws" where it begins, "we" where it ends, "wm" between.
func (l *ladder) waits() []string {
	classes := make([]string, len(l.rows))
	leftAt := map[int]int{} // by the event in which it left
	for i := range l.rows {
		a := l.rows[i].arrow
		if a == nil {
			continue
		}
		at, left := leftAt[a.origin]
		switch {
		case a.stage == leaves:
			leftAt[a.origin] = i
		case a.stage == enters && left:
			markWait(classes, at, i)
		}
	}
	return classes
}

func markWait(classes []string, from, to int) {
	mark := func(i int, class string) {
		if classes[i] != "" && classes[i] != class {
			class = "wm"
		}
		classes[i] = class
	}
	mark(from, "ws")
	for i := from + 1; i < to; i++ {
		classes[i] = "wm"
	}
	mark(to, "we")
}

// hues gives each connection one of the page's colours for sockets.
func hues(sockets []journal.Socket) map[string]int {
	const colours = 8
	all := map[string]int{}
	known := map[direction]int{}
	next := 0
	for _, s := range sockets {
		hue, ok := known[direction{s.Remote, s.Local}]
		if !ok || s.Remote == "" {
			hue = next % colours
			next++
		}
		known[direction{s.Local, s.Remote}] = hue
		all[s.ID] = hue
	}
	return all
}

func hueClass(hues map[string]int, socket string) string { return "k" + strconv.Itoa(hues[socket]) }
