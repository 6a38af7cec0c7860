package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// sendsRST judges what close sends with SO_LINGER {1, 0}.
func sendsRST(j *journal.Journal) claim.Finding {
	all := closings(j, lingerZero)
	var cited []*journal.Event
	for _, c := range all {
		if fin := claim.WithFlag(c.Sent(c.Who, c.By, nil), "FIN"); fin != nil {
			return claim.Refute(claim.Numbers(c.By, fin), "%s closed with SO_LINGER %s, and sent a FIN", c.Who, c.linger)
		}
		rst := claim.WithFlag(c.sentBy(), "RST")
		if rst == nil {
			return claim.Refuse(j, claim.Numbers(c.By), "%s closed with SO_LINGER %s, and sent no RST", c.Who, c.linger)
		}
		cited = append(cited, c.By, rst)
	}
	if len(all) == 0 {
		return none(j, lingerZero)
	}
	return claim.Absent(claim.Confirm(claim.Numbers(cited...), "close() sent RST and no FIN, %d times", len(all)))
}

var lr1 = claim.Claim{
	ID: "LR1", Statement: "SO_LINGER {on, 0} makes close() send RST instead of FIN",
	Source: article000, Quantity: claim.Always,
	Precondition: "the connection has not been closed before",
	Needs:        needsPackets, Check: sendsRST,
}

// throwsAway judges what became of data that was unsent at the close.
func throwsAway(j *journal.Journal) claim.Finding {
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
		reads := c.Calls(c.Other(), nil, "read")
		got, last := claim.Moved(reads), claim.Nth(reads, len(reads)-1)
		switch {
		case got > c.given()-n:
			return claim.Refute(claim.Numbers(append(reads, c.By)...), "%d of %d bytes were unsent, and the peer read %d", n, c.given(), got)
		case last == nil || last.N < c.By.N || last.Call.Errno != "ECONNRESET" && !claim.IsEnd(last):
			return claim.Unclear("the peer did not read to the end")
		}
		return claim.Confirm(claim.Numbers(c.By, last), "%d of %d bytes were unsent: the peer read %d, then %s", n, c.given(), got, claim.Returned(last))
	}
	return claim.Unclear("no connection was closed so with data unsent")
}

var lr2 = claim.Claim{
	ID: "LR2", Statement: "unsent data is thrown away",
	Source: article000, Quantity: claim.Always,
	Precondition: "the kernel has taken data that it has not sent when close() is called",
	Needs:        needsPackets, Check: throwsAway,
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
		if len(x) == 0 || len(y) == 0 {
			return claim.Unclear("what close() sent was not seen of both")
		}
		cited := append(append([]*journal.Event{zero[0].By, off[0].By}, x...), y...)
		if xf, yf := claim.FlagsOf(x), claim.FlagsOf(y); xf != yf {
			return claim.Refute(claim.Numbers(cited...), "with %s close() sent %s, with %s %s", lingerZero, xf, lingerNone, yf)
		}
		return claim.Confirm(claim.Numbers(cited...), "both sent %s", claim.FlagsOf(x))
	},
}

// peersRead judges the peer's first read after closes with a value of SO_LINGER,
// nothing unread, leaving out those of which it need not be so.
func peersRead(j *journal.Journal, linger, want string, leaveOut func(*closing) bool) claim.Finding {
	var cited []*journal.Event
	for _, c := range closings(j, linger) {
		read := c.read()
		if read == nil || c.given() > 0 || leaveOut(&c) {
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
	Precondition: "the RST of close() with SO_LINGER {1, 0} has arrived, and nothing is left to be read",
	Needs:        needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		return peersRead(j, lingerZero, "ECONNRESET", func(c *closing) bool { return !c.reached() })
	},
}

// anyClose leaves out none.
func anyClose(*closing) bool { return false }

// readsReset and readsEnd are what the peers of a close with SO_LINGER {1, 0} and
// of another must meet where a scenario shows what it is about.
func readsReset(j *journal.Journal) claim.Finding {
	return peersRead(j, lingerZero, "ECONNRESET", anyClose)
}

func readsEnd(linger string) claim.Check {
	return func(j *journal.Journal) claim.Finding { return peersRead(j, linger, "0: the end", anyClose) }
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
					return claim.Absent(claim.Confirm(claim.Numbers(in, closed, s), "%s was still in TIME_WAIT after close(), with %.1f s to go, and nothing was sent", e.Who, float64(s.Sample.TimerMS)/1e3))
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
	Check: func(j *journal.Journal) claim.Finding { return claim.Together(j, readsReset, readsEnd("")) },
}

// isDefault judges that a socket on which nobody has set SO_LINGER has it off.
func isDefault(j *journal.Journal) claim.Finding {
	for _, c := range closings(j, "") {
		for _, asked := range c.Calls(c.Who, nil, "getsockopt") {
			if asked.N > c.By.N || !slices.Contains(asked.Call.Args, "SO_LINGER") {
				continue
			}
			if asked.Call.Out != lingerNone {
				return claim.Refute(claim.Numbers(asked), "SO_LINGER, never set, was %s", asked.Call.Out)
			}
			return claim.Confirm(claim.Numbers(asked), "SO_LINGER, never set, was %s", lingerNone)
		}
	}
	return none(j, "")
}

// offIsDefault is the phenomenon of linger-off.
var offIsDefault = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		f := claim.Together(j, isDefault, readsEnd(""), readsEnd(lingerNone), readsReset)
		if f.Verdict == claim.Confirmed {
			f.Because = "unset, which is {0, 0}, and {0, 0}: the peer reads the end; {1, 0}: ECONNRESET"
		}
		return f
	},
}
