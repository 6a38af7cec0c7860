package tcp

import (
	"cmp"
	"slices"

	"sockproof/lib/journal"
)

// builder reads a journal's events in order, and notes what each makes true.
type builder struct {
	*View
	procs map[int][]*Socket // the sockets of each child, by its number
}

// hold-ups reach a little beyond both ends, in nanoseconds: what the kernel did
// meanwhile is recorded afterwards.
const (
	gapBefore = 1_000_000
	gapAfter  = 50_000_000
)

// spans notes when more than the run's own thread acted, and when nothing did.
func (b *builder) spans() {
	began := map[string]int{}
	first := b.causes()
	b.childSpans()
	for i := range b.Journal.Events {
		e := &b.Journal.Events[i]
		switch {
		case isSegmentBulk(e), isFastOpen(e):
			b.bulk[pair{e.Packet.Src, e.Packet.Dst}], b.bulk[pair{e.Packet.Dst, e.Packet.Src}] = true, true
		case e.Process != nil && e.Process.Event == journal.HeldUp:
			b.gaps = append(b.gaps, gap{e.T - gapBefore, e.T + e.Process.ForNS + gapAfter})
		case e.Process != nil && (e.Process.Event == "blocked" || e.Process.Event == journal.Began):
			if began[e.Socket] == 0 {
				began[e.Socket] = e.N
			}
		case e.Call != nil:
			b.endSpan(e, began, first)
		}
	}
	for socket, from := range began { // those that the end of the run left inside
		b.concurrent = append(b.concurrent, span{from, b.last + reach})
		if s, c := b.byID[socket], b.event(from).Process.Inside(); s != nil && c != nil && ends(c) {
			s.ends = append(s.ends, from)
		}
	}
	slices.SortStableFunc(b.concurrent, func(x, y span) int { return x.from - y.from })
}

// childSpans notes where children made several calls on their own: these are recorded when the
// children have answered, and after them what they caused.
func (b *builder) childSpans() {
	var now span
	for i := range b.Journal.Events {
		e := &b.Journal.Events[i]
		if e.Call != nil && e.Call.InChild() {
			if now.from == 0 {
				now.from = e.N
			}
			now.to = e.N
			continue
		}
		if now.from != 0 && now.to-now.from > afterwards {
			b.concurrent = append(b.concurrent, span{now.from, now.to + aftermath})
		}
		now = span{}
	}
}

// afterwards is how many events may lie between a call and its record before it counts as one that
// was recorded later than it was made.
const afterwards = 3

// after a call of another thread has returned, what it caused may still be recorded.
const aftermath = 10

// endSpan notes that a call has returned which another thread made, or which took so
// long that other things were recorded meanwhile.
func (b *builder) endSpan(e *journal.Event, began map[string]int, causes []*journal.Event) {
	if from := began[e.Socket]; from != 0 && e.T <= b.event(from).T {
		b.concurrent = append(b.concurrent, span{from, e.N + aftermath})
		delete(began, e.Socket)
	}
	s := b.byID[e.Socket]
	if s == nil {
		return
	}
	from := e.N
	i, _ := slices.BinarySearchFunc(causes, e.T, func(c *journal.Event, t int64) int { return cmp.Compare(c.T, t) })
	if i < len(causes) {
		from = min(causes[i].N, e.N)
	}
	if ends(e.Call) {
		s.ends = append(s.ends, from)
	}
	if e.N-from > afterwards {
		s.busy = append(s.busy, span{from, e.N + aftermath/2})
	}
}

// causes are the events that show when they were recorded: by their times.
func (b *builder) causes() []*journal.Event {
	var some []*journal.Event
	for i := range b.Journal.Events {
		e := &b.Journal.Events[i]
		if e.Call == nil && e.Process == nil && e.Counter == nil {
			some = append(some, e)
		}
	}
	slices.SortStableFunc(some, func(x, y *journal.Event) int {
		return cmp.Or(cmp.Compare(x.T, y.T), x.N-y.N)
	})
	return some
}

// isFastOpen says whether a SYN carries data (RFC 7413). Such a connection is not followed: it is
// open at its server before it is.
func isFastOpen(e *journal.Event) bool {
	return isSegment(e) && e.Packet.Flags.Has(synFlag) && e.Packet.Len > 0
}

func isSegmentBulk(e *journal.Event) bool { return e.Packet != nil && e.Packet.Bulk != nil }

// ends says whether a call ends sending: close(), or shutdown() of that half.
func ends(c *journal.Call) bool {
	return c.Errno == "" && (c.Op == "close" || c.Op == "shutdown" && c.How() != journal.ShutRead)
}

func (b *builder) build() {
	for i := range b.Journal.Events {
		e := &b.Journal.Events[i]
		if e.N > b.played {
			b.tornDown(i, e)
			continue
		}
		switch {
		case isSegment(e):
			b.segment(i, e)
		case e.Packet != nil && e.Packet.IsICMP():
			if e.Packet.At == journal.AtDelivered || e.Packet.At == journal.AtInjected {
				b.icmps = append(b.icmps, e)
			}
		case e.Call != nil:
			b.call(e)
		case e.State != nil:
			b.state(e)
		case e.Sample != nil:
			b.sample(e)
		case e.Destroyed != nil:
			b.destroyed(e)
		case e.Process != nil:
			b.process(e)
		}
	}
}

