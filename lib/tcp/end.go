package tcp

import (
	"sort"

	"sockproof/lib/journal"
)

// End is one end of one incarnation of a connection: what a correct TCP knows there.
// Its facts are the numbers of the events by which they came to be; 0: never.
type End struct {
	Local, Remote journal.Address
	Socket        *Socket // nil: no socket of the run is known to be it
	Born          int     // by the first segment
	Passive       bool    // opened by a SYN that came

	SynOut    int // the SYN left
	SynIn     int // the peer's SYN came
	SynAckIn  int // the peer's SYN-ACK came
	Opened    int // the last segment of the opening came: from here on it is synchronised
	Crossed   int // before that, the SYN-ACK of one whose SYNs crossed: with it Linux synchronises, or not
	FinOut    int
	FinIn     int // in order
	FinAcked  int // its own was acknowledged
	RstOut    int
	RstIn     int // one that TCP must accept
	ShutRead  int // by call
	ShutWrite int
	Closed    int // its last descriptor
	Destroyed int // by SOCK_DESTROY
	Nobody    int // data came for which nobody was left
	Overflow  int // what was to complete its opening met a full accept queue

	// Bulk is that segments of the connection were counted instead of kept, or that it was opened
	// by a SYN cookie of another: its numbers and bytes are not known.
	Bulk bool
	// Filtered is from where on a socket filter of the run's own decides what TCP sees.
	Filtered int

	iss, irs       uint32
	hasISS, hasIRS bool
	finSeq         uint32
	nextIn         uint32 // RCV.NXT
	nextOut        uint32 // SND.NXT
	unacked        uint32 // SND.UNA
	acked          uint32 // the highest number it has acknowledged
	hasAcked       bool
	edge           uint32 // the right edge of the window it has offered
	hasEdge        bool
	peerEdge       uint32 // of the window it was offered
	hasPeerEdge    bool
	scale          uint8
	peerScale      uint8
	stamped        bool
	recent         uint32 // TS.Recent (RFC 7323 §4.3)
	hasRecent      bool

	early    []early   // segments beyond a hole
	length   int       // of what was delivered in order
	stream   []byte    // its bytes
	kept     bool      // all of them were
	arrivals []arrival // how stream and nextIn grew
	sent     []sent
	in, out  []*Segment // every one that entered, and left, this end

	wrote     []byte // by successful calls
	wroteKept bool
	wroteLen  int
	writes    []progress // how wroteLen grew
	lastWrite int        // the event of the last one
	holdsBack bool       // MSG_MORE or TCP_CORK was in force at it
	reads     []read
	readTo    int
	readEnd   int // a read has returned 0

	outcomes []owed // what must leave because of a close or what came

	blindSince int    // from this event on its account is not complete
	blindWhy   reason // why
}

// scales notes whether both ends offered to scale their windows: if not, neither does (RFC 7323 §2.2).
func (e *End) scales(both bool) {
	if !both {
		e.scale, e.peerScale = 0, 0
	}
}

// early is a segment that came before what precedes it.
type early struct {
	seq  uint32
	data []byte
	len  int
	fin  bool
	n    int
}

// arrival is how far the delivered stream had grown by an event.
type arrival struct {
	n      int
	t      int64
	next   uint32 // RCV.NXT after it
	length int    // of the stream after it
}

// sent is a segment that left, and how things stood after it.
type sent struct {
	seg     *Segment
	again   bool   // nothing in it was new
	next    uint32 // SND.NXT after it
	unacked uint32 // SND.UNA then
}

// progress is a count at an event.
type progress struct{ n, count int }

// read is a call that took bytes from the stream.
type read struct {
	call   *journal.Event
	at     int // where in the stream
	length int
}

// owed is a segment that an event makes this end send.
type owed struct {
	n    int
	flag owedFlag
	why  string
}

type owedFlag uint8

const (
	owesFIN owedFlag = iota
	owesRST
)

// reason says why an end's account is not complete.
type reason uint8

const (
	sees         reason = iota
	blindGap            // numbers were skipped
	blindAck            // an acknowledgement does not fit
	blindWindow         // data came beyond the offered window
	blindClosed         // data came when nobody could read it
	blindPayload        // a payload was not kept
	blindUrgent         // urgent data came, which is read apart from the rest
	blindThreads        // a thread closed it under another's call
	blindProgram        // another program has it, whose calls are its own
)

