package main

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"time"

	"sockproof/lib/live"
	"sockproof/lib/portrange"
	"sockproof/lib/witness/tcpstate"
)

// look is what was seen of the machine at one time. Findings are made of it alone.
type look struct {
	at          time.Time
	took        time.Duration
	spaces      []space // the network namespaces that were looked into
	sockets     sockets
	owners      []live.Owner // of sockets and listeners, which number them from 1
	descriptors []descriptors
	machine     memory
	others      others // namespaces that were not looked into
	cgroups     map[uint64]string
	unseen      []unseen
	whyNoOwner  string // why an owner may not have been found
	notVisible  int    // sockets whose owner was not found

	saidMachine bool // that what is the machine's is not shown
	saidBound   bool // that bound sockets are not

	peers   []int32     // the number of each socket's other end; -1: it is not here
	numbers numberTable // by addresses while peers are found, then by inode
}

// space is one network namespace.
type space struct {
	name         string // empty: the caller's own
	seen         int    // TCP sockets in it, in all states
	timeWait     int
	connecting   int // in SYN_SENT
	listeners    []listener
	listening    portSet // that somebody listens on
	inUse        portSet // that open connections have which the kernel may have chosen
	destinations destinations
	addresses    map[[16]byte]bool // that its sockets have
	bound        []uint16          // ports of sockets that are bound and do nothing else
	counters     map[string]int64
	settings     tuning
	kept         kept
}

// listener is a socket that listens.
type listener struct {
	at              endpoint
	iface           uint32
	inode           uint32
	owner           int32
	holders         int    // processes that hold it: a server and its workers, mostly
	lastHolder      int32  // the last of those that was found
	waiting, limit  uint32 // connections to be accepted; the backlog: one more has room
	drops           uint32
	again           bool   // there was a second look, a moment later
	stillWaiting    uint32 // and what it saw
	accepts         bool   // some that waited at the first had been accepted by then
	nowDrops        uint32
	requests        int               // in SYN_RECV
	requestsRetried int               // those whose SYN-ACK was sent again
	sources         map[[16]byte]bool // addresses that they come from, as far as they were counted
}

// tuning is the settings of a namespace; 0: not known.
type tuning struct {
	ports        portrange.Range
	reserved     portrange.Reserved
	twReuse      int
	twReuseDelay millis
	timestamps   int
	finTimeout   millis
	retries2     int
	rtoMax       millis
	maxTimeWait  int64
	conntrackMax int64
}

// descriptors are how many a process has open, and may have.
type descriptors struct {
	live.Owner
	open, limit int
	sockets     int // -1: not visible
}

// others are the network namespaces of the machine beside those that were looked into.
type others struct {
	withSockets int // that have TCP sockets
	unknown     int // processes whose namespace may not be seen; -1: nor how many they are
}

// unseen is something that was not looked at, and of which kinds it could have shown more.
type unseen struct {
	What  string   `json:"what"`
	Kinds []string `json:"kinds"`
}

// sockets are those that are kept, in pieces so that growing moves nothing.
type sockets struct {
	pieces [][]socket
	n      int
}

const pieceLen = 1 << 10

func (t *sockets) at(i int) *socket { return &t.pieces[i/pieceLen][i%pieceLen] }

func (t *sockets) add(s socket) int {
	if t.n == len(t.pieces)*pieceLen {
		t.pieces = append(t.pieces, make([]socket, pieceLen))
	}
	*t.at(t.n) = s
	t.n++
	return t.n - 1
}

// socket is the socket of a number.
func (l *look) socket(i int) *socket { return l.sockets.at(i) }

// space is the namespace of a socket.
func (l *look) space(s *socket) *space { return &l.spaces[s.space] }

// age is that of a socket's state.
func (l *look) age(s *socket) age { return s.age(l.space(s).settings.finTimeout) }

// owner is a process by its number; nil: none was found.
func (l *look) owner(n int32) *live.Owner {
	if n == 0 {
		return nil
	}
	return &l.owners[n-1]
}

// tuples finds sockets by their addresses, while they are paired.
type tuples struct {
	seed maphash.Seed
	by   *numberTable
}

// hash is of a connection as one of its ends has it.
func (t *tuples) hash(local, remote endpoint) uint64 {
	return maphash.Comparable(t.seed, [2]endpoint{local, remote})
}

