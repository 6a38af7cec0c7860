package scenario

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/netip"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/wire"
)

// The steps that decide about packets take the wire (OnWire). Elsewhere they end the run.

// errNoWire is that the kernel carries the packets.
var errNoWire = errors.New("the steps decide about packets, which takes the wire")

func (t *T) wire() *wire.Wire {
	w := t.on.Wire()
	if w == nil {
		t.must(errNoWire)
	}
	return w
}

// Rule decides the fate of each packet that leaves a host from now on; nil: each waits for
// its turn. A rule takes no step: it is asked during the teardown too.
func (t *T) Rule(r wire.Rule) { t.wire().SetRule(r) }

// Hold holds the packets that match from now on, until they are released.
func (t *T) Hold(match func(p *wire.Packet) bool) { t.Rule(when(match, wire.Hold)) }

// Drop drops the packets that match from now on.
func (t *T) Drop(match func(p *wire.Packet) bool) { t.Rule(when(match, wire.Drop)) }

// Watch lets every packet wait for its turn, and calls see with each as it leaves its
// host.
func (t *T) Watch(see func(p *wire.Packet)) {
	t.Rule(func(p *wire.Packet) wire.Fate {
		see(p)
		return wire.Wait
	})
}

// Seen are the first and the last of some packets; nil: there was none.
type Seen struct{ First, Last *wire.Packet }

// See lets every packet wait for its turn, and keeps the first and the last that match.
func (t *T) See(match func(p *wire.Packet) bool) *Seen {
	seen := &Seen{}
	t.Watch(func(p *wire.Packet) {
		if match(p) {
			seen.First, seen.Last = cmp.Or(seen.First, p), p
		}
	})
	return seen
}

// Once matches the first packet that matches, and no other.
func Once(match func(p *wire.Packet) bool) func(p *wire.Packet) bool {
	done := false
	return func(p *wire.Packet) bool {
		first := !done && match(p)
		done = done || first
		return first
	}
}

func when(match func(p *wire.Packet) bool, fate wire.Fate) wire.Rule {
	return func(p *wire.Packet) wire.Fate {
		if match(p) {
			return fate
		}
		return wire.Wait
	}
}

// Release takes the rule away, and lets every packet that is held arrive, in the order
// in which they were sent.
func (t *T) Release() {
	t.Rule(nil)
	t.ReleaseHeld()
	t.settle()
}

// ReleaseHeld lets the packets that are held wait for their turn. The rule stays, for
// those that leave later.
func (t *T) ReleaseHeld() { t.wire().ReleaseAll() }

// Held lists the packets of a host that are held, oldest first; "": of all.
func (t *T) Held(host string) []*wire.Packet { return t.wire().Held(host) }

// FirstHeld is the oldest packet of a host that is held. That there is none ends the run.
func (t *T) FirstHeld(host string) *wire.Packet { return t.HeldAt(host, 0) }

// HeldAt is the n-th packet of a host that is held, from 0, oldest first. That there is none ends
// the run.
func (t *T) HeldAt(host string, n int) *wire.Packet {
	held := t.Held(host)
	if n >= len(held) {
		t.Stop("%d packets of host %s are held, and the steps are about one more: it sent none", len(held), host)
	}
	return held[n]
}

// needs ends the run where a step is about a packet that was waited for and never left a host: nil.
func (t *T) needs(p *wire.Packet) {
	if p == nil {
		t.Stop("the steps are about a packet that no host has sent")
	}
}

// Carry delivers one packet, whatever waits before it.
func (t *T) Carry(p *wire.Packet) {
	t.needs(p)
	t.must(t.wire().Deliver(p))
}

// Discard drops one packet, and journals why.
func (t *T) Discard(p *wire.Packet, reason string) {
	t.needs(p)
	t.must(t.wire().Drop(p, reason))
}

// Repeat lets a packet that has been carried arrive once more.
func (t *T) Repeat(p *wire.Packet) {
	t.needs(p)
	t.must(t.wire().Inject(p.Raw, p.N))
	t.settle()
}

// Inject lets a packet arrive that the steps have made up.
func (t *T) Inject(p packet.Packet) {
	raw, err := p.Encode()
	t.must(err)
	t.must(t.wire().Inject(raw, 0))
	t.settle()
}

// replaced is why a packet is dropped in whose place another arrives.
const replaced = "another arrives in its place"

// Replace lets a packet arrive with other fields than it was sent with, and the right checksums.
func (t *T) Replace(p *wire.Packet, change func(p *packet.Packet)) {
	t.needs(p)
	other := p.Packet
	change(&other)
	t.Discard(p, replaced)
	t.Inject(other)
}

// Damage lets a packet arrive with other bytes, and the checksums that it was sent with. change gets the
// TCP segment.
func (t *T) Damage(p *wire.Packet, change func(segment []byte)) {
	t.needs(p)
	raw := bytes.Clone(p.Raw)
	change(raw[p.HeaderLen:])
	t.Discard(p, replaced)
	t.must(t.wire().Inject(raw, 0))
	t.settle()
}

// routerByte is the last byte of the address from which a router between the hosts reports.
const routerByte = 254

// Report lets a router's ICMP message come to the host that a packet is from: what of its
// destination cannot be reached.
func (t *T) Report(p *wire.Packet, what packet.Unreachable) {
	t.needs(p)
	a := p.Dst.Addr().AsSlice()
	a[len(a)-1] = routerByte
	router, _ := netip.AddrFromSlice(a)
	raw, err := packet.EncodeUnreachable(router, what, &p.Packet)
	t.must(err)
	t.must(t.wire().Inject(raw, 0))
	t.settle()
}

// Filter journals what a filter on the wire, of a host's, did.
func (t *T) Filter(host, format string, args ...any) {
	t.filter(journal.Rule{Host: host, Text: fmt.Sprintf(format, args...)})
}

// Filtered journals that a filter of the kernel's stands between the wire and a host's TCP.
func (h *Host) Filtered(format string, args ...any) {
	h.t.filter(journal.Rule{Host: h.Name, Text: fmt.Sprintf(format, args...), Inside: true})
}

func (t *T) filter(r journal.Rule) {
	t.on.Record(journal.Event{Host: r.Host, Kind: journal.KindRule, Rule: &r})
}
