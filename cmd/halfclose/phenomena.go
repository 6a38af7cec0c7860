package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// Whether a scenario's phenomenon was seen is judged by what the programs at both
// ends noticed, so that it can be told where no packet may be captured. What was
// on the wire is for the claims.

// needsEnds are the witnesses of that.
var needsEnds = []journal.Witness{journal.Calls, journal.TCPInfo}

// closeWait is when the peer's end learnt that no more would come: its kernel
// had the FIN.
func (w *way) closeWait() *journal.Event {
	return w.entered(journal.CloseWait)
}

// reset is when the peer's end was torn down by the other's RST: it went to
// CLOSE with its descriptor open.
func (w *way) reset() *journal.Event {
	e := w.entered(journal.Close)
	if e == nil {
		return nil
	}
	for _, own := range w.Calls(w.Other(), nil, "close", "shutdown") {
		if own.N < e.N && own.Call.Errno == "" {
			return nil // its own doing
		}
	}
	return e
}

// entered is when TCP_INFO saw the peer's end enter a state, after the ending.
func (w *way) entered(state string) *journal.Event {
	for _, e := range claim.States(w.Journal, w.Other(), journal.TCPInfo) {
		if e.N > w.By.N && e.State.To == state {
			return e
		}
	}
	return nil
}

// tried is the first way of a name, or the finding that there was none.
func tried(j *journal.Journal, name string) (*way, claim.Finding) {
	some := of(ways(j), name)
	if len(some) == 0 {
		if f, ok := claim.Complete(j); !ok {
			return nil, f
		}
		return nil, claim.Unclear("%s was not tried", name)
	}
	return &some[0], claim.Finding{}
}

// told judges that the peer's kernel was told by an ending, or was not.
func told(j *journal.Journal, name string, fin bool) claim.Finding {
	w, f := tried(j, name)
	if w == nil {
		return f
	}
	e := w.closeWait()
	switch {
	case fin && e == nil:
		return claim.Refuse(j, claim.Numbers(w.By), "after %s the peer was not in CLOSE_WAIT: no FIN came", name)
	case fin:
		return claim.Confirm(claim.Numbers(w.By, e), "%s took the peer to CLOSE_WAIT", name)
	case e != nil:
		return claim.Refute(claim.Numbers(w.By, e), "%s took the peer to CLOSE_WAIT", name)
	}
	read := claim.Nth(w.reads(w.Other(), w.By), 0)
	if read == nil || claim.IsEnd(read) {
		return claim.Refuse(j, claim.Numbers(w.By, read), "the peer did not go on after %s", name)
	}
	return claim.Confirm(claim.Numbers(w.By, read), "%s told the peer nothing", name)
}

// resetsWriter judges that a peer that goes on writing is reset.
func resetsWriter(name string) func(*journal.Journal) claim.Finding {
	return func(j *journal.Journal) claim.Finding {
		w, f := tried(j, name)
		if w == nil {
			return f
		}
		write := claim.Nth(w.writes(w.Other(), w.By), 0)
		rst := w.reset()
		if write == nil || rst == nil {
			return claim.Refuse(j, claim.Numbers(w.By, write), "the peer that wrote after %s was not reset", name)
		}
		return claim.Confirm(claim.Numbers(w.By, write, rst), "the peer that wrote after %s was reset", name)
	}
}

// fourEndings is the phenomenon of endings: three of them tell the peer's kernel
// the same, one nothing, and its data fares differently with each.
var fourEndings = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		f := claim.Together(
			j,
			func(j *journal.Journal) claim.Finding { return told(j, claim.ShutWrite, true) },
			receives,
			func(j *journal.Journal) claim.Finding { return told(j, claim.ShutRead, false) },
			func(j *journal.Journal) claim.Finding { return told(j, claim.ShutBoth, true) },
			resetsWriter(claim.ShutBoth),
			func(j *journal.Journal) claim.Finding { return told(j, claim.Closed, true) },
			resetsWriter(claim.Closed),
		)
		if f.Verdict == claim.Confirmed {
			f.Because = "SHUT_WR, SHUT_RDWR and close() took the peer to CLOSE_WAIT, SHUT_RD told it nothing; what it sent then was read after SHUT_WR, and reset after SHUT_RDWR and close()"
		}
		return f
	},
}

// goingOn is the phenomenon of late-data: one caller reads it, the other's
// kernel rejects it.
var goingOn = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		return claim.Together(j, receives, resetsWriter(claim.Closed))
	},
}

