package main

import (
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// inexact: RSTs that the wire makes up, as an attacker would: with the very
// number that the receiver expects, with another inside its window, and with one
// outside.
func inexact(t *scenario.T) {
	for _, offset := range []uint32{0, 100, 1 << 30} {
		forgedOnce(t, offset)
	}
}

// forgedOnce makes up a RST for a connection of its own, which pretends to come from the
// client's end, its number so far beyond the next. Then the client's end goes on.
func forgedOnce(t *scenario.T, offset uint32) {
	var last *wire.Packet // that a sent
	t.Watch(func(p *wire.Packet) {
		if p.From == "a" {
			last = p
		}
	})
	client, server := t.Connection()
	t.Rule(nil)
	if last == nil {
		t.Stop("host a has sent nothing: there is no segment to forge a RST after")
	}
	t.Inject(packet.Packet{Src: last.Src, Dst: last.Dst, Seq: last.Seq + offset, Flags: packet.RST})
	server.Recv()
	client.Send("still here?")
	server.Recv()
}
