package main

import (
	"strings"
	"sync/atomic"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// listenersOfA lists the listeners of a private stack; on the caller's own, those of
// others are not the run's to list.
func listenersOfA(t *scenario.T) {
	if !t.OnHost() {
		t.Host("a").List(journal.Listen)
	}
}

// eatenRST: a connects while b does not, and a filter on a's socket drops the RST
// that answers. So a is still connecting when b connects.
func eatenRST(t *scenario.T) {
	listenersOfA(t)
	a, b := clients(t, 0)
	a.DropRST()
	a.call(b)
	b.call(a)
	t.Settle()
	a.DropNothing()
	listenersOfA(t)
	exchange(t, a, b)
	closeInTurn(a, b)
}

// rounds is how often a race is run.
const rounds = 1000

// roundBound bounds the wait for a round's outcome. A crossing or a refusal is
// there at once; where a RST met a SYN_RECV, one end may go on sending its SYN
// to nobody, for longer than the whole race takes.
const roundBound = 20 * time.Millisecond

// decided says whether a client's connect has come to its end.
func (c client) decided() bool {
	return c.State() == journal.Established || c.State() == journal.Close
}

// race: two threads, each on a processor of its own, connect at the same moment,
// as nearly as they can.
func race(t *scenario.T) {
	pa, pb := freePorts(t)
	listenersOfA(t)
	crossings, played := 0, 0
	t.Rounds(rounds, func() scenario.Round {
		a, b := clientsAt(t, pa, pb)
		t.Race(func() { a.call(b) }, func() { b.call(a) })
		t.Await(roundBound, func() bool { return a.decided() && b.decided() })
		met := open(a, b)
		t.AtOnce(func() { a.Reset(); b.Reset() })
		played++
		defer func() { t.Progress("race: crossed in %d of %d rounds", crossings, played) }()
		if !met {
			return scenario.Fold
		}
		if crossings++; crossings > 1 {
			return scenario.Fold
		}
		return scenario.Keep
	})
	t.Note("crossed in %d of %d rounds", crossings, played)
	listenersOfA(t)
}

// burst is how many attempts of each client are prepared at once.
const burst = 8

// retry: two loops that know nothing of each other, as two shells running
// "until connect; do :; done" would: each is refused and connects again, until
// their SYNs happen to cross. The time of the run bounds it.
func retry(t *scenario.T) {
	pa, pb := freePorts(t)
	listenersOfA(t)
	began, attempts := time.Now(), 0
	rate := func() float64 { return float64(attempts) / time.Since(began).Seconds() }
	t.Rounds(scenario.Endless, func() scenario.Round {
		made, met := burstOfCalls(t, pa, pb)
		attempts += made
		t.Progress("retry: %d attempts, %.0f a second", attempts, rate())
		if met {
			return scenario.Last
		}
		return scenario.Fold
	})
	t.Note("%d attempts in %.2f s, %.0f a second", attempts, time.Since(began).Seconds(), rate())
	listenersOfA(t)
}

// burstOfCalls lets both clients connect until they have met, or all their
// sockets are used up. All of a client's sockets share its port; only one connects at a
// time.
func burstOfCalls(t *scenario.T, pa, pb uint16) (made int, met bool) {
	var as, bs [burst]client
	shared := scenario.Opt(journal.SOReuseAddr, 1)
	for i := range burst {
		as[i], bs[i] = newClient(t.Host("a"), pa, shared), newClient(t.Host("b"), pb, shared)
	}
	var (
		stop  atomic.Bool
		count atomic.Int64
	)
	loop := func(own *[burst]client, other client) {
		for _, c := range own {
			if stop.Load() {
				return
			}
			c.call(other)
			count.Add(1)
			if c.Err() == "" { // not refused
				stop.Store(true)
				return
			}
		}
	}
	t.Threads(func() { loop(&as, bs[0]) }, func() { loop(&bs, as[0]) })
	t.Await(roundBound, func() bool {
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
	t.AtOnce(func() {
		for i := range burst {
			as[i].Reset()
			bs[i].Reset()
		}
	})
	return int(count.Load()), met
}

// tally is how a series of rounds, or of attempts, came out: what was kept whole and what
// was counted.
type tally struct {
	calls  int // connect() calls
	met    int // pairs that became connected
	counts []*journal.Event
}

func count(v *tcp.View) tally {
	t := tally{calls: len(v.Calls("connect"))}
	for _, p := range pairs(v) {
		if p.isOpen() {
			t.met++
		}
	}
	t.counts = v.Events(func(e *journal.Event) bool { return e.Fold != nil })
	for _, e := range t.counts {
		for _, c := range e.Fold.Counts {
			switch {
			case c.What == "connect" || strings.HasPrefix(c.What, "connect "):
				t.calls += c.Count
			case c.What == "state "+journal.Established+" by "+string(journal.TCPInfo):
				t.met += c.Count / 2 // each end is seen once
			}
		}
	}
	return t
}

// met tests two clients that call again and again.
func met(c *claim.Case) {
	t := count(c.View)
	c.Cite(t.counts...)
	c.Given(t.calls > 0, "connect() was never called")
	c.ExpectSeen(t.met > 0, "the two clients never met in %d calls", t.calls)
	whole := false
	for _, p := range pairs(c.View) {
		if p.isOpen() {
			opened(c, p)
			whole = true
		}
	}
	c.Given(whole, "they met, but no meeting was kept whole")
	c.Holds("the two clients met %d times in %d calls, two to a meeting", t.met, t.calls)
}

// raced is the phenomenon left to chance: they met at least once.
var raced = claim.Phenomenon{Needs: needsCalls, Rounds: true, Rule: claim.Once(met)}

var so11 = claim.Claim{
	ID: "SO11", Statement: "two clients that keep retrying eventually hit",
	Source: article004, Quantity: claim.Can, Needs: needsCalls, Rule: claim.Once(met),
}