// tornDown keeps the segments of the teardown: the counters count them too.
func (b *builder) tornDown(i int, e *journal.Event) {
	if isSegment(e) {
		b.segments[i] = newSegment(e, b.event(e.Packet.Of))
	}
}

func (b *builder) segment(i int, e *journal.Event) {
	s := newSegment(e, b.event(e.Packet.Of))
	b.segments[i] = s
	b.offersMSS(s)
	switch {
	case !b.wire:
		b.leaves(s)
		b.enters(s)
	case e.Packet.At == journal.AtSent:
		b.leaves(s)
	case s.entered():
		b.enters(s)
	}
}

func (b *builder) state(e *journal.Event) {
	s := b.byID[e.Socket]
	if s == nil {
		return
	}
	b.endOf(s)
	s.states[e.State.Witness] = append(s.states[e.State.Witness], e)
	if e.State.Info != nil {
		s.counted = append(s.counted, e)
	}
}

func (b *builder) sample(e *journal.Event) {
	s := b.byID[e.Socket]
	if s == nil {
		return
	}
	b.endOf(s)
	if e.Sample.Info != nil {
		s.counted = append(s.counted, e)
		return
	}
	s.samples = append(s.samples, e)
}

func (b *builder) destroyed(e *journal.Event) {
	s := b.byID[e.Socket]
	switch {
	case s == nil:
	case s.told == nil:
		b.endOf(s)
		s.told = e
	default:
		b.seen = append(b.seen, discrepancyAt{nil, newDiscrepancy(R5, []*Socket{s}, []int{s.told.N, e.N}, destroyed(s), "it had told so before")})
	}
}

func (b *builder) process(e *journal.Event) {
	p := e.Process
	switch p.Event {
	case "started":
		for _, id := range p.Sockets {
			if s := b.byID[id]; s != nil {
				s.handles++
				s.foreign = s.foreign || p.How != ""
				if end := b.endOf(s); end != nil && p.How != "" {
					end.blind(e.N, blindProgram)
				}
				b.procs[p.PID] = append(b.procs[p.PID], s)
			}
		}
	case "exited", "killed":
		for _, s := range b.procs[p.PID] {
			b.release(s, e, "the end of its process")
		}
		delete(b.procs, p.PID)
	case journal.Began, "blocked":
		b.blocks(e)
	case "signalled":
		b.signals = append(b.signals, e)
	}
}

// blocks notes that a thread is inside a call: that refers to the socket as a
// descriptor does, unless it is close() itself.
func (b *builder) blocks(e *journal.Event) {
	c := e.Process.Inside()
	if c == nil {
		return
	}
	s := b.byID[c.Descriptor().String()]
	if s == nil || e.Process.Event == "blocked" && len(s.blocked) > 0 {
		return // that it began has been noted
	}
	if c.Op != "close" {
		s.handles++
		s.blocked = append(s.blocked, e.N)
	}
}

// endOf is the end of the connection that a socket has, of those seen so far. Where
// addresses were used again, the i-th that connected has the i-th that opened actively.
func (b *builder) endOf(s *Socket) *End {
	if s.End != nil || s.Local == "" || s.Remote == "" {
		return s.End
	}
	var free, active []*End
	for _, e := range b.byPair[pair{s.Local, s.Remote}] {
		if !e.Passive {
			active = append(active, e)
		}
		if e.Socket == nil || e.Socket == s {
			free = append(free, e)
		}
	}
	if len(free) == 0 {
		return nil
	}
	unnamed := b.hasUnnamed(s)
	if unnamed && s.connected == 0 {
		return nil // what has opened may be of another, which is not known
	}
	e := free[len(free)-1]
	if s.connected != 0 && len(active) > 0 {
		i := b.turn(s)
		if unnamed {
			called := b.event(s.connected).T
			i = slices.IndexFunc(active, func(e *End) bool { return b.event(e.Born).T >= called })
		}
		if i < 0 || i >= len(active) || active[i].Socket != nil && active[i].Socket != s {
			return nil
		}
		e = active[i]
	}
	s.End, e.Socket = e, s
	return e
}

// turn is how many sockets had connected between the same addresses before this one.
func (b *builder) turn(s *Socket) int {
	n := 0
	for _, other := range b.holders[pair{s.Local, s.Remote}] {
		if other.connected != 0 && !other.noSYN && other.connected < s.connected {
			n++
		}
	}
	return n
}

// hasUnnamed says whether another socket of the host has connected to the same address from a port that is not
// known: it was not asked for it, and it may be the same.
func (b *builder) hasUnnamed(s *Socket) bool {
	return slices.ContainsFunc(b.Sockets, func(other *Socket) bool {
		return other != s && other.isUnnamed() && other.Host == s.Host && other.Remote == s.Remote
	})
}

// mayBeUnnamed says whether a socket of which the port is not known may have a pair of addresses.
func (b *builder) mayBeUnnamed(p pair) bool {
	return slices.ContainsFunc(b.Sockets, func(k *Socket) bool { return k.isUnnamed() && k.Remote == p.remote })
}
