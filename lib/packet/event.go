package packet

import (
	"bytes"
	"net/netip"

	"sockproof/lib/journal"
)

// Event renders p for the journal, as seen at (journal.AtSent, …). What it
// returns shares no memory with p. For what is neither TCP nor UDP the addresses
// have no port; for what is not TCP, Seq, Ack, Win, Flags and Options are zero.
func Event(p Packet, at string) *journal.Packet {
	ports := p.IsTCP() || p.IsUDP()
	e := &journal.Packet{
		Src:   endpoint(p.Src, ports),
		Dst:   endpoint(p.Dst, ports),
		Flags: p.Flags,
		Len:   len(p.Payload),
		At:    at,
		Bytes: bytes.Clone(p.Raw),
	}
	if !p.IsTCP() {
		e.Proto = p.ProtoName()
		if m, ok := p.ICMP(); ok {
			e.ICMP = m.event()
		}
		return e
	}
	e.Seq = p.Seq
	e.Ack = p.Ack
	e.Win = p.Win
	e.Options = p.Options.Strings()
	return e
}

// event renders the message for the journal.
func (m *ICMP) event() *journal.ICMP {
	e := &journal.ICMP{Type: m.Type, Code: m.Code, MTU: m.MTU}
	if q := m.Quote; q != nil {
		quoted := Packet{Proto: q.Proto}
		ports := q.Proto == ProtoTCP || q.Proto == ProtoUDP
		e.About = &journal.Quote{Proto: quoted.ProtoName(), Src: endpoint(q.Src, ports), Dst: endpoint(q.Dst, ports), Seq: q.Seq}
	}
	return e
}

// endpoint renders an address, "" where decoding did not get to it.
func endpoint(a netip.AddrPort, withPort bool) journal.Address {
	if withPort || !a.IsValid() {
		return journal.AddressOf(a)
	}
	return journal.Address(a.Addr().String())
}
