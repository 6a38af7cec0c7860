package main

import (
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
	"sockproof/lib/wire"
	"sockproof/lib/witness/tcpstate"
)

// listeners lists who listens on either host: nobody, at any time.
func listeners(r *scenario.Run) error {
	if err := r.Host("a").List(tcpstate.Listen); err != nil {
		return err
	}
	return r.Host("b").List(tcpstate.Listen)
}

// cross: both SYNs are under way before either arrives.
func cross(r *scenario.Run) error {
	if err := listeners(r); err != nil {
		return err
	}
	a, b, err := clients(r, 0)
	if err != nil {
		return err
	}
	callEachOther(r, a, b)
	if err := listeners(r); err != nil {
		return err
	}
	for _, h := range []string{"a", "b"} {
		if err := r.Host(h).List(tcpstate.SynRecv, tcpstate.NewSynRecv, tcpstate.Established); err != nil {
			return err
		}
	}
	exchange(r, a, b)
	if err := closeInTurn(r, a, b); err != nil {
		return err
	}
	return listeners(r)
}

// closeCross: both ends close before either's FIN arrives. Shut down for
// writing first, so that TCP_INFO still shows CLOSING, and closed only then.
func closeCross(r *scenario.Run) error {
	a, b, err := clients(r, 0)
	if err != nil {
		return err
	}
	callEachOther(r, a, b)
	if err := a.Shutdown(sock.ShutWrite); err != nil {
		return err
	}
	if err := b.Shutdown(sock.ShutWrite); err != nil {
		return err
	}
	r.Settle()
	if err := a.Close(); err != nil {
		return err
	}
	return b.Close()
}

// loser drops the first segment of the hosts named that matches.
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
func lossy(r *scenario.Run, match func(*wire.Packet) bool) error {
	for i, hosts := range [][]string{{"a"}, {"a", "b"}} {
		a, b, err := clients(r, uint16(10*i))
		if err != nil {
			return err
		}
		w := r.Wire()
		lose := loser(match, hosts...)
		w.SetRule(func(p *wire.Packet) wire.Fate {
			if fate := lose(p); fate != wire.Wait || !isSYN(p) {
				return fate
			}
			return wire.Hold // the SYNs that are not lost cross all the same
		})
		a.call(b)
		b.call(a)
		w.SetRule(lose)
		w.ReleaseAll()
		r.Await(retransmission, func() bool { return open(a, b) })
		r.Settle()
	}
	return nil
}

// lostSYN: one of the SYNs is lost, then both are.
func lostSYN(r *scenario.Run) error { return lossy(r, isSYN) }

// lostSYNACK: one of the SYN-ACKs is lost, then both are.
func lostSYNACK(r *scenario.Run) error { return lossy(r, isSYNACK) }

// missed: the first SYN arrives before the other client calls, and is answered
// with RST; and the same the other way round.
func missed(r *scenario.Run) error {
	pa, pb, err := freePorts(r)
	if err != nil {
		return err
	}
	a, b, err := clientsAt(r, pa, pb)
	if err != nil {
		return err
	}
	a.call(b)
	r.Settle()
	_, _ = a.Option(sock.SocketError)
	b.call(a)
	r.Settle()
	_, _ = b.Option(sock.SocketError)
	return nil
}
