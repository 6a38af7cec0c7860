package main

import (
	"math"

	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// millis is for how long something has not happened, or until it will.
type millis uint32

// untold is what the kernel did not say.
const untold millis = math.MaxUint32

func millisOf(s diag.Since) millis {
	if !s.Told {
		return untold
	}
	return millis(s.MS)
}

// socket is what a look keeps of a socket that may have something wrong, or is the other end
// of one. There may be many: a field more costs memory for each.
type socket struct {
	local, remote endpoint
	iface         uint32
	inode         uint32 // 0: TIME_WAIT, a request, an orphan, or not yet accepted
	owner         int32  // in look.owners, from 1; 0: none was found
	fd            int32  // of the owner
	rx, tx        uint32 // as in diag.Socket
	timerLeft     millis
	sent          millis // since data was last sent, received, and anything acknowledged
	received      millis
	acked         millis
	rto           uint32 // microseconds
	cgroup        uint64
	space         uint16 // in look.spaces
	state         uint8
	timer         uint8
	retransmits   uint8
	backoff       uint8
	flags         socketFlags
}

type socketFlags uint16

const (
	isMPTCP    socketFlags = 1 << iota
	isFallback             // an MPTCP socket that is TCP on the wire
	isShared               // several processes hold it
	isPeer                 // kept only as the other end of one that may have something wrong
	isInfo                 // TCP_INFO was asked for
	hasSent                // data
	isClosed               // its window: the peer may send nothing
	isLasting              // it was in its state a second before, too
	hasRoom                // the peer's window takes a segment, or all that waits
)

func (s *socket) is(f socketFlags) bool { return s.flags&f != 0 }

// The numbers of sock_diag's timers (sock_diag(7)).
const (
	timerOff        = 0
	timerRetransmit = 1
	timerKeepalive  = 2
	timerTimeWait   = 3
	timerPersist    = 4
)

// socketOf takes what is kept of a socket.
func socketOf(d *diag.Socket, space uint16, flags socketFlags) socket {
	if d.Info.Fallback {
		flags |= isFallback
	}
	s := socket{
		local: endpointOf(d.Local), remote: endpointOf(d.Remote), iface: d.Interface, inode: uint32(d.Inode),
		rx: d.RxQueue, tx: d.TxQueue, timerLeft: millis(d.TimerMS),
		sent: millisOf(d.Info.LastDataSent), received: millisOf(d.Info.LastDataRecv), acked: millisOf(d.Info.LastAckRecv),
		rto: d.Flow.RTO, cgroup: d.Cgroup, space: space,
		state: d.State, timer: d.Timer, retransmits: d.Retransmits, backoff: d.Flow.Backoff, flags: flags,
	}
	if d.Flow.DataSegments > 0 {
		s.flags |= hasSent
	}
	if d.Flow.PeerTold && d.Flow.PeerWindow >= min(d.Flow.MSS, d.TxQueue) {
		s.flags |= hasRoom
	}
	if d.Flow.WindowTold && d.Flow.Window == 0 {
		s.flags |= isClosed
	}
	if flags&isFallback != 0 {
		s.acked = untold // of MPTCP's own acknowledgements only
	}
	return s
}

// unread is how many bytes the program has not read: a FIN counts as one in the queue, and
// MPTCP's queues are the memory that they take.
func (s *socket) unread() uint32 {
	if s.is(isMPTCP) {
		return 0
	}
	return withoutFIN(s.rx, s.state == tcpstate.CloseWait || s.state == tcpstate.LastAck || s.state == tcpstate.Closing)
}

// unacked is how many bytes the peer has not acknowledged.
func (s *socket) unacked() uint32 {
	if s.is(isMPTCP) {
		return 0
	}
	return withoutFIN(s.tx, s.state == tcpstate.FinWait1 || s.state == tcpstate.LastAck || s.state == tcpstate.Closing)
}

func withoutFIN(bytes uint32, fin bool) uint32 {
	if fin && bytes > 0 {
		return bytes - 1
	}
	return bytes
}

// isSelfConnected says whether a socket's peer is the socket itself: a 4-tuple names one socket
// of a namespace.
func (s *socket) isSelfConnected() bool {
	return s.local == s.remote && s.state != tcpstate.Listen && s.state != tcpstate.SynSent
}
