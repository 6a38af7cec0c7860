package main

import (
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// loser drops the first segment of each of these hosts that matches.
func loser(match func(*wire.Packet) bool, hosts ...string) wire.Rule {
	left := map[string]bool{}
	for _, h := range hosts {
		left[h] = true
	}
	return func(p *wire.Packet) wire.Fate {
		if match(p) && left[p.From] {
			left[p.From] = false
			return wire.Drop
		}
		return wire.Wait
	}
}

// lossy opens two connections: of the first one segment is lost, of the second
// both hosts' are.
func lossy(match func(*wire.Packet) bool) func(*scenario.T) {
	return func(t *scenario.T) {
		for i, hosts := range [][]string{{"a"}, {"a", "b"}} {
			a, b := clients(t, uint16(10*i))
			lose := loser(match, hosts...)
			t.Rule(func(p *wire.Packet) wire.Fate {
				if fate := lose(p); fate != wire.Wait || !isSYN(p) {
					return fate
				}
				return wire.Hold // the SYNs that are not lost cross all the same
			})
			a.call(b)
			b.call(a)
			t.Rule(lose)
			t.ReleaseHeld()
			t.Await(retransmission, func() bool { return open(a, b) })
			t.Settle()
		}
	}
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
