package main

import (
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// sendsRST judges what close sends with SO_LINGER {1, 0}.
func sendsRST(j *journal.Journal) claim.Finding {
	all := closings(j, lingerZero)
	var cited []*journal.Event
	for _, c := range all {
		sent := c.Sent(c.Who, c.By, nil)
		if fin := claim.WithFlag(sent, "FIN"); fin != nil {
			return claim.Refute(claim.Numbers(c.By, fin), "%s closed with SO_LINGER %s, and sent a FIN", c.Who, c.linger)
		}
		rst := claim.WithFlag(sent, "RST")
		if rst == nil {
			return claim.Refuse(j, claim.Numbers(c.By), "%s closed with SO_LINGER %s, and sent no RST", c.Who, c.linger)
		}
		cited = append(cited, c.By, rst)
	}
	if len(all) == 0 {
		return none(j, lingerZero)
	}
	return claim.Confirm(claim.Numbers(cited...), "close() sent RST and no FIN, %d times", len(all))
}

var lr1 = claim.Claim{
	ID: "LR1", Statement: "SO_LINGER {on, 0} makes close() send RST instead of FIN",
	Source: article000, Quantity: claim.Always,
	Precondition: "the connection has not been closed before",
	Needs:        needsPackets, Check: sendsRST,
}

var lr2 = claim.Claim{
	ID: "LR2", Statement: "unsent data is thrown away",
	Source: article000, Quantity: claim.Always,
	Precondition: "the kernel has taken data that it has not sent when close() is called",
	Needs:        needsPackets,
	Check: func(j *journal.Journal) claim.Finding {
		for _, c := range closings(j, lingerZero) {
			n := c.unsent()
			if n <= 0 {
				continue
			}
			for _, e := range c.Sent(c.Who, c.By, nil) {
				if e.Packet.Len > 0 {
					return claim.Refute(claim.Numbers(c.By, e), "%s sent data after close()", c.Who)
				}
			}
			reads := c.Calls(c.Other(), c.By, "read")
			got := claim.Moved(reads)
			last := claim.Nth(reads, len(reads)-1)
			if last == nil || last.Call.Errno == "" {
				return claim.Unclear("the peer did not read to the end")
			}
			return claim.Confirm(claim.Numbers(c.By, last), "%d of %d bytes were unsent: the peer read %d, then %s", n, c.given(), got, claim.Returned(last))
		}
		return claim.Unclear("no connection was closed so with data unsent")
	},
}

var lr3 = claim.Claim{
	ID: "LR3", Statement: "no TIME_WAIT follows",
	Source: article000, Quantity: claim.Always,
	Precondition: "close() with SO_LINGER {1, 0}, on a connection that has not been closed before",
	Needs:        needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		all := closings(j, lingerZero)
		var cited []*journal.Event
		for _, c := range all {
			var gone *journal.Event
			for _, e := range claim.States(c.Journal, c.Who, journal.SockDiag) {
				switch {
				case e.N > c.By.N && e.State.To == journal.TimeWait:
					return claim.Refute(claim.Numbers(c.By, e), "%s came to TIME_WAIT", c.Who)
				case e.N > c.By.N && e.State.To == journal.Gone:
					gone = e
				}
			}
			if gone == nil {
				return claim.Unclear("what became of %s was not seen", c.Who)
			}
			cited = append(cited, c.By, gone)
		}
		if len(all) == 0 {
			return none(j, lingerZero)
		}
		return claim.Confirm(claim.Numbers(cited...), "right after close() nothing was left, %d times", len(all))
	},
}

// pairTry is a second connection attempt from the same address to the same.
type pairTry struct {
	call *journal.Event // bind, if that failed; else connect
	ok   *journal.Event // the connection was made
	in   *journal.Event // the TIME_WAIT that the pair had; nil: none
}

// pairTries lists the calls to bind an address that an earlier connection had,
// and what came of them.
func pairTries(j *journal.Journal) []pairTry {
	var all []pairTry
	earlier := claim.Connections(j)
	for _, bind := range claim.Calls(j, "", "bind") {
		if len(bind.Call.Args) < 2 {
			continue
		}
		at := bind.Call.Args[len(bind.Call.Args)-1]
		for _, c := range earlier {
			if c.From != at || c.Client == bind.Socket || !endedBefore(&c, bind) {
				continue
			}
			t := pairTry{call: bind, in: timeWaitOf(&c, bind)}
			if connect := claim.Nth(claim.Calls(j, bind.Socket, "connect"), 0); connect != nil {
				t.call = connect
				t.ok = claim.Nth(claim.Entered(j, bind.Socket, journal.Established), 0)
			}
			all = append(all, t)
			break
		}
	}
	return all
}

// endedBefore says whether a connection's client had been closed before a call.
func endedBefore(c *claim.Connection, call *journal.Event) bool {
	for _, e := range c.Calls(c.Client, nil, "close") {
		if e.N < call.N {
			return true
		}
	}
	return false
}

// timeWaitOf is when a connection's client came to TIME_WAIT, before a call.
func timeWaitOf(c *claim.Connection, call *journal.Event) *journal.Event {
	for _, e := range claim.Entered(c.Journal, c.Client, journal.TimeWait) {
		if e.N < call.N {
			return e
		}
	}
	return nil
}

