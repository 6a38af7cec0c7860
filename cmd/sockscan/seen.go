package main

import (
	"hash/maphash"
	"net/netip"

	"sockproof/lib/witness/diag"
)

// seenRecently is how many sockets are remembered to tell one that comes twice.
// A socket that changes its place during a dump stays in the same bucket of the
// kernel's hash, for that is by its addresses, an MPTCP one's by its token: so
// the second time follows closely.
const seenRecently = 64

// seenSockets tells sockets that a dump lists twice.
type seenSockets struct {
	last [seenRecently]seenSocket
	next int
}

// seenSocket is what tells sockets apart. The cookie alone does not:
// MPTCP's accepted sockets may all have their listener's.
type seenSocket struct {
	cookie        uint64
	local, remote netip.AddrPort
}

// again says whether a socket came before, and remembers it.
func (r *seenSockets) again(s *diag.Socket) bool {
	now := seenSocket{s.Cookie, s.Local, s.Remote}
	for i := range r.last {
		if r.last[i].cookie == now.cookie && r.last[i] == now {
			return true
		}
	}
	r.last[r.next] = now
	r.next = (r.next + 1) % seenRecently
	return false
}

// maxTwins bounds the MPTCP sockets whose connections are told from others.
const maxTwins = 1 << 16

// twins tells the TCP sockets that an MPTCP socket stands for already: its
// subflows, which have its token. Where the kernel does not tell that, and of one that fell
// back to TCP, which has none: by its inode, and the first by its addresses too. They are
// mostly ESTABLISHED to the end, but those of a socket that fell back to TCP, or
// whose peer has closed them one by one, are stuck themselves.
type twins struct {
	seed maphash.Seed
	keys map[uint64]struct{} // inodes, tokens, and hashes of addresses
	full bool                // some are not told
}

// note remembers an MPTCP socket.
func (t *twins) note(s *diag.Socket) {
	if t.keys == nil {
		t.seed, t.keys = maphash.MakeSeed(), map[uint64]struct{}{}
	}
	if t.full = t.full || len(t.keys) >= 3*maxTwins; t.full {
		return
	}
	t.keys[t.hash(s)] = struct{}{}
	if s.Inode != 0 {
		t.keys[s.Inode] = struct{}{}
	}
	if s.Token != 0 {
		t.keys[tokenKey|uint64(s.Token)] = struct{}{}
	}
}

// tokenKey tells tokens from inodes.
const tokenKey = 1 << 32

// has says whether a TCP socket belongs to an MPTCP socket.
func (t *twins) has(s *diag.Socket) bool {
	if t.keys == nil {
		return false
	}
	_, addresses := t.keys[t.hash(s)]
	_, inode := t.keys[s.Inode]
	_, token := t.keys[tokenKey|uint64(s.Token)]
	return addresses || inode && s.Inode != 0 || token && s.Token != 0
}

func (t *twins) hash(s *diag.Socket) uint64 {
	return maphash.Comparable(t.seed, [2]netip.AddrPort{s.Local, s.Remote})
}
