package main

import (
	"net/netip"

	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// flow is a connection as a filter knows it, seen from inside.
type flow struct{ inside, outside netip.AddrPort }

// filter stands before a host and lets in only what answers what its host has
// sent out, as a home router or a stateful firewall does (RFC 5382).
type filter struct {
	host string
	r    *scenario.Run
	out  map[flow]bool
}

// leaves notes what the host asked for.
func (f *filter) leaves(p *wire.Packet) {
	asked := flow{p.Src, p.Dst}
	if !f.out[asked] {
		f.out[asked] = true
		f.r.Rule(f.host, "%s → %s asked for", p.Src, p.Dst)
	}
}

// enters says whether the host asked for this.
func (f *filter) enters(p *wire.Packet) bool {
	if f.out[flow{p.Dst, p.Src}] {
		f.r.Rule(f.host, "%s from %s let in: asked for", p.Flags, p.Src)
		return true
	}
	f.r.Rule(f.host, "%s from %s dropped: nobody asked for it", p.Flags, p.Src)
	return false
}

// filtered carries packets between two hosts, each behind a filter.
type filtered struct {
	w       *wire.Wire
	filters map[string]*filter // by host
	other   map[string]string
}

func newFiltered(r *scenario.Run) *filtered {
	f := &filtered{w: r.Wire(), filters: map[string]*filter{}, other: map[string]string{"a": "b", "b": "a"}}
	for host := range f.other {
		f.filters[host] = &filter{host: host, r: r, out: map[flow]bool{}}
	}
	f.w.SetRule(func(p *wire.Packet) wire.Fate {
		f.filters[p.From].leaves(p)
		return wire.Hold // until it has crossed to the other's filter
	})
	return f
}

// settle lets every packet come to the filter before its destination, one by
// one, until none is under way.
func (f *filtered) settle() error {
	for {
		held := f.w.Held("")
		if len(held) == 0 {
			return nil
		}
		p := held[0]
		into := f.filters[f.other[p.From]]
		var err error
		if into.enters(p) {
			err = f.w.Deliver(p)
		} else {
			err = f.w.Drop(p, into.host+"'s filter")
		}
		if err != nil {
			return err
		}
	}
}

// punch: two hosts, each behind a filter that lets in only what its side asked
// for. An ordinary connect fails both ways; a simultaneous open gets through.
func punch(r *scenario.Run) error {
	f := newFiltered(r)
	for i, caller := range []string{"a", "b"} {
		a, b, err := clients(r, uint16(10*i))
		if err != nil {
			return err
		}
		if caller == "a" {
			a.call(b)
		} else {
			b.call(a)
		}
		if err := f.settle(); err != nil {
			return err
		}
	}
	a, b, err := clients(r, 20)
	if err != nil {
		return err
	}
	a.call(b)
	b.call(a)
	return f.settle()
}
