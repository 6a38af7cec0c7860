package report

import (
	"slices"

	"sockproof/lib/journal"
)

// row is one line's worth of the ladder: an event, or several that are one
// thing to the reader, such as a packet leaving a host and entering the other.
type row struct {
	t     int64
	nums  []int          // the events it stands for
	event *journal.Event // the first of them
	state *stateRow
	arrow *arrow
	gone  bool // merged into a later row

	folded string           // it stands for several rows, of which this tells
	gap    int64            // it is a time in which nothing happened, in nanoseconds
	head   []journal.Socket // it heads a section, of the connections of these
}

// stateRow is a transition, and everyone who saw it in this step.
type stateRow struct {
	from      string
	witnesses []journal.Witness
}

// arrow is a packet on its way.
type arrow struct {
	from, to string
	stage    stage
	fate     fate
	reason   string
	origin   int // the event in which it was sent; 0: not seen
	label    label
	joined   bool // into a loop: the row before it is the same packet leaving
}

// stage says which part of its way an arrow shows.
type stage uint8

const (
	through stage = iota // from host to host
	leaves               // from its host to the wire
	enters               // from the wire to its host
	onWire               // neither: something became of it on the wire
)

// fate says what became of a packet on the wire, or what it was before.
type fate uint8

const (
	fateNone fate = iota
	fateFlight
	fateHeld
	fateDropped
	fateLost // never heard of again
	fateCopy
	fateInjected
	fateOther // a stage this version does not know; reason names it
)

// ladder is a run as rows between the lines of its hosts.
type ladder struct {
	hosts   []string // the first two have lines
	sockets []journal.Socket
	rows    []row
	hidden  map[journal.Kind]int // events not shown
	first   []journal.Socket     // those that the head names
}

// newLadder makes rows of a run's events: all of them, or those that tell the
// story, up to the end of the steps, and those that a finding cites.
func newLadder(r *Run, everything bool) *ladder {
	routes := newRoutes(r)
	b := &rowBuilder{
		ladder: &ladder{hosts: routes.hosts, sockets: r.Sockets, first: r.Sockets, hidden: map[journal.Kind]int{}, rows: make([]row, 0, len(r.Events))},
		routes: routes,
		sent:   map[int]*flight{},
	}
	cited := map[int]bool{}
	for i := range r.Findings {
		for _, n := range r.Findings[i].Events {
			cited[n] = true
		}
	}
	for i := range r.Events {
		e := &r.Events[i]
		if !everything && !cited[e.N] && (!tells(e) || r.Played != 0 && e.N > r.Played) {
			b.hidden[e.Kind]++
			continue
		}
		switch {
		case e.Packet != nil:
			b.packet(e)
		case e.State != nil:
			b.state(e)
		default:
			b.rows = append(b.rows, row{t: e.T, nums: []int{e.N}, event: e})
		}
	}
	for _, f := range b.sent {
		if a := b.arrowOf(f); a != nil && !f.resolved {
			a.fate = fateLost
		}
	}
	b.rows = slices.DeleteFunc(b.rows, func(r row) bool { return r.gone })
	for i := range b.rows {
		if a := b.rows[i].arrow; a != nil {
			a.label.ports = b.more
		}
	}
	b.joinLoops()
	return b.ladder
}

// tells says whether an event belongs to the story that everyone reads.
func tells(e *journal.Event) bool {
	switch e.Kind {
	case journal.KindProcess:
		return e.Process.Event != journal.Began // its end is told, with what it returned
	case journal.KindCall, journal.KindState, journal.KindReset,
		journal.KindRule, journal.KindTable, journal.KindFold, journal.KindAnswer, journal.KindNote:
		return true
	case journal.KindPacket:
		return e.Packet != nil && e.Packet.Proto == ""
	}
	return false
}

// alone says whether there is but one host, which then talks to itself.
func (l *ladder) alone() bool { return len(l.hosts) < 2 }

// atRight says whether a host has the line at the right.
func (l *ladder) atRight(host string) bool { return len(l.hosts) > 1 && host == l.hosts[1] }

// loops says whether a packet is drawn leaving a host's line and coming back
// to it. The line at the right has no room for that.
func (l *ladder) loops(a *arrow) bool { return a.from == a.to && (l.alone() || a.from == l.hosts[0]) }

type rowBuilder struct {
	*ladder
	routes *routes
	rel    relative
	sent   map[int]*flight // by the number of the sent event
	seen   pair            // the first connection
	more   bool            // it is not the only one: arrows name the ports
}

// see notes whether packets belong to more than one connection.
func (b *rowBuilder) see(p *journal.Packet) {
	e := pairOf(p.Src, p.Dst)
	if b.seen == (pair{}) {
		b.seen = e
	}
	b.more = b.more || e != b.seen
}

// flight is a packet that was seen leaving its host.
type flight struct {
	row      int
	resolved bool // something became of it
	held     bool
	from, to string
	label    label
}

func (b *rowBuilder) arrowOf(f *flight) *arrow {
	if f == nil || b.rows[f.row].gone {
		return nil
	}
	return b.rows[f.row].arrow
}

