package main

import "sockproof/lib/live"

// stuckTally is what a scan found, added up. Its memory has a bound, maxStuckGroups.
type stuckTally struct {
	kinds      [stuckKinds]stuckTallyKind
	notVisible int    // sockets whose owner was not found
	whyNot     string // the reason
	whyNoMPTCP string // why MPTCP's sockets are not among them; empty: they are
	doubled    bool   // some connections of MPTCP sockets may have been counted too
}

// stuckTallyKind is what was added up of one kind.
type stuckTallyKind struct {
	stuckSum
	notVisible int
	programs   stuckGroups[live.Owner]
	remotes    stuckGroups[stuckRemote]
}

// add adds a socket, whose owner is added when it is known.
func (t *stuckTally) add(s *stuckSocket, to stuckRemote) {
	k := &t.kinds[s.kind]
	k.add(s)
	k.remotes.of(to).add(s)
}

// addOwner adds a socket that was added before to its owner's.
func (t *stuckTally) addOwner(s *stuckSocket, o live.Owner, shared bool) {
	g := t.kinds[s.kind].programs.of(o)
	g.add(s)
	if shared {
		g.shared++
	}
}

// addNobody notes that nobody was found who owns a socket.
func (t *stuckTally) addNobody(s *stuckSocket, why string) {
	t.kinds[s.kind].notVisible++
	t.notVisible++
	t.whyNot = why
}

// stuck is how many sockets are stuck: all but those in TIME_WAIT, which is as
// it should be.
func (t *stuckTally) stuck() int {
	n := 0
	for k := range t.kinds {
		if stuckKind(k) != stuckTimeWait {
			n += t.kinds[k].sockets
		}
	}
	return n
}
