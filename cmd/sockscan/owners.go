package main

import (
	"iter"

	"sockproof/lib/live"
	"sockproof/lib/witness/tcpstate"
)

// ownerSearch is how owners are found: live.Owners.
type ownerSearch func(wanted func(inode uint64) bool, held func(inode uint64, fd int, o live.Owner)) (reason string)

// ownerIndex finds sockets and listeners by inode: an inode may have several, of an MPTCP connection.
type ownerIndex struct {
	l         *look
	byInode   *numberTable
	sockets   int // that have an inode
	listeners map[uint32][]*listener
	wanted    func(*live.Owner) bool // by the user
}

// indexOwners lists whose owners are looked for.
func (l *look) indexOwners(all bool, wanted func(*live.Owner) bool) *ownerIndex {
	x := &ownerIndex{l: l, wanted: wanted, listeners: map[uint32][]*listener{}, byInode: &l.numbers}
	l.numbers.reset(l.sockets.n)
	wantListener := func(v *listener) { x.listeners[v.inode] = append(x.listeners[v.inode], v) }
	waited := map[*listener]bool{}
	for i := range l.sockets.n {
		s := l.socket(i)
		if s.inode != 0 {
			x.byInode.add(hashOf(s.inode), i)
			x.sockets++
		} else if v := l.acceptor(s); v != nil {
			waited[v] = true
		}
	}
	for i := range l.spaces {
		for n := range l.spaces[i].listeners {
			if v := &l.spaces[i].listeners[n]; all || waited[v] || v.isInTrouble() || v.nowDrops > 0 {
				wantListener(v)
			}
		}
	}
	return x
}

// search looks through all processes, and, where some socket's is not among them, through all threads.
func (x *ownerIndex) search(processes, threads ownerSearch) {
	if x.sockets == 0 && len(x.listeners) == 0 {
		return
	}
	x.l.whyNoOwner = processes(x.wants, x.held)
	if x.misses() {
		threads(x.wantsStill, x.held)
	}
	x.conclude()
}

// misses says whether some owner was not found.
func (x *ownerIndex) misses() bool {
	for i := range x.l.sockets.n {
		if s := x.l.socket(i); s.inode != 0 && s.owner == 0 {
			return true
		}
	}
	for _, all := range x.listeners {
		if all[0].owner == 0 {
			return true
		}
	}
	return false
}

// wantsStill says whether the owner of an inode is looked for, and was not found.
func (x *ownerIndex) wantsStill(inode uint64) bool {
	for s := range x.with(inode) {
		return s.owner == 0
	}
	all := x.listeners[uint32(inode)]
	return all != nil && all[0].owner == 0
}

// conclude gives what waits in a queue the listener's owner, and counts what has none.
func (x *ownerIndex) conclude() {
	for i := range x.l.sockets.n {
		s := x.l.socket(i)
		if s.inode == 0 && !s.isOrphan() && s.state != tcpstate.TimeWait {
			if v := x.l.acceptor(s); v != nil {
				s.owner = v.owner
			}
		}
		if s.owner == 0 && !s.is(isPeer) && (s.inode != 0 || s.state == tcpstate.CloseWait || s.state == tcpstate.Established) {
			x.l.notVisible++
		}
	}
	for _, all := range x.listeners {
		for _, v := range all {
			if v.owner == 0 && v.isInTrouble() {
				x.l.notVisible++
			}
		}
	}
}

// wants says whether the owner of an inode is looked for.
func (x *ownerIndex) wants(inode uint64) bool {
	for range x.with(inode) {
		return true
	}
	return x.listeners[uint32(inode)] != nil
}

// with are the sockets of an inode.
func (x *ownerIndex) with(inode uint64) iter.Seq[*socket] {
	return func(yield func(*socket) bool) {
		for n := range x.byInode.with(hashOf(uint32(inode))) {
			if s := x.l.socket(n); uint64(s.inode) == inode && !yield(s) {
				return
			}
		}
	}
}

// hashOf spreads inodes, which follow one another.
func hashOf(inode uint32) uint64 { return uint64(inode) * 0x9e37_79b9_7f4a_7c15 }

// held notes an owner. Of several, the first keeps the sockets, for processes come in the order of their numbers,
// and a parent's is mostly lower than its child's; but one that the user asks for goes before others, and
// what opens sockets for others' sake only has them if nobody else has.
func (x *ownerIndex) held(inode uint64, fd int, o live.Owner) {
	l := x.l
	if n := len(l.owners); n == 0 || l.owners[n-1].PID != o.PID {
		l.owners = append(l.owners, o)
	}
	last := int32(len(l.owners))
	for s := range x.with(inode) {
		if s.owner != 0 && s.owner != last {
			s.flags |= isShared
		}
		if s.owner != last && x.goesBefore(last, s.owner) { // else it may be another descriptor of the same process
			s.owner, s.fd = last, int32(fd)
		}
	}
	for _, v := range x.listeners[uint32(inode)] {
		if x.goesBefore(last, v.owner) {
			v.owner = last
		}
		if v.lastHolder != last {
			v.lastHolder = last
			v.holders++
		}
	}
}

// goesBefore says whether an owner is named instead of the one that was found before; 0: none was.
func (x *ownerIndex) goesBefore(next, before int32) bool {
	if before == 0 {
		return true
	}
	a, b := x.l.owner(next), x.l.owner(before)
	if x.wanted(a) != x.wanted(b) {
		return x.wanted(a)
	}
	return opensForOthers(b) && !opensForOthers(a)
}

// opensForOthers says whether a process makes sockets that other programs are to use (systemd.socket(5)).
func opensForOthers(o *live.Owner) bool { return o.PID == 1 || o.Program == "systemd" }