func (b *rowBuilder) packet(e *journal.Event) {
	p := e.Packet
	f := b.sent[p.Of]
	a := &arrow{reason: p.Reason, origin: p.Of}
	if f != nil && p.At != journal.AtInjected {
		// The same packet, so the same numbers, whatever was sent since.
		a.from, a.to, a.label = f.from, f.to, f.label
	} else {
		b.rel.see(p)
		a.from, a.to = b.routes.route(e)
		a.label = newLabel(p, &b.rel)
	}
	if p.Proto == "" {
		b.see(p)
	}
	r := row{t: e.T, nums: []int{e.N}, event: e, arrow: a}
	a.stage, a.fate = b.place(p, f, b.loops(a))
	switch p.At {
	case journal.AtSent:
		if !p.Copy {
			a.origin = e.N
			b.sent[e.N] = &flight{row: len(b.rows), from: a.from, to: a.to, label: a.label}
		}
	case journal.AtDelivered, journal.AtDropped, journal.AtHeld:
		if f == nil || p.Copy {
			break
		}
		// What follows at once is drawn as one arrow with its leaving.
		if a.stage != enters && b.atOnce(f) {
			if a.stage == onWire {
				a.stage = leaves
			}
			b.rows[f.row].gone = true
			r.nums = append(slices.Clone(b.rows[f.row].nums), e.N)
		}
		f.resolved = true
		f.held = f.held || p.At == journal.AtHeld
	case journal.AtInjected:
	default:
		a.reason = p.At
	}
	b.rows = append(b.rows, r)
}

// place says what part of its way a packet is on, and what became of it. f is
// its leaving, if that was seen.
func (b *rowBuilder) place(p *journal.Packet, f *flight, loops bool) (stage, fate) {
	unseen := p.Of == 0 && !p.Copy // only this was seen of it
	switch p.At {
	case journal.AtSent:
		if p.Copy {
			return onWire, fateCopy
		}
		return leaves, fateFlight
	case journal.AtDelivered:
		switch {
		case p.Copy:
			return enters, fateCopy
		case unseen:
			return through, fateNone
		case f != nil && f.held:
			return enters, fateHeld
		case f != nil && !loops && b.atOnce(f):
			return through, fateNone
		}
		return enters, fateFlight
	case journal.AtHeld, journal.AtDropped:
		what := fateDropped
		if p.At == journal.AtHeld {
			what = fateHeld
		}
		if unseen {
			return leaves, what
		}
		return onWire, what
	case journal.AtInjected:
		return enters, fateInjected
	}
	return onWire, fateOther
}

// atOnce says whether nothing became of a packet yet, and nothing happened
// since it left but that its own sender's state was read: what that says was
// so when the packet left.
func (b *rowBuilder) atOnce(f *flight) bool { return !f.resolved && b.nothingSince(f) }

func (b *rowBuilder) nothingSince(f *flight) bool {
	if f.row >= len(b.rows) {
		return false
	}
	for i := range b.rows[f.row+1:] {
		r := &b.rows[f.row+1+i]
		if r.state == nil || r.event.Host != f.from {
			return false
		}
	}
	return true
}

// state adds a transition, or its witness to the row of one that is there.
// Several witnesses are read one after the other in each step, so what they
// say of it stands in a row, by socket or by witness.
func (b *rowBuilder) state(e *journal.Event) {
	s := e.State
	for i := len(b.rows) - 1; i >= 0; i-- {
		r := &b.rows[i]
		if r.state == nil {
			break
		}
		if r.event.Socket != e.Socket || r.event.Host != e.Host || r.event.State.To != s.To ||
			slices.Contains(r.state.witnesses, s.Witness) {
			continue
		}
		if r.state.from != s.From && r.state.from != "" && s.From != "" {
			continue
		}
		if r.state.from == "" {
			r.state.from = s.From
		}
		r.state.witnesses = append(r.state.witnesses, s.Witness)
		r.nums = append(r.nums, e.N)
		return
	}
	b.rows = append(b.rows, row{
		t: e.T, nums: []int{e.N}, event: e,
		state: &stateRow{from: s.From, witnesses: []journal.Witness{s.Witness}},
	})
}

// joinLoops finds the packets that come back to their host: in the next row, or
// later, and then the loop stays open until then.
func (b *rowBuilder) joinLoops() {
	var back map[int]int // where a sent packet comes back
	for i := range b.rows {
		if a := b.rows[i].arrow; a != nil && a.stage == enters && a.fate == fateFlight && a.origin != 0 && b.loops(a) {
			if back == nil {
				back = map[int]int{}
			}
			if _, ok := back[a.origin]; !ok {
				back[a.origin] = i
			}
		}
	}
	for i := range b.rows {
		a := b.rows[i].arrow
		if a == nil || a.stage != leaves || a.fate != fateFlight {
			continue
		}
		if at, ok := back[a.origin]; ok {
			a.fate = fateNone // the loop itself says that it comes back
			ret := b.rows[at].arrow
			ret.fate = fateNone
			ret.joined = at == i+1
		}
	}
}
