package tcp

import "sockproof/lib/journal"

// concerns says whether an ICMP message that came is about a socket: the segment that it quotes is
// the socket's. Of a message whose quote was not recorded its destination alone is known.
func (s *Socket) concerns(e *journal.Event) bool {
	m := e.Packet.ICMP
	if m == nil {
		return s.Local.IP() == e.Packet.Dst.IP()
	}
	return m.About != nil && m.About.Proto == "tcp" && m.About.Src == s.Local && m.About.Dst == s.Remote
}

// Message is an ICMP message that came to a socket, about a segment that it had sent.
type Message struct {
	*journal.Event
	To *Socket
}

// Messages lists them, in order.
func (v *View) Messages() []Message { return v.messages }

// concerned finds the sockets that messages came to.
func (v *View) concerned() []Message {
	var all []Message
	for _, e := range v.icmps {
		for _, s := range v.Sockets {
			if e.Packet.ICMP != nil && s.concerns(e) {
				all = append(all, Message{e, s})
			}
		}
	}
	return all
}
