package main

import (
	"sockproof/lib/live"
	"sockproof/lib/witness/diag"
)

// stuckReader takes in the sockets of the kernel's tables, one by one. What it
// keeps of them has bounds, however many there are: maxStuckHeld,
// maxStuckListeners, maxStuckTwins.
type stuckReader struct {
	tally    *stuckTally
	services *stuckServices
	search   ownerSearch
	seen     stuckSeen
	twins    stuckTwins
	held     stuckHeld
}

// take takes in a socket of MPTCP's table or of TCP's; MPTCP's come first.
func (r *stuckReader) take(s *diag.Socket, mptcp bool) {
	n, stuck := stuckOf(s, mptcp)
	if !stuck || r.seen.again(s) {
		return
	}
	if mptcp {
		r.twins.note(s)
		r.tally.doubled = r.twins.full
	} else if r.twins.has(s) {
		return
	}
	r.tally.add(&n, r.services.remoteOf(s))
	if n.kind == stuckNeverAccepted {
		n.inode = r.services.acceptor(s)
	}
	if n.inode == 0 {
		return
	}
	if full := r.held.add(n); full {
		r.findOwners()
	}
}

// findOwners finds the owners of the sockets that wait for that.
func (r *stuckReader) findOwners() {
	why := r.held.find(r.search)
	r.held.forEach(func(s *stuckSocket, o *live.Owner, shared bool) {
		if o == nil {
			r.tally.addNobody(s, why)
			return
		}
		r.tally.addOwner(s, *o, shared)
	})
	r.held.forget()
}
