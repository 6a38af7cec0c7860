package main

import (
	"cmp"
	"slices"

	"sockproof/lib/live"
	"sockproof/lib/witness/tcpstate"
)

// maxGroups bounds the groups of one look that are told apart by peer. What comes later is
// grouped by program alone.
const maxGroups = 1024

// grouper puts sockets with the same fault, program and peer together.
type grouper struct {
	l      *look
	o      *options
	by     map[groupKey]*finding
	order  []*finding
	folded int
}

// groupKey is what the sockets of a finding have in common.
type groupKey struct {
	cause        *cause
	space        uint16
	owner, other int32
	place        place
	waits        endpoint
	cgroup       uint64
}

// add adds a socket.
func (g *grouper) add(k *kind, c *cause, i int) {
	l, s := g.l, g.l.socket(i)
	key := groupKey{cause: c, space: s.space, owner: s.owner, place: l.placeOf(s)}
	if s.owner == 0 {
		key.cgroup = s.cgroup
	}
	if p := l.peer(i); p >= 0 {
		key.other = l.socket(p).owner
	}
	backend := g.o.relays[i]
	if backend != nil {
		key.waits = l.socket(backend.with).remote
	}
	f := g.by[key]
	if f == nil {
		f = g.make(k, &key)
	}
	f.addSocket(l, s, i)
	if backend != nil {
		f.members = append(f.members, int32(backend.with))
		f.waitsFor, f.waits = key.waits, l.owner(backend.waits)
	}
}

// make makes a group, or finds the one that takes what is too much.
func (g *grouper) make(k *kind, key *groupKey) *finding {
	if g.by == nil {
		g.by = map[groupKey]*finding{}
	}
	if len(g.by) >= maxGroups {
		g.folded++
		key.place.peer, key.other, key.waits, key.cgroup = [16]byte{}, 0, endpoint{}, 0
		if !key.place.in {
			key.place = place{}
		}
		if f := g.by[*key]; f != nil {
			return f
		}
	}
	f := &finding{
		kind: k, cause: key.cause, space: key.space, place: key.place, cgroup: key.cgroup,
		owner: g.l.owner(key.owner), other: g.l.owner(key.other), oldest: age{untold, untold},
	}
	if v := &g.l.spaces[key.space]; f.cause.isListeners() {
		if at := v.acceptorAt(key.place.service); at != nil {
			f.listeners = v.listenersAt(at.at)
		}
	}
	g.by[*key] = f
	g.order = append(g.order, f)
	return f
}

// of are a kind's findings, the biggest first.
func (g *grouper) of(k *kind) (all []finding) {
	for _, f := range g.order {
		if f.kind == k {
			all = append(all, *f)
		}
	}
	slices.SortStableFunc(all, func(a, b finding) int {
		return cmp.Or(cmp.Compare(b.sockets, a.sockets), cmp.Compare(pidOf(a.owner), pidOf(b.owner)), a.place.service.compare(b.place.service))
	})
	return all
}

func pidOf(o *live.Owner) int {
	if o == nil {
		return 0
	}
	return o.PID
}

// addSocket adds what a socket comes to.
func (f *finding) addSocket(l *look, s *socket, i int) {
	a := l.age(s)
	if f.sockets == 0 {
		f.oldest = a
	} else {
		f.oldest = f.oldest.older(a)
	}
	f.sockets++
	f.members = append(f.members, int32(i))
	f.unread += uint64(s.unread())
	f.unacked += uint64(s.unacked())
	if s.is(isMPTCP) {
		f.mptcp++
	}
	if s.is(isShared) {
		f.shared++
	}
	if s.owner == 0 && s.inode != 0 {
		f.hidden++
	}
	if s.state == tcpstate.CloseWait && s.inode != 0 && s.rx == 0 && !s.is(isMPTCP) {
		f.endRead++
	}
	if s.timer == timerTimeWait {
		f.left = max(f.left, s.timerLeft)
	}
	if g := l.givesUp(s); g != (span{}) {
		f.givesUp = f.givesUp.later(g)
	}
}

// later is when the last of two ends.
func (a span) later(b span) span { return span{max(a.atLeast, b.atLeast), max(a.atMost, b.atMost)} }