// blind notes that the end's account is not complete from an event on.
func (e *End) blind(n int, why reason) {
	if e.blindSince == 0 {
		e.blindSince, e.blindWhy = n, why
	}
}

// blindAt is why the account was not complete at an event.
func (e *End) blindAt(n int) reason {
	if by(e.blindSince, n) {
		return e.blindWhy
	}
	if by(e.Filtered, n) {
		return blindAck
	}
	return sees
}

// by says whether something had happened when an event was recorded.
func by(fact, n int) bool { return fact != 0 && fact <= n }

// earliest is the first of some facts; 0: none happened.
func earliest(facts ...int) int {
	first := 0
	for _, f := range facts {
		if f != 0 && (first == 0 || f < first) {
			first = f
		}
	}
	return first
}

// Aborted is the event by which the connection was torn down without a FIN: a RST that
// came or left, SOCK_DESTROY. 0: it was not.
func (e *End) Aborted() int { return earliest(e.RstIn, e.RstOut, e.Destroyed) }

// NextAt is the sequence number that the end expected next (RCV.NXT) before an event; ok: the
// peer's SYN had come.
func (e *End) NextAt(n int) (next uint32, ok bool) {
	if e == nil || !e.hasIRS || !by(e.Born, n) {
		return 0, false
	}
	i := sort.Search(len(e.arrivals), func(i int) bool { return e.arrivals[i].n >= n })
	if i == 0 {
		return e.irs + 1, true
	}
	return e.arrivals[i-1].next, true
}

// WindowAt is the window that the end had offered last before an event, in bytes. That of a
// SYN is not scaled (RFC 7323 §2.2).
func (e *End) WindowAt(n int) int {
	window := 0
	for _, s := range e.out {
		if s.N >= n {
			break
		}
		window = int(s.Packet.Win)
		if !s.Has(synFlag) {
			window <<= e.scale
		}
	}
	return window
}

// StreamAt is how many bytes had been delivered in order when an event was recorded.
func (e *End) StreamAt(n int) int {
	i := sort.Search(len(e.arrivals), func(i int) bool { return e.arrivals[i].n > n })
	if i == 0 {
		return 0
	}
	return e.arrivals[i-1].length
}

// ReadAt is how many of them had been read.
func (e *End) ReadAt(n int) int {
	i := sort.Search(len(e.reads), func(i int) bool { return e.reads[i].call.N > n })
	if i == 0 {
		return 0
	}
	return e.reads[i-1].at + e.reads[i-1].length
}

// UnreadAt is how many bytes waited to be read.
func (e *End) UnreadAt(n int) int { return e.StreamAt(n) - e.ReadAt(n) }

// WrittenAt is how many bytes successful calls had written.
func (e *End) WrittenAt(n int) int { return lastBy(e.writes, n) }

// lastBy is the last count at an event or before it.
func lastBy(list []progress, n int) int {
	i := sort.Search(len(list), func(i int) bool { return list[i].n > n })
	if i == 0 {
		return 0
	}
	return list[i-1].count
}

// UnackedAt says how much of the sequence space it had sent and was not acknowledged.
func (e *End) UnackedAt(n int) int {
	next, unacked := e.iss, e.iss
	for i := range e.sent {
		if e.sent[i].seg.N > n {
			break
		}
		next = e.sent[i].next
	}
	for _, s := range e.in {
		if s.N > n {
			break
		}
		if s.Has(ackFlag) && after(s.Packet.Ack, unacked) && !after(s.Packet.Ack, next) {
			unacked = s.Packet.Ack
		}
	}
	return ahead(next, unacked)
}

// RetransmittedBy says whether a segment with data, SYN or FIN had been sent again.
func (e *End) RetransmittedBy(n int) bool {
	for i := range e.sent {
		if e.sent[i].seg.N <= n && e.sent[i].again {
			return true
		}
	}
	return false
}

// opening is the first segment that may have completed the opening. In one whose SYNs crossed
// Linux from 6.12 on, and 6.1.110, takes the SYN-ACK for that; before, it answers it like any
// SYN that comes to a connection, and only the ACK which its own SYN-ACK drew completes it
// (“tcp: Don't drop SYN+ACK for simultaneous connect()”).
func (e *End) opening() int {
	if e.Crossed != 0 {
		return e.Crossed
	}
	return e.Opened
}
