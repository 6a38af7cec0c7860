package main

import (
	"slices"

	"sockproof/lib/live"
)

// maxStuckHeld bounds the sockets that wait, 48 bytes each, for their owners to
// be found. Each time that there are as many, all processes are looked through.
const maxStuckHeld = 1 << 17

// ownerSearch is how owners are found: live.Owners.
type ownerSearch func(wanted func(inode uint64) bool, held func(inode uint64, o live.Owner)) (reason string)

// stuckHeld are sockets that wait for their owners to be found.
type stuckHeld struct {
	chunks [][]stuckHeldSocket // of heldChunk each, so that growing moves nothing
	n      int
	index  []uint64     // inode and number of each, sorted: an inode may have several
	owners []live.Owner // those found so far
}

const heldChunk = 1 << 12

// stuckHeldSocket is a socket whose owner is looked for.
type stuckHeldSocket struct {
	stuckSocket
	owner  int32 // in owners, from 1; 0: none found
	shared bool  // by several processes
}

// socket is the socket of a number.
func (h *stuckHeld) socket(i int) *stuckHeldSocket { return &h.chunks[i/heldChunk][i%heldChunk] }

// add adds a socket. full: no more may be added.
func (h *stuckHeld) add(s stuckSocket) (full bool) {
	if h.n == len(h.chunks)*heldChunk {
		h.chunks = append(h.chunks, make([]stuckHeldSocket, heldChunk))
	}
	*h.socket(h.n) = stuckHeldSocket{stuckSocket: s}
	h.n++
	return h.n >= maxStuckHeld
}

// find looks through all processes for the owners, and says why one may not be visible.
func (h *stuckHeld) find(search ownerSearch) (why string) {
	if h.n == 0 {
		return ""
	}
	h.index, h.owners = h.index[:0], h.owners[:0]
	for i := range h.n {
		h.index = append(h.index, uint64(h.socket(i).inode)<<32|uint64(i))
	}
	slices.Sort(h.index)
	return search(func(inode uint64) bool { return len(h.with(inode)) > 0 }, h.held)
}

// forEach tells each socket and its owner, nil if none was found.
func (h *stuckHeld) forEach(f func(s *stuckSocket, o *live.Owner, shared bool)) {
	for i := range h.n {
		s, o := h.socket(i), (*live.Owner)(nil)
		if s.owner > 0 {
			o = &h.owners[s.owner-1]
		}
		f(&s.stuckSocket, o, s.shared)
	}
}

// forget makes room for others.
func (h *stuckHeld) forget() { h.n = 0 }

// with is that part of the index that begins with an inode's sockets; empty if
// it has none.
func (h *stuckHeld) with(inode uint64) []uint64 {
	at, _ := slices.BinarySearch(h.index, inode<<32)
	if at == len(h.index) || h.index[at]>>32 != inode {
		return nil
	}
	return h.index[at:]
}

// held notes an owner. Of several, the first keeps the sockets: processes come
// in the order of their numbers, and a parent's is mostly lower than its child's.
func (h *stuckHeld) held(inode uint64, o live.Owner) {
	if n := len(h.owners); n == 0 || h.owners[n-1].PID != o.PID {
		h.owners = append(h.owners, o)
	}
	last := int32(len(h.owners))
	for _, entry := range h.with(inode) {
		if entry>>32 != inode {
			break
		}
		switch s := h.socket(int(uint32(entry))); s.owner {
		case 0:
			s.owner = last
		case last: // another descriptor of the same process
		default:
			s.shared = true
		}
	}
}
