package tcp

import (
	"reflect"
	"slices"
	"sort"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// View is a journal read as TCP. It does not change once it is built.
type View struct {
	Journal *journal.Journal
	Sockets []*Socket
	Ends    []*End  // in the order in which their first segments were seen
	Conns   []*Conn // in the order in which they were called for

	// UDP are the sockets of UDP, with their calls. They have no connection, and no rule asks about them.
	UDP []*Socket

	derived map[reflect.Type]any // by Derive

	wire    bool
	host    bool
	folded  bool // rounds of a hunt or a race were counted instead of kept, packets among them
	several int  // from how many bytes of payload on a segment on lo may stand for several
	played  int  // the last event of the steps
	last    int  // the last event of all

	byID        map[string]*Socket
	byPair      map[pair][]*End
	holders     map[pair][]*Socket // the sockets with both addresses, in the order of their names
	listeners   map[journal.Address]*Socket
	syns        map[pair][]*Segment // that came, by the end they came to
	segments    []*Segment          // by the index of their events; nil: it is none
	bulk        map[pair]bool
	strays      []stray
	seen        []discrepancyAt // what could only be told while building
	overflows   []Overflow
	mayOverflow []*Segment

	concurrent []span           // while another thread of the program acted, or none did
	gaps       []gap            // in which the program did not run
	icmps      []*journal.Event // ICMP messages that came to a host
	messages   []Message
	signals    []*journal.Event
}

// pair is the addresses of an end: its own, then its peer's.
type pair struct{ local, remote journal.Address }

// gap is a stretch in which the program did not run, in nanoseconds of the run's clock.
type gap struct{ from, to int64 }

// stray is a segment that came where no socket could take it: it must draw a RST.
type stray struct {
	seg      *Segment
	end      *End
	sockets  []*Socket
	answered int  // the RST
	cookie   bool // to a listener it may be the end of another opening: it acknowledges the SYN-ACK
}

// discrepancyAt is a contradiction met while the view was built.
type discrepancyAt struct {
	end *End
	Discrepancy
}

// reach is within how many events of its effect the kernel's doing may be captured on
// lo, or while the program's threads act at the same time.
const reach = 20

const (
	ackFlag = packet.ACK
	finFlag = packet.FIN
	rstFlag = packet.RST
	synFlag = packet.SYN
)

// New builds the view of a journal, which must not change as long as it is used.
func New(j *journal.Journal) *View {
	v := &View{
		Journal: j, wire: j.Network == journal.Wire, host: j.Network == journal.HostNet, played: j.Played,
		byID: map[string]*Socket{}, byPair: map[pair][]*End{}, holders: map[pair][]*Socket{}, listeners: map[journal.Address]*Socket{},
		syns: map[pair][]*Segment{}, several: leastSeveral, segments: make([]*Segment, len(j.Events)), bulk: map[pair]bool{}, derived: map[reflect.Type]any{},
	}
	if n := len(j.Events); n > 0 {
		v.last = j.Events[n-1].N
	}
	if v.played == 0 {
		v.played = v.last
	}
	isUDP := v.addUDP()
	for i := range j.Sockets {
		if !isUDP[j.Sockets[i].ID] {
			v.addSocket(j.Sockets[i])
		}
	}
	for i := range j.Events {
		e := &j.Events[i]
		if e.Socket != "" && v.byID[e.Socket] == nil && !isUDP[e.Socket] {
			v.addSocket(journal.Socket{ID: e.Socket, Host: e.Host}) // it never got an address
		}
		v.folded = v.folded || e.Fold != nil && e.Socket == "" && e.Fold.Events > 0
	}
	b := builder{View: v, procs: map[int][]*Socket{}}
	b.spans()
	b.build()
	v.repeats()
	v.connections()
	v.messages = v.concerned()
	return v
}

func (v *View) addSocket(of journal.Socket) {
	s := &Socket{Socket: of, options: map[journal.Option]journal.Value{}, states: map[journal.Witness][]*journal.Event{}}
	v.Sockets = append(v.Sockets, s)
	v.byID[s.ID] = s
	if of.Local != "" && of.Remote != "" {
		p := pair{of.Local, of.Remote}
		v.holders[p] = append(v.holders[p], s)
	}
}

// sees says whether packets tell the whole story: they were captured, none was lost,
// and none was counted instead of kept.
func (v *View) sees() bool { return v.has(journal.Packets) && !v.folded }

// has says whether a witness was there and lost nothing.
func (v *View) has(w journal.Witness) bool {
	s := v.Journal.Witness(w)
	return s.Status == journal.Attached && s.Lost == 0
}

// soon is up to which event the cause of an event's may have been recorded: on the wire
// causes come first, if nothing else acted at the same time.
func (v *View) soon(n int) int {
	if v.wire && !v.isConcurrent(n) {
		return n
	}
	to := n + reach
	for _, s := range v.concurrent {
		if s.from <= to && n <= s.to {
			to = max(to, s.to+reach)
		}
	}
	// What passed lo meanwhile is taken in at once.
	for i, ok := v.index(to); ok && i < len(v.Journal.Events) && v.Journal.Events[i].Packet != nil; i++ {
		to = v.Journal.Events[i].N
	}
	return to
}

// isConcurrent says whether another thread of the program acted when an event was
// recorded, or the program had not run just before.
func (v *View) isConcurrent(n int) bool {
	if within(v.concurrent, n) {
		return true
	}
	e := v.event(n)
	return e != nil && slices.ContainsFunc(v.gaps, func(g gap) bool { return g.from <= e.T && e.T <= g.to })
}

// event is that of a number; nil: there is none.
func (v *View) event(n int) *journal.Event {
	i, ok := v.index(n)
	if !ok {
		return nil
	}
	return &v.Journal.Events[i]
}

// index is where the event of a number stands, or would.
func (v *View) index(n int) (i int, ok bool) {
	events := v.Journal.Events
	i = sort.Search(len(events), func(i int) bool { return events[i].N >= n })
	return i, i < len(events) && events[i].N == n
}

// ResetIn lists the ends to which a RST came that TCP had to accept while a witness saw
// them in a state.
func (v *View) ResetIn(state string) []*End {
	var some []*End
	for _, e := range v.Ends {
		if e.RstIn == 0 || e.Socket == nil {
			continue
		}
		for _, w := range stateWitnesses {
			if was, _ := e.Socket.StateAt(w, e.RstIn); was == state {
				some = append(some, e)
				break
			}
		}
	}
	return some
}

// current is the latest incarnation at a pair of addresses.
func (v *View) current(p pair) *End {
	if ends := v.byPair[p]; len(ends) > 0 {
		return ends[len(ends)-1]
	}
	return nil
}
