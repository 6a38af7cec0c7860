package report

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// displayFilter is what finds a row in Wireshark: a packet by its addresses, its number and
// its flags, any other row by its socket's connection.
func displayFilter(r *row, sockets []journal.Socket) string {
	if r.arrow == nil {
		if i := slices.IndexFunc(sockets, func(s journal.Socket) bool { return s.ID == r.event.Socket }); i >= 0 {
			return connectionFilter(sockets[i].Local, sockets[i].Remote)
		}
		return ""
	}
	p := r.arrow.label.p
	switch {
	case p.Bulk != nil:
		return connectionFilter(p.Src, p.Dst)
	case p.IsICMP():
		return fmt.Sprintf("%s && %s.src == %s && %[2]s.dst == %[4]s", p.Proto, family(p.Src), p.Src.IP(), p.Dst.IP())
	case p.Proto != "" || p.Src.Port() == 0 || p.Dst.Port() == 0:
		return ""
	}
	return fmt.Sprintf("%s.src == %s && tcp.srcport == %d && %[1]s.dst == %[4]s && tcp.dstport == %[5]d && tcp.seq_raw == %[6]d && tcp.flags == 0x%03[7]x && tcp.len == %[8]d",
		family(p.Src), p.Src.IP(), p.Src.Port(), p.Dst.IP(), p.Dst.Port(), p.Seq, uint16(p.Flags), p.Len)
}

// connectionFilter finds the packets between two addresses, or those to and from one.
func connectionFilter(local, remote journal.Address) string {
	filter := ""
	for _, a := range []journal.Address{local, remote} {
		if a.Port() == 0 {
			continue
		}
		if filter != "" {
			if local == remote {
				break
			}
			filter += " && "
		}
		if !a.IP().IsUnspecified() {
			filter += fmt.Sprintf("%s.addr == %s && ", family(a), a.IP())
		}
		filter += fmt.Sprintf("tcp.port == %d", a.Port())
	}
	return filter
}

// family is what Wireshark calls the address's protocol.
func family(a journal.Address) string {
	if a.IP().Is4() {
		return "ip"
	}
	return "ipv6"
}
