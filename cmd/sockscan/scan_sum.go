package main

// stuckSum adds up sockets.
type stuckSum struct {
	sockets int
	mptcp   int
	endRead int
	orphans int
	shared  int // held by other processes too
	age     stuckAge
	leftMS  uint32
	unread  uint64
	unacked uint64
	unsent  uint64
}

// add adds a socket.
func (t *stuckSum) add(s *stuckSocket) {
	one := stuckSum{
		sockets: 1, mptcp: oneIf(s.mptcp), endRead: oneIf(s.endRead), orphans: oneIf(s.orphan),
		age: s.age, leftMS: s.leftMS,
		unread: uint64(s.unread), unacked: uint64(s.unacked), unsent: uint64(s.unsent),
	}
	t.merge(&one)
}

func oneIf(is bool) int {
	if is {
		return 1
	}
	return 0
}

// merge adds the sockets of another sum.
func (t *stuckSum) merge(o *stuckSum) {
	if t.sockets == 0 {
		t.age = o.age
	} else if o.sockets > 0 {
		t.age = t.age.older(o.age)
	}
	t.sockets += o.sockets
	t.mptcp += o.mptcp
	t.endRead += o.endRead
	t.orphans += o.orphans
	t.shared += o.shared
	t.leftMS = max(t.leftMS, o.leftMS)
	t.unread += o.unread
	t.unacked += o.unacked
	t.unsent += o.unsent
}
