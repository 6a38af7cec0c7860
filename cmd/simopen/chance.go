package main

import (
	"slices"
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
const burst = 32

// retry: two processes that know nothing of each other, as two shells running
// "until connect; do :; done" would: each is refused and connects again, until their SYNs
// happen to cross. The time of the run bounds it.
func retry(t *scenario.T) {
	pa, pb := freePorts(t)
	listenersOfA(t)
	began, bursts := time.Now(), 0
	t.Rounds(scenario.Endless, func() scenario.Round {
		bursts++
		t.Progress("retry: %d times up to %d attempts of each", bursts, burst)
		if contended(t, pa, pb) {
			return scenario.Last
		}
		return scenario.Fold
	})
	t.Note("met after %.2f s, in the %dth of bursts of up to %d attempts of each", time.Since(began).Seconds(), bursts, burst)
	listenersOfA(t)
}

// contended lets two processes connect until they have met, or all their sockets are used up.
// All of a client's sockets share its port; only one connects at a time.
func contended(t *scenario.T, pa, pb uint16) (met bool) {
	as, bs := sharing(t, "a", pa), sharing(t, "b", pb)
	first, second := t.Spawn(journal.DefaultSIGPIPE, as...), t.Spawn(journal.DefaultSIGPIPE, bs...)
	t.Contend(
		scenario.Contender{Child: first, Ends: as, To: t.Host("b").At(pb)},
		scenario.Contender{Child: second, Ends: bs, To: t.Host("a").At(pa)},
	)
	isOpen := func(e *scenario.End) bool { return e.State() == journal.Established }
	t.Await(roundBound, func() bool { return slices.ContainsFunc(as, isOpen) && slices.ContainsFunc(bs, isOpen) })
	met = slices.ContainsFunc(as, isOpen) && slices.ContainsFunc(bs, isOpen)
	t.AtOnce(func() {
		for _, c := range []*scenario.Child{first, second} {
			c.Exit(0)
		}
		for _, e := range slices.Concat(as, bs) {
			e.Reset()
		}
	})
	return met
}

// sharing makes the sockets of one burst, all bound to the client's port.
func sharing(t *scenario.T, host string, port uint16) []*scenario.End {
	var all []*scenario.End
	for range burst {
		all = append(all, newClient(t.Host(host), port, scenario.Opt(journal.SOReuseAddr, 1)).End)
	}
	return all
}

// tally is how a series of rounds, or of attempts, came out: what was kept whole and what
// was counted.
type tally struct {
	calls  int // connect() calls
	met    int // pairs that became connected
	counts []*journal.Event
}

func count(v *tcp.View) tally {
	t := tally{calls: len(v.Calls("connect")), met: len(metPairs(v)), counts: v.Events(func(e *journal.Event) bool { return e.Fold != nil })}
	for _, e := range t.counts {
		for _, c := range e.Fold.Counts {
			switch {
			case c.IsCall("connect"):
				t.calls += c.Count
			case c.IsState(journal.Established, journal.TCPInfo):
				t.met += c.Count / 2 // each end is seen once
			}
		}
	}
	return t
}

// met tests two clients that connect again and again, and tells how that came out.
func met(c *claim.Case) tally {
	t := count(c.View)
	c.Cite(t.counts...)
	c.Given(t.calls > 0, "connect() was never called")
	c.ExpectSeen(t.met > 0, "the two clients never met in %d calls", t.calls)
	whole := metPairs(c.View)
	for _, p := range whole {
		opened(c, p)
	}
	c.Given(len(whole) > 0, "they met, but no meeting was kept whole")
	return t
}

// raced is the phenomenon left to chance: they met at least once.
var raced = claim.Phenomenon{
	Needs: claim.NeedsInfo, Rounds: true,
	Rule: claim.Once(func(c *claim.Case) {
		t := met(c)
		c.Holds("the two clients met %d times in %d calls, two to a meeting", t.met, t.calls)
	}),
}

var so11 = claim.Claim{
	ID: "SO11", Statement: "two programs that keep retrying eventually hit",
	Source: claim.Article004, Quantity: claim.Can, Needs: claim.NeedsInfo,
	Precondition: "two processes connect again and again, each refused until the SYNs cross",
	Rule: claim.Once(func(c *claim.Case) {
		t := met(c)
		for _, p := range metPairs(c.View) {
			if x, y := processOf(c, p.a), processOf(c, p.b); x != nil && y != nil && x.Process.PID != y.Process.PID {
				c.Cite(x, y)
				c.Holds("%s, of process %d, and %s, of process %d, met in %d calls", p.a.ID, x.Process.PID, p.b.ID, y.Process.PID, t.calls)
			}
		}
		c.Given(false, "the clients that met were not two processes")
	}),
}

// processOf is the start of the process that made a socket's connect(); nil: this one did.
func processOf(c *claim.Case, s *tcp.Socket) *journal.Event {
	connect := tcp.First(s.CallsOf(0, 0, "connect"))
	for _, p := range c.Processes() {
		if connect != nil && connect.Call.InChild() && p.Has(s) {
			return p.Started
		}
	}
	return nil
}