// index finds the other end of each socket.
func (l *look) index() {
	l.numbers.reset(l.sockets.n)
	t := tuples{maphash.MakeSeed(), &l.numbers}
	for i := range l.sockets.n {
		s := l.socket(i)
		t.by.add(t.hash(s.local, s.remote), i)
	}
	l.peers = slices.Grow(l.peers[:0], l.sockets.n)
	for i := range l.sockets.n {
		l.peers = append(l.peers, int32(l.findPeer(&t, i)))
	}
	for i := range l.peers {
		if p := l.peer(i); p >= 0 && l.socket(p).space != l.socket(i).space && l.peer(p) != i {
			l.peers[i] = -1 // it has another, or may have
		}
	}
}

// peer is the number of the socket at the other end, -1 if it is not among those that were
// looked at.
func (l *look) peer(i int) int { return int(l.peers[i]) }

// findPeer finds it by its addresses. Those of the host itself mean another place in each namespace, and
// others may too: where several namespaces have them, which one's is not known.
func (l *look) findPeer(t *tuples, i int) int {
	s, elsewhere := l.socket(i), -1
	for n := range t.by.with(t.hash(s.remote, s.local)) {
		p := l.socket(n)
		near := p.space == s.space || !s.local.addr().IsLoopback()
		alike := p.is(isMPTCP) == s.is(isMPTCP) || (p.flags|s.flags)&isFallback != 0
		switch {
		case n == i || p.local != s.remote || p.remote != s.local || !near || !alike:
		case p.space == s.space:
			return n
		case elsewhere >= 0:
			return -1
		default:
			elsewhere = n
		}
	}
	return elsewhere
}

// acceptor is the listener that has a connection in its queue; nil: it is not known. Of several at one address the kernel does
// not tell which: it is known where one alone has a queue.
func (l *look) acceptor(s *socket) (only *listener) {
	v := l.space(s)
	at := v.acceptorAt(s.local)
	if at == nil {
		return nil
	}
	if v.listenersAt(at.at) == 1 {
		return at
	}
	for i := range v.listeners {
		if o := &v.listeners[i]; o.at == at.at && o.waiting > 0 {
			if only != nil {
				return nil
			}
			only = o
		}
	}
	return only
}

// listenersAt is how many listen at just this address (SO_REUSEPORT).
func (v *space) listenersAt(at endpoint) (n int) {
	if !v.listens(at.port) {
		return 0
	}
	for i := range v.listeners {
		if v.listeners[i].at == at {
			n++
		}
	}
	return n
}

// acceptorAt is the listener for connections to an address: one that is bound to it, or to all; nil: it is not known.
func (v *space) acceptorAt(at endpoint) (best *listener) {
	if !v.listens(at.port) {
		return nil
	}
	for i := range v.listeners {
		switch l := &v.listeners[i]; {
		case l.at == at:
			return l
		case l.at.port == at.port && l.at.addr().IsUnspecified() && (best == nil || l.at.addr().Is4()) && (at.addr().Is4() || !l.at.addr().Is4()):
			best = l // of an address of IPv4 also one for IPv6, where there is no other
		}
	}
	return best
}

// addListener adds one.
func (v *space) addListener(l listener) {
	v.listening.add(l.at.port)
	v.listeners = append(v.listeners, l)
}

// listens says whether somebody listens on a port, at whatever address.
func (v *space) listens(port uint16) bool { return v.listening.has(port) }

// portSet has a bit for each port.
type portSet [1 << 16 / 64]uint64

func (s *portSet) add(port uint16)      { s[port/64] |= 1 << (port % 64) }
func (s *portSet) has(port uint16) bool { return s[port/64]&(1<<(port%64)) != 0 }

func (s *portSet) size() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// placeOf finds the service's end: where somebody listens, or else where the port is none that
// the kernel chooses for clients.
func (l *look) placeOf(s *socket) place {
	v := l.space(s)
	clients := v.settings.ports
	if v.listens(s.local.port) || !clients.Contains(s.local.port) && clients.Contains(s.remote.port) {
		return place{in: true, service: s.local, peer: s.remote.ip, iface: s.iface}
	}
	return place{service: s.remote, iface: s.iface}
}

// isOrphan says whether a socket was closed by its program: it has no owner any more.
func (s *socket) isOrphan() bool {
	return s.inode == 0 && s.state != tcpstate.CloseWait && s.state != tcpstate.Established && s.state != tcpstate.TimeWait
}
