package main

import (
	"net/netip"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// flow is a connection as a filter knows it, seen from inside.
type flow struct{ inside, outside netip.AddrPort }

// filter stands before a host and lets in only what answers what its host has
// sent out, as a home router or a stateful firewall does (RFC 5382).
type filter struct {
	host string
	t    *scenario.T
	out  map[flow]bool
}

// leaves notes what the host asked for.
func (f *filter) leaves(p *wire.Packet) {
	asked := flow{p.Src, p.Dst}
	if !f.out[asked] {
		f.out[asked] = true
		f.t.Filter(f.host, "%s → %s asked for", p.Src, p.Dst)
	}
}

// enters says whether the host asked for this.
func (f *filter) enters(p *wire.Packet) bool {
	if f.out[flow{p.Dst, p.Src}] {
		f.t.Filter(f.host, "%s from %s let in: asked for", p.Flags.InProse(), p.Src)
		return true
	}
	f.t.Filter(f.host, "%s from %s dropped: nobody asked for it", p.Flags.InProse(), p.Src)
	return false
}

// punch: two hosts, each behind a filter that lets in only what its side asked
// for. An ordinary connect fails both ways; a simultaneous open gets through.
func punch(t *scenario.T) {
	before := map[string]*filter{}
	for _, host := range []string{"a", "b"} {
		before[host] = &filter{host, t, map[flow]bool{}}
	}
	t.Rule(func(p *wire.Packet) wire.Fate {
		before[p.From].leaves(p)
		return wire.Hold // until it has come to the other's filter
	})
	a, b := clients(t, 0)
	a.call(b)
	carryFiltered(t, before)
	a, b = clients(t, 10)
	b.call(a)
	carryFiltered(t, before)
	a, b = clients(t, 20)
	a.call(b)
	b.call(a)
	carryFiltered(t, before)
}

// carryFiltered lets every packet come to the filter before its destination, one by
// one, until none is under way.
func carryFiltered(t *scenario.T, before map[string]*filter) {
	other := map[string]string{"a": "b", "b": "a"}
	for held := t.Held(""); len(held) > 0; held = t.Held("") {
		p, into := held[0], before[other[held[0].From]]
		if into.enters(p) {
			t.Carry(p)
		} else {
			t.Discard(p, into.host+"'s filter")
		}
	}
}

// throughFilters is the phenomenon of punch: what one side alone sends is dropped by the
// other's filter, and the simultaneous open gets through.
var throughFilters = claim.Phenomenon{
	Needs: needsAll, Precondition: "no two clients called each other",
	Rule: claim.Once(func(c *claim.Case) {
		both := pairs(c.View)
		for _, e := range c.Calls("connect")[:min(2, len(c.Calls("connect")))] {
			c.Answered(e)
		}
		c.ExpectSeen(len(both) > 0 && both[0].isOpen(), "the simultaneous open did not get through")
		c.Given(len(both) == 1, "%d pairs called each other, not one", len(both))
		opened(c, both[0])
		for _, s := range c.Sockets {
			if s != both[0].a && s != both[0].b {
				through := c.First(established(s))
				c.Expect(through == nil, "the ordinary connect of %s got through", s.ID)
			}
		}
		for _, host := range []string{"a", "b"} {
			dropped := tcp.Where(c.Segments(journal.AtDropped), func(s *tcp.Segment) bool { return s.Is(packet.SYN) && s.Host == host })
			c.Given(c.FirstSegment(dropped) != nil, "an ordinary connect was not tried, or not dropped, in both directions")
		}
		c.Holds("an ordinary connect was dropped by the other's filter both ways; %s and %s, calling each other, got through", both[0].a.ID, both[0].b.ID)
	}),
}