// unreadWays judges what the peer's read returns after an ending with data
// unread: ECONNRESET, or the end.
func unreadWays(reset bool, names ...string) func(*journal.Journal) claim.Finding {
	return func(j *journal.Journal) claim.Finding {
		var cited []*journal.Event
		for _, name := range names {
			w, f := tried(j, name)
			if w == nil {
				return f
			}
			read, own := claim.Nth(w.reads(w.Other(), w.By), 0), claim.Nth(w.reads(w.Who, w.By), 0)
			switch {
			case claim.Moved(w.writes(w.Other(), nil)) == 0:
				return claim.Unclear("nothing was sent that could have been unread at %s", name)
			case reset && (read == nil || read.Call.Errno != "ECONNRESET"):
				return claim.Refuse(j, claim.Numbers(w.By, read), "after %s with data unread the peer's read returned %s", name, claim.Returned(read))
			case !reset && (!claim.IsEnd(read) || own == nil || own.Call.Result <= 0):
				return claim.Refuse(j, claim.Numbers(w.By, read, own), "after %s with data unread the peer's read returned %s, the caller's own %s", name, claim.Returned(read), claim.Returned(own))
			}
			cited = append(cited, w.By, read, own)
		}
		if reset {
			return claim.Confirm(claim.Numbers(cited...), "after %s with data unread the peer's read failed with ECONNRESET", strings.Join(names, " and "))
		}
		return claim.Confirm(claim.Numbers(cited...), "after %s it returned the end, and the data could still be read", strings.Join(names, " and "))
	}
}

// unreadMatters is the phenomenon of unread.
var unreadMatters = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		return claim.Together(j, unreadWays(true, claim.Closed), unreadWays(false, claim.ShutWrite, claim.ShutBoth))
	},
}

// unsentArrives is the phenomenon of unsent: what was unsent arrives at peers
// that read on.
var unsentArrives = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		return claim.Together(j, toReaders(claim.Closed), toReaders(claim.ShutWrite))
	},
}

// answerTruncated is the phenomenon of truncated.
var answerTruncated = claim.Phenomenon{Needs: needsEnds, Check: losesTheEnd}

// lastToClose is the phenomenon of shared: the peer sees the end after the last
// descriptor was closed, and not before.
var lastToClose = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		var (
			cited       []*journal.Event
			first, last int
		)
		for _, h := range ofSeveral(j) {
			if claim.NameOf(h.call) != claim.Closed {
				continue
			}
			w := wayOf(h.Connection, h.Client, h.call)
			read := claim.Nth(w.reads(h.Server, h.call), 0)
			switch {
			case read == nil:
				return claim.Refuse(j, claim.Numbers(h.call), "the peer did not read after close() of %s", h.Client)
			case h.left > 0 && claim.IsEnd(read):
				return claim.Refute(claim.Numbers(h.call, read), "close() of one of %d descriptors of %s ended the connection", h.left+1, h.Client)
			case h.left == 0 && !claim.IsEnd(read):
				return claim.Refuse(j, claim.Numbers(h.call, read), "the last close() of %s did not end the connection: the peer's read returned %s", h.Client, claim.Returned(read))
			}
			cited = append(cited, h.call, read)
			if h.left > 0 {
				first++
			} else {
				last++
			}
		}
		if first == 0 || last == 0 {
			return claim.Unclear("not both were seen: %d closes of one descriptor of several, %d of the last", first, last)
		}
		return claim.Confirm(claim.Numbers(cited...), "the peer read nothing after the first close(), and the end after the last")
	},
}

// indistinct is the phenomenon of epoll: it and recv say the same of both.
var indistinct = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		f := tellsNothing(j)
		if f.Verdict == claim.Confirmed {
			f.Because = "epoll, recv and the states said the same after close() and after shutdown(SHUT_WR), until the peer wrote"
		}
		return f
	},
}

// silentShutdown is the phenomenon of shut-read: SHUT_RD tells nobody, and a
// listener stops.
var silentShutdown = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		return claim.Together(j, func(j *journal.Journal) claim.Finding { return told(j, claim.ShutRead, false) }, stopsListening)
	},
}

// processEnds is the phenomenon of exit and kill: the peer reads the end, or
// ECONNRESET where the process had left something unread.
var processEnds = claim.Phenomenon{
	Needs: needsEnds,
	Check: func(j *journal.Journal) claim.Finding {
		var (
			cited []*journal.Event
			said  []string
			sorts = map[bool]int{}
		)
		for _, d := range deaths(j) {
			w := wayOf(d.Connection, d.Client, d.event)
			read := claim.Nth(w.reads(d.Server, d.event), 0)
			unread := claim.Moved(w.writes(d.Server, nil)) > 0
			want := map[bool]string{false: "0: the end", true: "ECONNRESET"}[unread]
			if read == nil || claim.Returned(read) != want {
				return claim.Refuse(j, claim.Numbers(d.event, read), "after %s the peer's read returned %s, not %s", d.how, claim.Returned(read), want)
			}
			sorts[unread]++
			cited = append(cited, d.event, read)
			if !unread && !slices.Contains(said, d.how) {
				said = append(said, d.how)
			}
		}
		if sorts[false] == 0 || sorts[true] == 0 {
			if f, ok := claim.Complete(j); !ok {
				return f
			}
			return claim.Unclear("not both were seen: %d processes that ended with nothing unread, %d with something", sorts[false], sorts[true])
		}
		return claim.Confirm(claim.Numbers(cited...), "%s: the peer's read returned the end, and ECONNRESET if data was unread", strings.Join(said, ", "))
	},
}
