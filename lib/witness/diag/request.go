package diag

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"sockproof/lib/witness/tcpstate"
)

// Numbers of netlink(7) and sock_diag(7).
const (
	typeError    = 2  // NLMSG_ERROR
	typeDone     = 3  // NLMSG_DONE
	typeTCP      = 18 // TCPDIAG_GETSOCK
	typeByFamily = 20 // SOCK_DIAG_BY_FAMILY

	flagRequest  = 0x1   // NLM_F_REQUEST
	flagDump     = 0x300 // NLM_F_DUMP
	flagDumpIntr = 0x10  // NLM_F_DUMP_INTR
)

// request is one request: a struct nlmsghdr, then for SOCK_DIAG_BY_FAMILY a struct
// inet_diag_req_v2 (include/uapi/linux/inet_diag.h), and room for an attribute, or for
// TCPDIAG_GETSOCK the older struct inet_diag_req. Offsets are from its start.
type request [requestLen + attributeLen]byte

const (
	headerLen    = 16 // struct nlmsghdr
	requestLen   = headerLen + 56
	attributeLen = 8 // struct nlattr and 32 bits

	reqFamily    = 16
	reqProtocol  = 17
	reqExtension = 18
	reqStates    = 20
	reqLocalPort = 24
	reqPeerPort  = 26
	reqLocal     = 28
	reqRemote    = 44
	reqInterface = 60
	reqCookie    = 64
	reqAttribute = requestLen

	// Those of struct inet_diag_req that are elsewhere.
	bothLen       = headerLen + 60
	bothExtension = 19
	bothLocalPort = 20
	bothPeerPort  = 22
	bothCookie    = 60
	bothStates    = 68
)

// set fills in everything but addresses and ports.
func (r *request) set(flags uint16, seq uint32, family uint8, states uint32) {
	*r = request{}
	const protocolTCP = 6
	binary.NativeEndian.PutUint32(r[0:], requestLen)
	binary.NativeEndian.PutUint16(r[4:], typeByFamily)
	binary.NativeEndian.PutUint16(r[6:], flagRequest|flags)
	binary.NativeEndian.PutUint32(r[8:], seq)
	r[reqFamily] = family
	r[reqProtocol] = protocolTCP
	binary.NativeEndian.PutUint32(r[reqStates:], states)
	binary.NativeEndian.PutUint64(r[reqCookie:], ^uint64(0)) // INET_DIAG_NOCOOKIE, twice
}

// Extensions that a request asks for, a bit for each attribute.
const (
	askInfo   = 1 << (attrInfo - 1)
	askMemory = 1 << (attrMemory - 1)
)

// bytes is the request as it is sent.
func (r *request) bytes() []byte { return r[:binary.NativeEndian.Uint32(r[0:])] }

// setPorts fills in the ports; 0 is any, in a dump.
func (r *request) setPorts(local, remote uint16) {
	binary.BigEndian.PutUint16(r[reqLocalPort:], local)
	binary.BigEndian.PutUint16(r[reqPeerPort:], remote)
}

// dump makes r ask for the sockets of one family that pass the filter.
func (r *request) dump(seq uint32, f Filter) {
	r.set(flagDump, seq, f.Family, f.States)
	// The kernel compares these ports itself (inet_diag_dump_icsk): filter
	// bytecode for them (INET_DIAG_REQ_BYTECODE) would only do so again.
	r.setPorts(f.LocalPort, f.RemotePort)
	r[reqExtension] = f.extensions()
	if f.MPTCP {
		r.setMPTCP()
	}
}

// dumpBoth makes r ask for the TCP sockets of both families, which only TCPDIAG_GETSOCK can: the
// kernel walks its table once, and not once for each.
func (r *request) dumpBoth(seq uint32, f Filter) {
	*r = request{}
	binary.NativeEndian.PutUint32(r[0:], bothLen)
	binary.NativeEndian.PutUint16(r[4:], typeTCP)
	binary.NativeEndian.PutUint16(r[6:], flagRequest|flagDump)
	binary.NativeEndian.PutUint32(r[8:], seq)
	r[bothExtension] = f.extensions()
	binary.BigEndian.PutUint16(r[bothLocalPort:], f.LocalPort)
	binary.BigEndian.PutUint16(r[bothPeerPort:], f.RemotePort)
	binary.NativeEndian.PutUint64(r[bothCookie:], ^uint64(0)) // INET_DIAG_NOCOOKIE, twice
	binary.NativeEndian.PutUint32(r[bothStates:], f.States)
}

// extensions are those that a filter asks for.
func (f *Filter) extensions() (asked byte) {
	if f.Info {
		asked |= askInfo
	}
	if f.Memory {
		asked |= askMemory
	}
	return asked
}

// setMPTCP asks for MPTCP's sockets. The protocol's number takes more than the
// 8 bits of its field, hence an attribute, which a kernel older than 5.9 passes
// over: it would answer for the field's protocol, so that is one which no
// kernel answers for.
func (r *request) setMPTCP() {
	const (
		protocolMPTCP = 262
		attrProtocol  = 3 // INET_DIAG_REQ_PROTOCOL
	)
	binary.NativeEndian.PutUint32(r[0:], requestLen+attributeLen)
	r[reqProtocol] = 0
	binary.NativeEndian.PutUint16(r[reqAttribute:], attributeLen)
	binary.NativeEndian.PutUint16(r[reqAttribute+2:], attrProtocol)
	binary.NativeEndian.PutUint32(r[reqAttribute+4:], protocolMPTCP)
}

// lookup makes r ask for the one socket local, remote, which must be
// unmapped and of one family. An IPv4 request finds IPv6 sockets that carry
// IPv4, too: the kernel's table of connections has no family.
func (r *request) lookup(seq uint32, local, remote netip.AddrPort) {
	if local.Addr().Is4() {
		r.set(0, seq, FamilyIPv4, allStates)
		l, p := local.Addr().As4(), remote.Addr().As4()
		copy(r[reqLocal:], l[:])
		copy(r[reqRemote:], p[:])
	} else {
		r.set(0, seq, FamilyIPv6, allStates)
		l, p := local.Addr().As16(), remote.Addr().As16()
		copy(r[reqLocal:], l[:])
		copy(r[reqRemote:], p[:])
	}
	r.setPorts(local.Port(), remote.Port())
}

// allStates has the bit of every state that a socket in the kernel's tables has.
const allStates = 1<<(tcpstate.NewSynRecv+1) - 2

// message is one netlink message of those a receive returns.
type message struct {
	kind    uint16
	flags   uint16
	seq     uint32
	payload []byte
}

// nextMessage takes the first message off b.
func nextMessage(b []byte) (m message, rest []byte, err error) {
	if len(b) < headerLen {
		return message{}, nil, fmt.Errorf("sock_diag: netlink header cut short: %d of %d bytes", len(b), headerLen)
	}
	length := int(binary.NativeEndian.Uint32(b))
	if length < headerLen || length > len(b) {
		return message{}, nil, fmt.Errorf("sock_diag: netlink message of %d bytes, %d are there", length, len(b))
	}
	m = message{
		kind:    binary.NativeEndian.Uint16(b[4:]),
		flags:   binary.NativeEndian.Uint16(b[6:]),
		seq:     binary.NativeEndian.Uint32(b[8:]),
		payload: b[headerLen:length],
	}
	aligned := min((length+3)&^3, len(b)) // NLMSG_ALIGN
	return m, b[aligned:], nil
}
