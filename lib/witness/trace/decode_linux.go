package trace

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"

	"sockproof/lib/packet"
	"sockproof/lib/witness/tcpstate"
)

// The states that matter here (include/net/tcp_states.h).
const (
	stateTimeWait   = 6
	stateClose      = 7
	stateNewSynRecv = 12
)

const familyIPv6 = unix.AF_INET6

// decode makes a Reset of a record.
func (r *Resets) decode(raw []byte) Reset {
	state := raw[resetState]
	x := Reset{At: r.time(raw[resetTime:]), Received: raw[resetKind] == kindReceived}
	if !x.Received && r.layout.resetHasReason {
		x.Reason = r.layout.reasons[binary.NativeEndian.Uint32(raw[resetReason:])]
	}
	if state != 0 {
		x.State = tcpstate.Name(state)
	}
	if state != 0 && state != stateTimeWait && state != stateNewSynRecv {
		x.ofSocket(raw)
	}
	if raw[resetIP] != 0 && raw[resetKind] == kindSent {
		x.ofSegment(raw)
	}
	return x
}

// ofSocket takes what a whole socket has.
func (x *Reset) ofSocket(raw []byte) {
	if old := raw[resetOld]; raw[resetState] == stateClose && old != 0 {
		x.State = tcpstate.Name(old)
	}
	x.Inode = binary.NativeEndian.Uint64(raw[resetInode:])
	if isOwned(raw) {
		x.PID = int(binary.NativeEndian.Uint64(raw[resetTask:]) >> 32)
		name, _, _ := bytes.Cut(raw[resetProgram:resetProgram+taskName], []byte{0})
		x.Program = string(name)
	}
	remotePort := binary.BigEndian.Uint16(raw[resetDport:])
	if remotePort == 0 {
		return // a listener
	}
	family := binary.NativeEndian.Uint16(raw[resetFamily:])
	x.Local = netip.AddrPortFrom(address(family, raw[resetSaddr:]), binary.BigEndian.Uint16(raw[resetSport:]))
	x.Remote = netip.AddrPortFrom(address(family, raw[resetDaddr:]), remotePort)
}

// isOwned says whether a system call of the running process had the socket: then it is that
// process's doing, and not that of whoever a segment or a timer interrupted.
func isOwned(raw []byte) bool { return binary.NativeEndian.Uint32(raw[resetOwned:]) != 0 }

// ofSegment takes what the answered segment says: its addresses are the RST's, exchanged.
func (x *Reset) ofSegment(raw []byte) {
	ip, tcp := raw[resetIP:resetTCP], raw[resetTCP:resetTCP+tcpHeader]
	var from, to netip.Addr
	switch ip[0] >> 4 {
	case 4:
		from, to = netip.AddrFrom4([4]byte(ip[12:16])), netip.AddrFrom4([4]byte(ip[16:20]))
	case 6:
		from, to = netip.AddrFrom16([16]byte(ip[8:24])), netip.AddrFrom16([16]byte(ip[24:40]))
	default:
		return // no header yet: before Linux 6.10 the RST itself is handed over
	}
	x.Answers = packet.Flags(tcp[13]).String()
	if !x.Remote.IsValid() {
		x.Local = netip.AddrPortFrom(to, binary.BigEndian.Uint16(tcp[2:]))
		x.Remote = netip.AddrPortFrom(from, binary.BigEndian.Uint16(tcp[0:]))
	}
}

// address is that of a socket; one of IPv4 that a socket of IPv6 has is IPv4.
func address(family uint16, raw []byte) netip.Addr {
	if family == familyIPv6 {
		return netip.AddrFrom16([16]byte(raw[:16])).Unmap()
	}
	return netip.AddrFrom4([4]byte(raw[:4]))
}
