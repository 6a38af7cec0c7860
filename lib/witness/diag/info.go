package diag

import "encoding/binary"

// Info is what TCP_INFO says of a socket, of an MPTCP one MPTCP_INFO.
type Info struct {
	LastDataSent Since  // since a segment with data was sent, again or for the first time; at first since the opening
	LastDataRecv Since  // since new data came; at first since the opening
	LastAckRecv  Since  // since a segment with an acknowledgement came, as all but a few have
	NotSent      uint32 // bytes that were never sent, a FIN being one; MPTCP does not tell
	Fallback     bool   // an MPTCP socket that is TCP on the wire: the peer knows no MPTCP
}

// Since is for how long something has not happened. The kernel's numbers begin
// anew after 49 days.
type Since struct {
	MS   uint32
	Told bool // else the reply ends before
}

// Flow is how a TCP socket sends, and what it would take, by TCP_INFO.
type Flow struct {
	RTO          uint32 // until the next retransmission, from one to the next, microseconds
	Backoff      uint8  // how often that was doubled
	DataSegments uint32 // sent with data, again or for the first time
	MSS          uint32 // of what it sends
	PeerWindow   uint32 // that it may fill
	PeerTold     bool   // else the kernel is older than Linux 5.4
	Window       uint32 // that the peer may fill
	WindowTold   bool   // else the kernel is older than Linux 6.2
}

// Counts are what a TCP socket has counted since it began, by TCP_INFO.
type Counts struct {
	Retrans       uint32 // retransmitted segments
	BytesAcked    uint64 // of its own; an active opener's SYN and the FIN count as one each
	BytesReceived uint64 // in order; a FIN counts as one
	SegsOut       uint32
	SegsIn        uint32
	DataSegsIn    uint32
}

// Attributes of a reply (include/uapi/linux/inet_diag.h).
const (
	attrInfo   = 2  // INET_DIAG_INFO
	attrMemory = 7  // INET_DIAG_SKMEMINFO
	attrULP    = 19 // INET_DIAG_ULP_INFO, with TCP_INFO; some kernels show it to root alone
	attrCgroup = 21 // INET_DIAG_CGROUP_ID, in every reply from Linux 5.9 on

	ulpMPTCP     = 3 // INET_ULP_INFO_MPTCP, within attrULP
	subflowToken = 2 // MPTCP_SUBFLOW_ATTR_TOKEN_LOC, within that
)

// memoryDrops is the offset of SK_MEMINFO_DROPS among the words of attrMemory.
const memoryDrops = 4 * 8

// Offsets in struct tcp_info (include/uapi/linux/tcp.h).
const (
	tcpLastDataSent = 44
	tcpLastDataRecv = 52
	tcpLastAckRecv  = 56
	tcpNotSent      = 144

	tcpBackoff      = 4
	tcpRTO          = 8
	tcpMSS          = 16
	tcpDataSegments = 156
	tcpPeerWindow   = 228
	tcpWindow       = 232

	tcpRetrans       = 100
	tcpBytesAcked    = 120
	tcpBytesReceived = 128
	tcpSegsOut       = 136
	tcpSegsIn        = 140
	tcpDataSegsIn    = 152
)

// Offsets in struct mptcp_info (include/uapi/linux/mptcp.h). It tells the times
// from Linux 6.10 on.
const (
	mptcpFlags        = 8
	mptcpFlagFallback = 1
	mptcpToken        = 12
	mptcpLastDataSent = 84
	mptcpLastDataRecv = 88
	mptcpLastAckRecv  = 92
)

// parseInfo reads the Info in the payload of a SOCK_DIAG_BY_FAMILY message; one
// without, as TIME_WAIT's is, tells nothing.
func parseInfo(payload []byte, mptcp bool) Info {
	b := infoAttribute(payload)
	if mptcp {
		return Info{
			LastDataSent: since(b, mptcpLastDataSent), LastDataRecv: since(b, mptcpLastDataRecv), LastAckRecv: since(b, mptcpLastAckRecv),
			Fallback: field32(b, mptcpFlags)&mptcpFlagFallback != 0,
		}
	}
	return Info{
		LastDataSent: since(b, tcpLastDataSent), LastDataRecv: since(b, tcpLastDataRecv), LastAckRecv: since(b, tcpLastAckRecv),
		NotSent: field32(b, tcpNotSent),
	}
}

func since(b []byte, at int) Since { return Since{field32(b, at), len(b) >= at+4} }

// parseFlow reads the Flow in the payload of a message about a TCP socket.
func parseFlow(payload []byte) Flow {
	b := infoAttribute(payload)
	f := Flow{
		RTO: field32(b, tcpRTO), DataSegments: field32(b, tcpDataSegments),
		MSS: field32(b, tcpMSS), PeerWindow: field32(b, tcpPeerWindow), PeerTold: len(b) >= tcpPeerWindow+4,
		Window: field32(b, tcpWindow), WindowTold: len(b) >= tcpWindow+4,
	}
	if len(b) > tcpBackoff {
		f.Backoff = b[tcpBackoff]
	}
	return f
}

// parseCounts reads the Counts in the payload of a message about a TCP socket.
func parseCounts(payload []byte) Counts {
	b := infoAttribute(payload)
	return Counts{
		Retrans:    field32(b, tcpRetrans),
		BytesAcked: field64(b, tcpBytesAcked), BytesReceived: field64(b, tcpBytesReceived),
		SegsOut: field32(b, tcpSegsOut), SegsIn: field32(b, tcpSegsIn), DataSegsIn: field32(b, tcpDataSegsIn),
	}
}

// infoAttribute finds the struct of TCP_INFO.
func infoAttribute(payload []byte) []byte { return attribute(payload, attrInfo) }

// tell reads the attributes that a filter asks for.
func (s *Socket) tell(payload []byte, f Filter) {
	if f.Info {
		s.Info = parseInfo(payload, f.MPTCP)
		if !f.MPTCP {
			s.Flow = parseFlow(payload)
		}
		s.Token = parseToken(payload, f.MPTCP)
		if id := attribute(payload, attrCgroup); len(id) >= 8 {
			s.Cgroup = binary.NativeEndian.Uint64(id)
		}
	}
	if f.Memory {
		s.Drops = field32(attribute(payload, attrMemory), memoryDrops)
	}
}

// parseToken reads by which token an MPTCP connection goes, of its own socket or of a subflow.
func parseToken(payload []byte, mptcp bool) uint32 {
	if mptcp {
		return field32(infoAttribute(payload), mptcpToken)
	}
	return field32(nested(nested(attribute(payload, attrULP), ulpMPTCP), subflowToken), 0)
}

// attribute finds one among the attributes of a message; nil: it has none, or is broken off before.
func attribute(payload []byte, kind uint16) []byte {
	return nested(payload[min(messageLen, len(payload)):], kind)
}

// nested finds one among attributes (struct nlattr); nil: there is none, or they are broken off before.
func nested(b []byte, kind uint16) []byte {
	const (
		attrHeader = 4
		kindMask   = 1<<14 - 1 // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
	)
	for len(b) >= attrHeader {
		length := int(binary.NativeEndian.Uint16(b))
		if length < attrHeader || length > len(b) {
			return nil
		}
		if binary.NativeEndian.Uint16(b[2:])&kindMask == kind {
			return b[attrHeader:length]
		}
		b = b[min((length+3)&^3, len(b)):] // NLA_ALIGN
	}
	return nil
}
