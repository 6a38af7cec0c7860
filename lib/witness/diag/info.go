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

// attrInfo is the attribute that holds the struct (INET_DIAG_INFO).
const attrInfo = 2

// Offsets in struct tcp_info (include/uapi/linux/tcp.h).
const (
	tcpLastDataSent = 44
	tcpLastDataRecv = 52
	tcpLastAckRecv  = 56
	tcpNotSent      = 144
)

// Offsets in struct mptcp_info (include/uapi/linux/mptcp.h). It tells the times
// from Linux 6.10 on.
const (
	mptcpFlags        = 8
	mptcpFlagFallback = 1
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

// infoAttribute finds the struct among the attributes of a message (struct
// nlattr); nil: it has none, or is broken off before.
func infoAttribute(payload []byte) []byte {
	const (
		attrHeader = 4
		kindMask   = 1<<14 - 1 // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
	)
	for b := payload[min(messageLen, len(payload)):]; len(b) >= attrHeader; {
		length := int(binary.NativeEndian.Uint16(b))
		if length < attrHeader || length > len(b) {
			return nil
		}
		if binary.NativeEndian.Uint16(b[2:])&kindMask == attrInfo {
			return b[attrHeader:length]
		}
		b = b[min((length+3)&^3, len(b)):] // NLA_ALIGN
	}
	return nil
}
