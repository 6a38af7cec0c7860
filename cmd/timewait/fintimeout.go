package main

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// The values of tcp_fin_timeout, in seconds, that take the place of the default: one so short that
// a peer closes later, and one longer than any TIME_WAIT is said to last.
const (
	shortTimeout = 1
	longTimeout  = 300
)

// The short one passes while a peer waits with its close(): twice that at least; and, where the
// kernel keeps FIN_WAIT2 for longer, since its retransmission timeout has grown (tcp_fin_time in
// include/net/tcp.h), until that is over.
const (
	late   = 2 * shortTimeout * time.Second
	latest = 10 * time.Second
)

// finTimeouts: with each tcp_fin_timeout a client closes first, twice: one of its peers closes at
// once, the other late.
func finTimeouts(t *scenario.T) {
	t.Setting("a", finTimeout)
	l := t.Listen(scenario.ServerPort)
	var clients, waiting []*scenario.End
	var gone func() bool
	for _, seconds := range []int{0, shortTimeout, longTimeout} {
		if seconds != 0 {
			t.Sysctl("a", finTimeout, strconv.Itoa(seconds))
		}
		client, server := l.Connect()
		client.Close()
		server.Close()
		other, end := l.Connect()
		other.Close()
		if seconds == shortTimeout {
			gone = other.Gone
		}
		clients, waiting = append(clients, client, other), append(waiting, end)
	}
	t.Wait(late)
	t.Await(latest, gone)
	for _, end := range waiting {
		end.Close()
	}
	for _, client := range clients {
		client.Look()
	}
}

// farewell is a client that closed first, with some tcp_fin_timeout, and how long after it its peer
// closed.
type farewell struct {
	tcp.Ending
	set    *journal.Event // tcp_fin_timeout as it was then
	peer   *journal.Event // the peer's close()
	after  time.Duration
	wait   *tcp.Waiting // nil: it was not seen in TIME_WAIT
	before bool         // it was gone before its peer closed
}

// farewells lists them.
var farewells = tcp.Derived(func(v *tcp.View) []farewell {
	var all []farewell
	for _, e := range tcp.EndedBy(tcp.Closed)(v) {
		x := farewell{Ending: e, set: v.Setting(e.Who.Host, finTimeout, e.By.N), wait: waitOf(v, e.Who)}
		x.peer = tcp.First(e.Peer().CallsOf(e.By.N, 0, "close"))
		if x.set == nil || x.peer == nil {
			continue
		}
		x.after = time.Duration(x.peer.T - e.By.T)
		gone := tcp.First(e.Who.Entered(journal.Gone, journal.SockDiag))
		x.before = gone != nil && gone.N < x.peer.N
		all = append(all, x)
	}
	return all
})

// timeout is tcp_fin_timeout as it was.
func (x *farewell) timeout() time.Duration {
	seconds, _ := x.set.Setting.Number()
	return time.Duration(seconds) * time.Second
}

// isLate says whether the peer closed when an orphan's time was over.
func (x *farewell) isLate() bool { return x.after >= x.timeout() }

// Cite lets a finding rest on the farewell.
func (x farewell) Cite(c *claim.Case) {
	c.About(x.Who)
	c.Cite(x.set, x.By, x.peer)
	c.Cite(x.Who.States(journal.SockDiag)...)
}

// isRead says whether the timer of its TIME_WAIT was read again a second later: a single reading does
// not show that it runs.
func (x *farewell) isRead() bool {
	return x.wait != nil && tcp.Last(x.wait.Samples).T-x.wait.Samples[0].T >= time.Second.Nanoseconds()
}

// lasts is how long its TIME_WAIT lasts by the timer.
func (x *farewell) lasts(c *claim.Case) time.Duration {
	first, last := tcp.First(x.wait.Samples), tcp.Last(x.wait.Samples)
	passed, ran := c.Between(first, last), tcp.TimerLeft(first)-tcp.TimerLeft(last)
	c.Given((passed-ran).Abs() <= time.Second/2, "the timer of %s ran %s in %s: it was set anew", x.Who.ID, claim.Seconds(ran), claim.Seconds(passed))
	return x.wait.Lasts(first)
}

