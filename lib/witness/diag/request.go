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
	typeByFamily = 20 // SOCK_DIAG_BY_FAMILY

	flagRequest  = 0x1   // NLM_F_REQUEST
	flagDump     = 0x300 // NLM_F_DUMP
	flagDumpIntr = 0x10  // NLM_F_DUMP_INTR
)

// request is one SOCK_DIAG_BY_FAMILY request: a struct nlmsghdr, a struct
// inet_diag_req_v2 (include/uapi/linux/inet_diag.h), and room for an attribute.
// Offsets are from its start.
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
	if f.Info {
		r[reqExtension] |= askInfo
	}
	if f.Memory {
		r[reqExtension] |= askMemory
	}
	if f.MPTCP {
		r.setMPTCP()
	}
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
