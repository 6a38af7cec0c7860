package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
	"sockproof/lib/witness/tcpstate"
)

// looks lists the listeners of a private stack; on the caller's own, others'
// sockets are not the run's to list.
func looks(r *scenario.Run) error {
	if r.Network() == journal.HostNet {
		return nil
	}
	return r.Host("a").List(tcpstate.Listen)
}

// eatenRST: a calls while b does not, and a filter on a's socket drops the RST
// that answers. So a is still calling when b calls.
func eatenRST(r *scenario.Run) error {
	if err := looks(r); err != nil {
		return err
	}
	a, b, err := clients(r, 0)
	if err != nil {
		return err
	}
	if err := a.DropRST(); err != nil {
		return err
	}
	a.call(b)
	b.call(a)
	r.Settle()
	if err := a.DropNothing(); err != nil {
		return err
	}
	if err := looks(r); err != nil {
		return err
	}
	exchange(r, a, b)
	return closeInTurn(r, a, b)
}

// rounds is how often a race is run.
const rounds = 1000

// roundBound bounds the wait for a round's outcome. A crossing or a refusal is
// there at once; where a RST met a SYN_RECV, one end may go on sending its SYN
// to nobody, for longer than the whole race takes.
const roundBound = 20 * time.Millisecond

// decided says whether a client's call has come to its end.
func (c client) decided() bool {
	return c.Seen(journal.TCPInfo) == journal.Established || c.Seen(journal.TCPInfo) == journal.Close
}

// race: two threads, each on a processor of its own, call at the same moment,
// as nearly as they can.
func race(r *scenario.Run) error {
	pa, pb, err := freePorts(r)
	if err != nil {
		return err
	}
	if err := looks(r); err != nil {
		return err
	}
	crossings, played := 0, 0
	for ; played < rounds && r.OK() && err == nil; played++ {
		r.Trial(func() (keep bool) {
			var a, b client
			if a, b, err = clientsAt(r, pa, pb); err != nil {
				return true
			}
			sock.Race(func() { a.call(b) }, func() { b.call(a) })
			r.Await(roundBound, func() bool { return a.decided() && b.decided() })
			met := open(a, b)
			err = abort(a, b)
			if met {
				crossings++
			}
			return met && crossings == 1 || err != nil
		})
		r.Progress("race: crossed in %d of %d rounds", crossings, played+1)
	}
	if err != nil {
		return err
	}
	r.Note("crossed in %d of %d rounds", crossings, played)
	return looks(r)
}

// burst is how many attempts of each client are prepared at once.
const burst = 8

// retry: two loops that know nothing of each other, as two shells running
// "until connect; do :; done" would: each is refused and calls again, until
// their calls happen to cross. The time of the run bounds it.
func retry(r *scenario.Run) error {
	pa, pb, err := freePorts(r)
	if err != nil {
		return err
	}
	if err := looks(r); err != nil {
		return err
	}
	began, attempts, met := time.Now(), 0, false
	for r.OK() && !met && err == nil {
		r.Trial(func() (keep bool) {
			var made int
			made, met, err = burstOfCalls(r, pa, pb)
			attempts += made
			return met || err != nil
		})
		r.Progress("retry: %d attempts, %.0f a second", attempts, float64(attempts)/time.Since(began).Seconds())
	}
	if err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	r.Note("%d attempts in %.2f s, %.0f a second", attempts, took, float64(attempts)/took)
	return looks(r)
}

// burstOfCalls lets both clients call until they have met, or all their
// sockets are used up.
func burstOfCalls(r *scenario.Run, pa, pb uint16) (made int, met bool, err error) {
	var as, bs [burst]client
	for i := range burst {
		// All of a client's sockets share its port; only one calls at a time.
		if as[i], err = newRetrier(r.Host("a"), pa); err != nil {
			return 0, false, err
		}
		if bs[i], err = newRetrier(r.Host("b"), pb); err != nil {
			return 0, false, err
		}
	}
	var (
		stop     atomic.Bool
		count    atomic.Int64
		finished sync.WaitGroup
	)
	loop := func(own *[burst]client, other client) {
		defer finished.Done()
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for _, c := range own {
			if stop.Load() {
				return
			}
			c.call(other)
			count.Add(1)
			if errno, err := c.Option(sock.SocketError); err == nil && errno == 0 {
				stop.Store(true) // not refused
				return
			}
		}
	}
	finished.Add(2)
	go loop(&as, bs[0])
	go loop(&bs, as[0])
	finished.Wait()
	r.Await(roundBound, func() bool {
		for i := range burst {
			if !as[i].decided() || !bs[i].decided() {
				return false
			}
		}
		return true
	})
	for i := range burst {
		for k := range burst {
			met = met || open(as[i], bs[k])
		}
	}
	for i := range burst {
		if err := abort(as[i], bs[i]); err != nil {
			return int(count.Load()), met, err
		}
	}
	return int(count.Load()), met, nil
}

func newRetrier(h *scenario.Host, port uint16) (client, error) {
	s, err := h.Socket()
	if err != nil {
		return client{}, err
	}
	if err := s.SetOption(sock.ReuseAddr, 1); err != nil {
		return client{}, err
	}
	return client{s, h, port}, s.Bind(h.At(port))
}
