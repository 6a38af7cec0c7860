package scenario

import (
	"errors"
	"fmt"

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
// its turn.
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

// Carry delivers one packet, whatever waits before it.
func (t *T) Carry(p *wire.Packet) { t.must(t.wire().Deliver(p)) }

// Discard drops one packet, and journals why.
func (t *T) Discard(p *wire.Packet, reason string) { t.must(t.wire().Drop(p, reason)) }

// Repeat lets a packet that has been carried arrive once more.
func (t *T) Repeat(p *wire.Packet) {
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

// Filter journals what a filter on the wire, of a host's, did.
func (t *T) Filter(host, format string, args ...any) {
	t.on.Record(journal.Event{
		Host: host, Kind: journal.KindRule,
		Rule: &journal.Rule{Host: host, Text: fmt.Sprintf(format, args...)},
	})
}
