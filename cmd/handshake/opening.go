package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// opening is how a connection to a listener was opened.
type opening struct {
	*tcp.Conn
	syn    *tcp.Segment // as it left
	synAck *tcp.Segment // nil: none left
	third  *tcp.Segment // the client's first segment with ACK; nil: none left
	entry  *tcp.Socket  // the server's end, which may not have been accepted; nil: not known
}

// openings lists them, in order.
var openings = tcp.Derived(func(v *tcp.View) []opening {
	var all []opening
	for _, conn := range v.Conns {
		x := opening{Conn: conn, entry: tcp.First(tcp.Where(v.Sockets, func(s *tcp.Socket) bool {
			return s.Local == conn.Client.Remote && s.Remote == conn.Client.Local
		}))}
		for _, s := range conn.FirstSent() {
			switch own := s.Packet.Src == conn.Client.Local; {
			case own && x.syn == nil && s.Has(packet.SYN) && !s.Has(packet.ACK):
				x.syn = s
			case !own && x.synAck == nil && s.Has(packet.SYN|packet.ACK):
				x.synAck = s
			case own && x.synAck != nil && x.third == nil && s.Has(packet.ACK):
				x.third = s
			}
		}
		if x.syn != nil {
			all = append(all, x)
		}
	}
	return all
})

// completes lists those of which all three segments left.
func completes(v *tcp.View) []opening {
	return tcp.Where(openings(v), func(x opening) bool { return x.synAck != nil && x.third != nil })
}

// Cite lets a finding rest on the opening.
func (x opening) Cite(c *claim.Case) {
	c.About(x.Client, x.entry)
	c.Cite(x.Connect)
	c.CiteSegments(x.syn, x.synAck, x.third)
}

// arrived is when a segment that left came to the other end; nil: it did not.
func (x *opening) arrived(s *tcp.Segment) *journal.Event {
	for _, e := range x.Segments {
		if s != nil && e.Packet.At == journal.AtDelivered && (e.Packet.Of == s.N || e == s) {
			return e.Event
		}
	}
	return nil
}

// opened is a claim about every connection that was opened in three segments.
func opened(id, statement, source string, rule func(c *claim.Case, x opening)) claim.Claim {
	return claim.Claim{
		ID: id, Statement: statement, Source: source, Quantity: claim.Always, Needs: claim.NeedsStates,
		Precondition: "no connection to a listener was opened",
		Rule: claim.Each(completes, func(c *claim.Case, x opening) {
			rule(c, x)
		}),
	}
}

// isThird matches the segment that completes an opening: the client's first ACK.
func isThird(p *wire.Packet) bool { return p.From == "a" && p.Flags == packet.ACK }