// saidMost is what the article says.
const saidMost = 4 * time.Minute

var tw9 = claim.Claim{
	ID: "TW9", Statement: "TIME_WAIT lasts less than 4 minutes",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "the timer of no TIME_WAIT was read twice",
	Rule: claim.Each(farewells, func(c *claim.Case, x farewell) {
		c.If(x.isRead())
		d := x.lasts(c)
		c.Expect(d < saidMost, "with tcp_fin_timeout %s that of %s lasts %s", x.set.Setting.New, x.Who.ID, claim.Seconds(d))
		c.Challenged(slices.ContainsFunc(farewells(c.View), func(o farewell) bool { return o.wait != nil && o.timeout() > saidMost }), "tcp_fin_timeout was never longer than that")
		c.Holds("with tcp_fin_timeout %s that of %s lasts %s", x.set.Setting.New, x.Who.ID, claim.Seconds(d))
	}),
}

// fewerNotShorter is the phenomenon: with tcp_fin_timeout short no TIME_WAIT is left where the peer
// closes late; those that are left last as long as with any other.
var fewerNotShorter = claim.Phenomenon{
	Needs: claim.NeedsEnds, Precondition: "no client closed first",
	Rule: claim.Once(func(c *claim.Case) {
		all := farewells(c.View)
		var lasts []time.Duration
		fewer, settings := 0, map[time.Duration]bool{}
		for _, x := range all {
			x.Cite(c)
			switch {
			case x.isLate():
				// The kernel may keep FIN_WAIT2 for longer than it is told, by a slow path's measure.
				c.Expect(x.wait == nil || x.after < x.timeout()+latest, "with tcp_fin_timeout %s %s came to TIME_WAIT when its peer closed after %s", x.set.Setting.New, x.Who.ID, claim.Seconds(x.after))
				c.Given(x.before, "%s was not gone when its peer closed after %s", x.Who.ID, claim.Seconds(x.after))
				fewer++
			case x.isRead():
				lasts = append(lasts, x.lasts(c))
				settings[x.timeout()] = true
			}
		}
		c.Given(fewer > 0 && len(settings) > 1, "not both were seen: a TIME_WAIT with each of two tcp_fin_timeout, and a peer that closed later than that")
		least, most := slices.Min(lasts), slices.Max(lasts)
		c.Expect(most-least < time.Second, "TIME_WAIT lasts from %s to %s, with %d values of tcp_fin_timeout", claim.Seconds(least), claim.Seconds(most), len(settings))
		c.Holds("with each of %d values of tcp_fin_timeout TIME_WAIT lasts %s; with the shortest none was left where the peer closed later", len(settings), claim.Seconds(most))
	}),
}

// compareFinTimeouts is the table of what was left by each.
func compareFinTimeouts(v *tcp.View) *claim.Comparison {
	t := &claim.Comparison{Title: "What is left of a client that closed first, by its tcp_fin_timeout", Ways: []string{"the peer closed at once", "the peer closed late"}}
	for _, x := range farewells(v) {
		way := t.Ways[0]
		if x.after >= late {
			way = t.Ways[1]
		}
		t.Put(x.set.Setting.New+" s", way, x.left())
	}
	return t
}

// left is what was left of a client.
func (x *farewell) left() claim.Cell {
	switch {
	case x.wait != nil:
		first := x.wait.Samples[0]
		return claim.Told(fmt.Sprintf("TIME_WAIT, %.0f s", x.wait.Lasts(first).Seconds()), x.wait.In, first)
	case x.before:
		return claim.Told("nothing", tcp.First(x.Who.Entered(journal.Gone, journal.SockDiag)))
	}
	return claim.Told("")
}
