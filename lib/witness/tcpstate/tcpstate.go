// Package tcpstate names the numbers by which Linux gives a TCP socket's state,
// in sock_diag's replies and in the first byte of TCP_INFO.
package tcpstate

import (
	"strconv"

	"sockproof/lib/journal"
)

// The states by Linux's numbers (include/net/tcp_states.h).
const (
	Established = 1
	SynSent     = 2
	SynRecv     = 3
	FinWait1    = 4
	FinWait2    = 5
	TimeWait    = 6
	Close       = 7
	CloseWait   = 8
	LastAck     = 9
	Listen      = 10
	Closing     = 11
	NewSynRecv  = 12 // SYN_RECV while it is only a request, not yet a socket
	Bound       = 13 // CLOSE, of a socket that is bound to a port and does not listen: dumps alone know it, from Linux 6.8 on
)

// Name is the journal's name of state n, "state 99" if n is none that is known.
func Name(n uint8) string {
	switch n {
	case Established:
		return journal.Established
	case SynSent:
		return journal.SynSent
	case SynRecv, NewSynRecv:
		return journal.SynRecv
	case FinWait1:
		return journal.FinWait1
	case FinWait2:
		return journal.FinWait2
	case TimeWait:
		return journal.TimeWait
	case Close:
		return journal.Close
	case CloseWait:
		return journal.CloseWait
	case LastAck:
		return journal.LastAck
	case Listen:
		return journal.Listen
	case Closing:
		return journal.Closing
	}
	return "state " + strconv.Itoa(int(n))
}
