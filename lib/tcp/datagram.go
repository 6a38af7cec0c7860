package tcp

import (
	"slices"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// addUDP finds the sockets of UDP.
func (v *View) addUDP() (is map[string]bool) {
	is = map[string]bool{}
	all := map[string]*Socket{}
	for i := range v.Journal.Events {
		e := &v.Journal.Events[i]
		if e.Call != nil && e.Call.IsUDP() && !is[e.Socket] {
			is[e.Socket] = true
			all[e.Socket] = &Socket{Socket: journal.Socket{ID: e.Socket, Host: e.Host}}
			if i := slices.IndexFunc(v.Journal.Sockets, func(s journal.Socket) bool { return s.ID == e.Socket }); i >= 0 {
				all[e.Socket].Socket = v.Journal.Sockets[i]
			}
			v.UDP = append(v.UDP, all[e.Socket])
		}
		if s := all[e.Socket]; s != nil && e.Call != nil && e.N <= v.played {
			s.Calls = append(s.Calls, e)
		}
	}
	return is
}

// Datagram is a datagram of UDP where it was seen.
type Datagram struct {
	*journal.Event
	Header  int    // the length of its header, in bytes
	Payload []byte // nil: it was not kept
}

// Datagrams lists those that were seen at one place.
func (v *View) Datagrams(at string) []Datagram {
	var all []Datagram
	for _, e := range v.Events(func(e *journal.Event) bool { return e.Packet != nil && e.Packet.Proto == "udp" && e.Packet.At == at }) {
		d := Datagram{Event: e}
		raw := e.Packet.Bytes
		if sent := v.event(e.Packet.Of); len(raw) == 0 && sent != nil && sent.Packet != nil {
			raw = sent.Packet.Bytes
		}
		if p, err := packet.Decode(raw); err == nil && p.IsUDP() && e.Packet.Payload == nil {
			d.Header, d.Payload = len(p.Raw)-p.HeaderLen-len(p.Payload), p.Payload
		}
		all = append(all, d)
	}
	return all
}