var lr4 = claim.Claim{
	ID: "LR4", Statement: "so the same address pair can be used again at once",
	Source: article000, Quantity: claim.Always,
	Precondition: "after close() with SO_LINGER {1, 0}",
	Needs:        needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		var free, taken *pairTry
		for _, t := range pairTries(j) {
			switch {
			case t.in != nil:
				taken = &t
			case t.ok == nil:
				return claim.Refuse(j, claim.Numbers(t.call), "it could not be used again: %s = %s", t.call.Call.Op, claim.Returned(t.call))
			default:
				free = &t
			}
		}
		if free == nil {
			return claim.Unclear("nobody tried a pair of addresses again")
		}
		said, cited := "", []*journal.Event{free.call, free.ok}
		if taken != nil {
			said = "; one that a plain close had left in TIME_WAIT was refused: " + taken.call.Call.Op + "() = " + claim.Returned(taken.call)
			cited = append(cited, taken.in, taken.call)
		}
		return claim.Confirm(claim.Numbers(cited...), "the same two addresses were ESTABLISHED again%s", said)
	},
}

var lr5 = claim.Claim{
	ID: "LR5", Statement: "it is equivalent to SO_DONTLINGER",
	Source: article000, Quantity: claim.Always,
	Precondition: "one connection is closed with SO_LINGER {1, 0}, one with {0, 0}, which is what SO_DONTLINGER means",
	Needs:        needsPackets,
	Check: func(j *journal.Journal) claim.Finding {
		zero, off := closings(j, lingerZero), closings(j, lingerNone)
		if len(zero) == 0 || len(off) == 0 {
			return claim.Unclear("not both were tried in this run")
		}
		x, y := zero[0].sentBy(), off[0].sentBy()
		cited := append(append([]*journal.Event{zero[0].By, off[0].By}, x...), y...)
		if xf, yf := claim.FlagsOf(x), claim.FlagsOf(y); xf != yf {
			return claim.Refute(claim.Numbers(cited...), "with %s close() sent %s, with %s %s", lingerZero, xf, lingerNone, yf)
		}
		return claim.Confirm(claim.Numbers(cited...), "both sent %s", claim.FlagsOf(x))
	},
}

// peersRead judges the peer's first read after closes with a value of SO_LINGER,
// nothing unread.
func peersRead(j *journal.Journal, linger, want string) claim.Finding {
	var cited []*journal.Event
	for _, c := range closings(j, linger) {
		read := c.read()
		if read == nil || claim.Moved(c.Calls(c.Who, nil, claim.Sending...)) > 0 {
			continue
		}
		if got := claim.Returned(read); got != want {
			return claim.Refuse(j, claim.Numbers(c.By, read), "after close() with SO_LINGER %s the peer's read returned %s", orUnset(linger), got)
		}
		cited = append(cited, c.By, read)
	}
	if len(cited) == 0 {
		return none(j, linger)
	}
	return claim.Confirm(claim.Numbers(cited...), "after close() with SO_LINGER %s the peer's read returned %s", orUnset(linger), want)
}

var lr6 = claim.Claim{
	ID: "LR6", Statement: "the peer's read fails with ECONNRESET",
	Source: article000 + "; " + article004, Quantity: claim.Always,
	Precondition: "after close() with SO_LINGER {1, 0}, and nothing is left to be read",
	Needs:        needsCalls,
	Check:        func(j *journal.Journal) claim.Finding { return peersRead(j, lingerZero, "ECONNRESET") },
}

var lr23 = claim.Claim{
	ID: "LR23", Statement: "linger 0 cannot remove a TIME_WAIT that exists already",
	Source: "socket(7), by implication", Quantity: claim.Always,
	Precondition: "SO_LINGER {1, 0} is set, and the descriptor closed, when the connection is in TIME_WAIT",
	Needs:        needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		for _, e := range claim.EndedBy(claim.Endings(j), claim.ShutWrite) {
			in := claim.Nth(claim.Entered(e.Journal, e.Who, journal.TimeWait), 0)
			closed := claim.Nth(e.Calls(e.Who, in, "close"), 0)
			if in == nil || closed == nil || lingerAt(&e.Connection, e.Who, closed) != lingerZero {
				continue
			}
			for _, s := range claim.States(e.Journal, e.Who, journal.SockDiag) {
				if s.N > closed.N && s.State.To == journal.Gone {
					return claim.Refute(claim.Numbers(in, closed, s), "the TIME_WAIT of %s was gone after close()", e.Who)
				}
			}
			if s := e.Sent(e.Who, closed, nil); len(s) > 0 {
				return claim.Refute(claim.Numbers(in, closed, s[0]), "close() of %s sent %s", e.Who, claim.FlagsOf(s))
			}
			for _, s := range claim.Samples(e.Journal, e.Who, journal.TimeWait) {
				if s.N > closed.N {
					return claim.Confirm(claim.Numbers(in, closed, s), "%s was still in TIME_WAIT after close(), with %.1f s to go, and nothing was sent", e.Who, float64(s.Sample.TimerMS)/1e3)
				}
			}
		}
		return claim.Unclear("no descriptor was closed so of a connection in TIME_WAIT")
	},
}

// resets is the phenomenon of linger0: the peer of a close with linger 0 is
// reset, the peer of a plain one reads the end.
var resets = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		return claim.Together(j,
			func(j *journal.Journal) claim.Finding { return peersRead(j, lingerZero, "ECONNRESET") },
			func(j *journal.Journal) claim.Finding { return peersRead(j, "", "0: the end") })
	},
}

// offIsDefault is the phenomenon of linger-off.
var offIsDefault = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		var told []string
		f := claim.Together(j,
			func(j *journal.Journal) claim.Finding { return peersRead(j, "", "0: the end") },
			func(j *journal.Journal) claim.Finding { return peersRead(j, lingerNone, "0: the end") },
			func(j *journal.Journal) claim.Finding { return peersRead(j, lingerZero, "ECONNRESET") })
		if f.Verdict == claim.Confirmed {
			told = append(told, "unset and {0, 0}: the peer reads the end", "{1, 0}: ECONNRESET")
			f.Because = strings.Join(told, "; ")
		}
		return f
	},
}
