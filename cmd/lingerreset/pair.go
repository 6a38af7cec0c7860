package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// pairTry is an attempt to connect from the address of an earlier connection to
// the same other address, once the earlier one's client has been closed.
type pairTry struct {
	earlier *closing
	call    *journal.Event // bind, if that failed; else connect
	ok      *journal.Event // the connection was made
	in      *journal.Event // the TIME_WAIT that the pair had; nil: none
}

// pairTries lists those that came after a close by the client, with its SO_LINGER
// unset or {1, 0}.
func pairTries(j *journal.Journal) []pairTry {
	var all []pairTry
	earlier := closings(j, "", lingerZero)
	for _, bind := range claim.Calls(j, "", "bind") {
		for i := range earlier {
			c := &earlier[i]
			if c.Who != c.Client || c.By.N > bind.N || !slices.Contains(bind.Call.Args, c.From) {
				continue
			}
			if t := tryOf(j, c, bind); t.call != nil {
				all = append(all, t)
			}
		}
	}
	return all
}

// tryOf is what became of a socket that was bound to an earlier connection's
// address; without a call, it was not meant for the same pair.
func tryOf(j *journal.Journal, c *closing, bind *journal.Event) pairTry {
	t := pairTry{earlier: c}
	for _, e := range claim.Entered(c.Journal, c.Client, journal.TimeWait) {
		if e.N < bind.N {
			t.in = e
		}
	}
	if bind.Call.Errno != "" {
		t.call = bind
		return t
	}
	for _, connect := range claim.Calls(j, bind.Socket, "connect") {
		if slices.Contains(connect.Call.Args, c.To) {
			t.call = connect
			t.ok = claim.Nth(claim.Entered(j, bind.Socket, journal.Established), 0)
			break
		}
	}
	return t
}

// freeAgain judges the attempts after a close with SO_LINGER {1, 0}; those after a
// plain one, which had left a TIME_WAIT, are there to be compared.
func freeAgain(j *journal.Journal) claim.Finding {
	var free, taken *pairTry
	for _, t := range pairTries(j) {
		switch {
		case t.earlier.linger != lingerZero:
			if t.in != nil && t.ok == nil {
				taken = &t
			}
		case !t.earlier.reached():
			continue // the other end still has the connection
		case t.call.Call.Op == "bind":
			return claim.Refute(claim.Numbers(t.earlier.By, t.call), "it could not be used again: bind() = %s", claim.Returned(t.call))
		case t.ok == nil:
			return claim.Refuse(j, claim.Numbers(t.earlier.By, t.call), "it could not be used again: connect() = %s, and no more", claim.Returned(t.call))
		default:
			free = &t
		}
	}
	if free == nil {
		return claim.Unclear("nobody tried a pair of addresses again after close() with SO_LINGER %s", lingerZero)
	}
	said, cited := "", []*journal.Event{free.call, free.ok}
	if taken != nil {
		said = "; one that a plain close had left in TIME_WAIT was refused: " + taken.call.Call.Op + "() = " + claim.Returned(taken.call)
		cited = append(cited, taken.in, taken.call)
	}
	return claim.Confirm(claim.Numbers(cited...), "the same two addresses were ESTABLISHED again%s", said)
}

var lr4 = claim.Claim{
	ID: "LR4", Statement: "so the same address pair can be used again at once",
	Source: article000, Quantity: claim.Always,
	Precondition: "after close() with SO_LINGER {1, 0}, the RST of which has arrived",
	Needs:        needsEnds, Check: freeAgain,
}
