package diag

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"

	"sockproof/lib/witness/tcpstate"
)

// Linux's numbers of the address families.
const (
	FamilyIPv4 = 2  // AF_INET
	FamilyIPv6 = 10 // AF_INET6
)

// Socket is one TCP socket as the kernel's table shows it. A field that the
// kernel's reply was too short for is zero.
type Socket struct {
	// Family is the socket's own. An IPv6 socket may carry IPv4: its addresses
	// are then given as IPv4, not as IPv4 mapped into IPv6.
	Family    uint8
	Local     netip.AddrPort
	Remote    netip.AddrPort // unspecified, port 0: a listener
	Interface uint32         // index of the interface it is bound to; 0: none

	// State is Linux's number, see StateName. What waits out FIN_WAIT2 without
	// a socket is FIN_WAIT2 here, with the timer of TIME_WAIT.
	State       uint8
	Timer       uint8  // Linux's number, see TimerName
	TimerMS     uint32 // until that timer expires, milliseconds
	Retransmits uint8  // of what the timer is for: SYNs, data, window or keepalive probes

	// A FIN counts as a byte, until it has been read or acknowledged. Of an
	// MPTCP socket these are the memory taken, not bytes.
	RxQueue uint32 // bytes unread; a listener: connections waiting
	TxQueue uint32 // bytes not acknowledged; a listener: its backlog
	UID     uint32 // owner
	Inode   uint64 // of the descriptor; 0: TIME_WAIT, a request, an orphan, or not yet accepted
	// Cookie is the kernel's name for the socket, never used twice; but MPTCP's
	// accepted sockets may all have their listener's (Linux 6.18).
	Cookie uint64

	Info   Info   // as far as it was asked for, like what follows
	Flow   Flow   // not of an MPTCP socket
	Token  uint32 // of the MPTCP connection that it is, or is a subflow of; 0: of none, or not told
	Cgroup uint64 // the inode of its cgroup in the unified hierarchy; 0: not told
	Drops  uint32 // what it threw away; a listener: SYNs and last ACKs of handshakes, above all
}

// StateName is the state by the journal's name, "TIME_WAIT".
func (s *Socket) StateName() string { return tcpstate.Name(s.State) }

// TimerName is the timer that runs: off, on (retransmit), keepalive, timewait
// or persist (window probe), as in sock_diag(7).
func (s *Socket) TimerName() string {
	switch s.Timer {
	case 0:
		return "off"
	case 1:
		return "on"
	case 2:
		return "keepalive"
	case 3:
		return "timewait"
	case 4:
		return "persist"
	}
	return "timer " + strconv.Itoa(int(s.Timer))
}

// Offsets in struct inet_diag_msg (include/uapi/linux/inet_diag.h). What
// precedes offInterface is needed to make sense of the rest; what follows it
// is read as far as the message goes, and what goes on beyond is passed over.
const (
	offFamily    = 0
	offState     = 1
	offTimer     = 2
	offRetrans   = 3
	offLocalPort = 4 // ports and addresses are in network order, the rest in the host's
	offPeerPort  = 6
	offLocal     = 8
	offRemote    = 24
	offInterface = 40
	offCookie    = 44
	offExpires   = 52
	offRxQueue   = 56
	offTxQueue   = 60
	offUID       = 64
	offInode     = 68

	messageLen = 72 // the attributes begin here
)

// parseMessage reads the payload of one SOCK_DIAG_BY_FAMILY message. It is an
// error if the message ends before its addresses do, or is of a family that
// has no such addresses.
func parseMessage(b []byte) (Socket, error) {
	if len(b) < offInterface {
		return Socket{}, fmt.Errorf("sock_diag: reply cut short: %d bytes, of which the addresses take %d", len(b), offInterface)
	}
	s := Socket{
		Family:      b[offFamily],
		State:       b[offState],
		Timer:       b[offTimer],
		Retransmits: b[offRetrans],
		Interface:   field32(b, offInterface),
		TimerMS:     field32(b, offExpires),
		RxQueue:     field32(b, offRxQueue),
		TxQueue:     field32(b, offTxQueue),
		UID:         field32(b, offUID),
		Inode:       uint64(field32(b, offInode)),
	}
	if len(b) >= offCookie+8 { // half a cookie would be another socket's
		// Two words, the lower first, whatever the host's order (sock_diag_save_cookie).
		s.Cookie = uint64(field32(b, offCookie)) | uint64(field32(b, offCookie+4))<<32
	}
	var local, remote netip.Addr
	switch s.Family {
	case FamilyIPv4:
		local = netip.AddrFrom4([4]byte(b[offLocal : offLocal+4]))
		remote = netip.AddrFrom4([4]byte(b[offRemote : offRemote+4]))
	case FamilyIPv6:
		local = netip.AddrFrom16([16]byte(b[offLocal : offLocal+16])).Unmap()
		remote = netip.AddrFrom16([16]byte(b[offRemote : offRemote+16])).Unmap()
	default:
		return Socket{}, fmt.Errorf("sock_diag: reply of address family %d, neither AF_INET nor AF_INET6", s.Family)
	}
	s.Local = netip.AddrPortFrom(local, binary.BigEndian.Uint16(b[offLocalPort:]))
	s.Remote = netip.AddrPortFrom(remote, binary.BigEndian.Uint16(b[offPeerPort:]))
	return s, nil
}

// field64 reads 64 bits in the host's order, 0 if b does not have them.
func field64(b []byte, at int) uint64 {
	if len(b) < at+8 {
		return 0
	}
	return binary.NativeEndian.Uint64(b[at:])
}

// field32 reads 32 bits in the host's order, 0 if b does not have them.
func field32(b []byte, at int) uint32 {
	if len(b) < at+4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b[at:])
}
