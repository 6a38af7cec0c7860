package main

import (
	"errors"
	"time"

	"sockproof/lib/cli"
	"sockproof/lib/live"
	"sockproof/lib/network"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// scanner looks at one or more network namespaces, as often as it is asked to.
type scanner struct {
	o      *options
	places []*opened
	unseen []unseen // namespaces that could not be entered
	others others
	drops  map[dropKey]uint32 // what listeners had dropped at the look before
}

// dropKey is a listener.
type dropKey struct {
	space uint16
	inode uint32
}

// rememberDrops keeps them for the next look.
func (s *scanner) rememberDrops(l *look) {
	s.drops = map[dropKey]uint32{}
	for n := range l.spaces {
		for i := range l.spaces[n].listeners {
			v := &l.spaces[n].listeners[i]
			s.drops[dropKey{uint16(n), v.inode}] = max(v.drops, v.nowDrops)
		}
	}
}

// opened is a namespace that is open.
type opened struct {
	space    *live.Space
	name     string
	network  string // as the kernel names it
	cookie   uint64 // its number; 0: this kernel has none
	conn     *diag.Conn
	counters *live.Counters
}

// openScanner opens what is to be looked at.
func openScanner(o *options) (*scanner, error) {
	s := &scanner{o: o}
	own, err := openPlace(o.place, o.place.String())
	if err != nil {
		return nil, err
	}
	s.places = append(s.places, own)
	if err := s.findPID(); err != nil {
		s.close()
		return nil, err
	}
	if o.place == (live.Place{}) {
		s.openOthers()
	}
	return s, nil
}

// findPID refuses a --pid that nobody has.
func (s *scanner) findPID() error {
	if pid := s.o.filter.pid; pid != 0 && !live.IsProcess(pid) {
		return cli.Usagef("flag \"--pid\": value \"%d\": no such process here", pid)
	}
	return nil
}

// openOthers opens the other namespaces, or only counts them.
func (s *scanner) openOthers() {
	all, hidden := live.Namespaces()
	if !s.o.allNetns {
		s.others.unknown = hidden
	}
	for _, n := range all {
		if !s.o.allNetns {
			if n.HasSockets {
				s.others.withSockets++
			}
			continue
		}
		p, err := openPlace(n.Place, n.Name)
		if err != nil {
			s.unseen = append(s.unseen, unseen{n.Name + ": " + err.Error(), kindNames()})
			continue
		}
		s.places = append(s.places, p)
	}
	if s.o.allNetns && hidden != 0 {
		of := "processes that /proc hides"
		if hidden > 0 {
			of = pluralOf("process", "processes", hidden)
		}
		s.unseen = append(s.unseen, unseen{"the network namespaces of " + of + " cannot be counted without privilege", kindNames()})
	}
}

func openPlace(p live.Place, name string) (*opened, error) {
	space, err := live.OpenSpace(p)
	if err != nil {
		return nil, err
	}
	o := &opened{space: space, name: name}
	err = space.In(func() (err error) {
		o.network = live.NetworkOf(0)
		o.cookie, _ = network.Cookie() // where it is needed, another's socket is asked too, and that error is told
		if o.conn, err = diag.Open(); err != nil {
			return err
		}
		o.counters, err = live.OpenCounters(live.Place{})
		return err
	})
	if err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

func (p *opened) close() {
	if p.conn != nil {
		_ = p.conn.Close() // it has answered
	}
	if p.counters != nil {
		p.counters.Close()
	}
	p.space.Close()
}

func (s *scanner) close() {
	for _, p := range s.places {
		p.close()
	}
}

// look looks once.
func (s *scanner) look() (*look, error) {
	began := time.Now()
	l := &look{at: began, others: s.others}
	l.unseen = append(l.unseen, s.unseen...)
	h := heldBy(s.o.filter.pid)
	for i, p := range s.places {
		l.spaces = append(l.spaces, space{name: p.name})
		r := reader{look: l, space: uint16(i), o: s.o, conn: p.conn, drops: s.drops, unmet: h.unmet}
		if err := r.read(p); err != nil {
			return nil, err
		}
	}
	l.index()
	s.readPeers(l)
	read := time.Now()
	if err := s.readListenersAgain(l); err != nil {
		return nil, err
	}
	s.readDoubtfulAgain(l, read.Add(time.Duration(young)*time.Millisecond))
	l.findOwners(s.o)
	if err := s.missElsewhere(l, h); err != nil {
		return nil, err
	}
	s.findDescriptors(l)
	l.nameCgroups()
	s.rememberDrops(l)
	l.took = time.Since(began)
	return l, nil
}

// aMoment is how long after the first the second look at a full queue is.
const aMoment = 200 * time.Millisecond

// readListenersAgain looks again at queues that are full, or were.
func (s *scanner) readListenersAgain(l *look) error {
	if !l.wantsAnotherLook() {
		return nil
	}
	time.Sleep(aMoment)
	for i, p := range s.places {
		r := reader{look: l, space: uint16(i), o: s.o, conn: p.conn}
		if err := r.readListenersAgain(); err != nil {
			return err
		}
	}
	s.readQueuedAgain(l)
	return nil
}

// fewQueued of each full queue are asked for again: the kernel hands them out in the order in which they came.
const fewQueued = 64

// readQueuedAgain looks whether some of those that waited in full queues have been accepted.
func (s *scanner) readQueuedAgain(l *look) {
	asked := map[*listener]int{}
	for i := range l.sockets.n {
		k := l.socket(i)
		if !waitsToBeAccepted(k.inode, k.state) {
			continue
		}
		v := l.acceptor(k)
		if v == nil || !v.isFull() || v.accepts || asked[v] == fewQueued {
			continue
		}
		asked[v]++
		d, found, err := s.places[k.space].conn.Lookup(k.local.addrPort(), k.remote.addrPort())
		v.accepts = err == nil && (!found || !waitsToBeAccepted(uint32(d.Inode), d.State))
	}
}

// waitsToBeAccepted says whether a socket is in a listener's queue. Its peer may have given up.
func waitsToBeAccepted(inode uint32, state uint8) bool {
	return inode == 0 && (state == tcpstate.Established || state == tcpstate.CloseWait)
}

// wantsAnotherLook says whether some queue does.
func (l *look) wantsAnotherLook() bool {
	for i := range l.spaces {
		for n := range l.spaces[i].listeners {
			if l.spaces[i].listeners[n].isWorthAnotherLook() {
				return true
			}
		}
	}
	return false
}

// readDoubtfulAgain looks again, at a time that is a second later, at sockets whose state may be young, or not: what is
// still in it is not.
func (s *scanner) readDoubtfulAgain(l *look, at time.Time) {
	var doubtful []*socket
	for i := range l.sockets.n {
		if k := l.socket(i); !k.is(isPeer) && !k.is(isMPTCP) && l.age(k).isDoubtful() {
			doubtful = append(doubtful, k)
		}
	}
	if len(doubtful) == 0 {
		return
	}
	time.Sleep(time.Until(at))
	left := max(len(doubtful)-maxPeerLookups, 0)
	for _, k := range doubtful[:len(doubtful)-left] {
		d, found, err := s.places[k.space].conn.LookupInfo(k.local.addrPort(), k.remote.addrPort(), k.iface)
		if err != nil {
			left++
		} else if found && d.State == k.state && uint32(d.Inode) == k.inode {
			k.flags |= isLasting
		}
	}
	if left > 0 {
		l.unseen = append(l.unseen, unseen{"for how long " + plural("socket", left) + " have been half closed", []string{closeWait.name, finWait2.name, orphan.name}})
	}
}

// maxPeerLookups bounds how many other ends are asked for one by one.
const maxPeerLookups = 10_000

// readPeers asks for the other ends of sockets that may have something wrong, where they are on this machine
// and were not among those.
func (s *scanner) readPeers(l *look) {
	local := l.localAddresses()
	asked, left := 0, 0
	for i := range l.sockets.n {
		k := l.socket(i)
		if !local[k.remote.ip] || k.isSelfConnected() || i < len(l.peers) && l.peer(i) >= 0 {
			continue
		}
		if asked++; asked > maxPeerLookups {
			left++
			continue
		}
		s.readPeer(l, k)
	}
	if left > 0 {
		l.unseen = append(l.unseen, unseen{"the other ends of " + plural("socket", left), []string{closeWait.name, finWait2.name}})
	}
	if asked > 0 {
		l.index()
	}
}

// readPeer asks for one other end, in each namespace where it may be: the socket's own, or all others.
func (s *scanner) readPeer(l *look, k *socket) {
	if s.findsPeer(l, k, int(k.space)) {
		return
	}
	for n := range s.places {
		if n != int(k.space) && !k.remote.addr().IsLoopback() {
			s.findsPeer(l, k, n)
		}
	}
}

// findsPeer asks for it in one.
func (s *scanner) findsPeer(l *look, k *socket, n int) bool {
	d, found, err := s.places[n].conn.LookupInfo(k.remote.addrPort(), k.local.addrPort(), k.iface)
	if err != nil || !found { // nor is one that is bound to another interface
		return false
	}
	l.sockets.add(socketOf(&d, uint16(n), isPeer|isInfo))
	return true
}

// localAddresses are those of sockets of this machine: an address of the machine that no socket has is no
// socket's peer.
func (l *look) localAddresses() map[[16]byte]bool {
	local := map[[16]byte]bool{}
	for i := range l.spaces {
		for ip := range l.spaces[i].addresses {
			local[ip] = true
		}
	}
	return local
}

// isInterrupted knows the error of a dump that may have gaps.
func isInterrupted(err error) bool { return errors.Is(err, diag.ErrInterrupted) }
