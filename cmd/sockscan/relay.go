package main

import (
	"cmp"
	"slices"

	"sockproof/lib/witness/tcpstate"
)

// relay is the other side of a connection that a relay holds.
type relay struct {
	with  int   // number of its FIN_WAIT2 socket
	waits int32 // the owner of that one's other end; 0: not known
}

// relaySide are the sockets of one process that may be those of a relay.
type relaySide struct{ closeWait, finWait2 []int32 }

// pairRelays finds which connection in CLOSE_WAIT a program has passed on: the same process has shut down
// another one, and that began as the FIN came, by the bounds of their ages. Each is in one pair. Those of programs
// that have as many of both, of which the ages do not tell, may be relayed.
func (l *look) pairRelays() (pairs map[int]*relay, may map[int32]bool) {
	sides := map[int32]*relaySide{}
	for i := range l.sockets.n {
		s := l.socket(i)
		if s.owner == 0 || s.inode == 0 || s.state != tcpstate.CloseWait && s.state != tcpstate.FinWait2 {
			continue
		}
		if p := l.peer(i); p >= 0 && l.socket(p).owner == s.owner && s.state == tcpstate.FinWait2 {
			continue // both ends are this process's: it waits for itself
		}
		side := sides[s.owner]
		if side == nil {
			side = &relaySide{}
			sides[s.owner] = side
		}
		if s.state == tcpstate.CloseWait {
			side.closeWait = append(side.closeWait, int32(i))
		} else {
			side.finWait2 = append(side.finWait2, int32(i))
		}
	}
	pairs, may = map[int]*relay{}, map[int32]bool{}
	for owner, side := range sides {
		if len(side.closeWait) > 0 && len(side.finWait2) > 0 {
			paired := l.pairSide(side, pairs)
			may[owner] = paired < len(side.closeWait) && len(side.finWait2) >= len(side.closeWait)
		}
	}
	return pairs, may
}

// beganTogether says whether two states surely began at the same time. Where keepalive probes are answered the ages' bounds
// are far apart, and then nearly all overlap.
func (l *look) beganTogether(c, f *socket) bool {
	came, passed := l.age(c), l.age(f)
	if !came.overlaps(passed) {
		return false
	}
	if c.timer == timerKeepalive || f.timer == timerKeepalive {
		return came.isNarrow() && passed.isNarrow()
	}
	return max(came.atLeast, passed.atLeast)-min(came.atLeast, passed.atLeast) < young
}

// pairSide pairs the sockets of one process, those that are alike in age first.
func (l *look) pairSide(side *relaySide, pairs map[int]*relay) (n int) {
	byAge := func(a, b int32) int {
		return cmp.Compare(l.age(l.socket(int(b))).atLeast, l.age(l.socket(int(a))).atLeast)
	}
	slices.SortFunc(side.closeWait, byAge)
	slices.SortFunc(side.finWait2, byAge)
	next := 0
	for _, number := range side.closeWait {
		c := int(number)
		for at := next; at < len(side.finWait2); at++ {
			f := int(side.finWait2[at])
			if !l.beganTogether(l.socket(c), l.socket(f)) {
				continue
			}
			pairs[c] = &relay{with: f}
			if p := l.peer(f); p >= 0 {
				pairs[c].waits = l.socket(p).owner
			}
			side.finWait2[at] = side.finWait2[next]
			next++
			n++
			break
		}
	}
	return n
}
