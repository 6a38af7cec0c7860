package main

import (
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// lossy opens two connections: of the first one segment that matches is lost, of the
// second one of each host. The SYNs that are not lost cross all the same.
func lossy(match func(*wire.Packet) bool) func(*scenario.T) {
	of := func(host string) func(*wire.Packet) bool {
		return scenario.Once(func(p *wire.Packet) bool { return p.From == host && match(p) })
	}
	return func(t *scenario.T) {
		loseOpening(t, 0, of("a"))
		ofA, ofB := of("a"), of("b")
		loseOpening(t, 10, func(p *wire.Packet) bool { return ofA(p) || ofB(p) })
	}
}

// loseOpening opens a connection of which the wire loses what matches.
func loseOpening(t *scenario.T, offset uint16, lost func(*wire.Packet) bool) {
	a, b := clients(t, offset)
	t.Rule(func(p *wire.Packet) wire.Fate {
		switch {
		case lost(p):
			return wire.Drop
		case isSYN(p):
			return wire.Hold
		}
		return wire.Wait
	})
	a.call(b)
	b.call(a)
	t.Drop(lost)
	t.ReleaseHeld()
	t.Await(retransmission, func() bool { return open(a, b) })
	t.Settle()
}

// missed: the first SYN arrives before the other client connects, and is answered
// with RST; and the same the other way round.
func missed(t *scenario.T) {
	pa, pb := freePorts(t)
	a, b := clientsAt(t, pa, pb)
	a.Connect(b.at)
	a.Err()
	b.Connect(a.at)
	b.Err()
}
