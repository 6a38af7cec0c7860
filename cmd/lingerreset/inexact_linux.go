package main

import (
	"errors"

	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// inexact: RSTs that the wire makes up, as an attacker would: with the very
// number that the receiver expects, with another inside its window, and with one
// outside.
func inexact(r *scenario.Run) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, offset := range []uint32{0, 100, 1 << 30} {
		if err := forgedOnce(r, s, offset); err != nil {
			return err
		}
	}
	return nil
}

// forgedOnce makes up a RST for a connection of its own, and lets the client's end
// go on.
func forgedOnce(r *scenario.Run, s *scenario.Server, offset uint32) error {
	var last *wire.Packet // that a sent
	r.Wire().SetRule(func(p *wire.Packet) wire.Fate {
		if p.From == "a" {
			last = p
		}
		return wire.Wait
	})
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	r.Wire().SetRule(nil)
	if last == nil {
		return errors.New("host a has sent nothing: there is no segment to forge a RST after")
	}
	if err := forge(r, last, offset); err != nil {
		return err
	}
	r.Settle()
	r.Receive(c.Server)
	r.Send(c.Client, "still here?")
	r.Receive(c.Server)
	return nil
}

// forge hands host b a RST that pretends to come from where a packet came from,
// its number so far beyond the next.
func forge(r *scenario.Run, like *wire.Packet, offset uint32) error {
	rst := packet.Packet{Src: like.Src, Dst: like.Dst, Seq: like.Seq + offset, Flags: packet.RST}
	raw, err := rst.Encode()
	if err != nil {
		return err
	}
	return r.Wire().Inject(raw, 0)
}
