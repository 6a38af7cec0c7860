package packet

import (
	"bytes"
	"net/netip"

	"sockproof/lib/journal"
)

// Event renders p for the journal, as seen at (journal.AtSent, …). What it
// returns shares no memory with p. For what is not TCP, only Proto, Src, Dst,
// At and Bytes are set, the addresses without a port.
func Event(p Packet, at string) *journal.Packet {
	e := &journal.Packet{
		Src:   endpoint(p.Src, p.IsTCP()),
		Dst:   endpoint(p.Dst, p.IsTCP()),
		Flags: p.Flags,
		At:    at,
		Bytes: bytes.Clone(p.Raw),
	}
	if !p.IsTCP() {
		e.Proto = p.ProtoName()
		return e
	}
	e.Seq = p.Seq
	e.Ack = p.Ack
	e.Win = p.Win
	e.Len = len(p.Payload)
	e.Options = p.Options.Strings()
	return e
}

// endpoint renders an address, "" where decoding did not get to it.
func endpoint(a netip.AddrPort, withPort bool) journal.Address {
	if withPort || !a.IsValid() {
		return journal.AddressOf(a)
	}
	return journal.Address(a.Addr().String())
}
