package main

import (
	"fmt"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// held is a call that ended, or shut down, one of several descriptors.
type held struct {
	claim.Connection
	call *journal.Event
	left int // how many descriptors were left
	next *journal.Event
	sent []*journal.Event // by the caller's end, until the next such call
}

// ofSeveral lists the closes and shutdowns of sockets with several descriptors,
// in order; a close that left none is the last of its socket.
func ofSeveral(j *journal.Journal) []held {
	var all []held
	for _, c := range claim.Connections(j) {
		w := wayOf(c, c.Client, nil)
		calls := w.Calls(c.Client, nil, "close", "shutdown")
		for i, call := range calls {
			h := held{Connection: c, call: call, next: claim.Nth(calls, i+1)}
			h.left = claim.Holders(j, c.Client, call)
			h.sent = claim.Farewells(w.Sent(c.Client, call, h.next))
			all = append(all, h)
		}
	}
	return all
}

// sharesOne judges that close acts for a descriptor, and shutdown for the
// connection.
func sharesOne(j *journal.Journal) claim.Finding {
	var (
		cited        []*journal.Event
		closes, last int
		shutdowns    int
	)
	for _, h := range ofSeveral(j) {
		switch {
		case claim.NameOf(h.call) == claim.Closed && h.left > 0:
			if len(h.sent) > 0 {
				return claim.Refute(claim.Numbers(h.call, h.sent[0]), "close() of one of %d descriptors of %s sent %s", h.left+1, h.Client, claim.FlagsOf(h.sent))
			}
			if use := h.usedAfter(); use != nil {
				closes++
				cited = append(cited, h.call, use)
			}
		case claim.NameOf(h.call) == claim.Closed:
			if len(h.sent) > 0 {
				last++
				cited = append(cited, h.call, h.sent[0])
			}
		case h.left > 1:
			f, ok := h.actsForAll(j)
			if !ok {
				return f
			}
			shutdowns++
			cited = append(cited, h.call, h.sent[0], h.refused())
		}
	}
	if closes == 0 || last == 0 || shutdowns == 0 {
		return claim.Unclear("not all was seen: %d closes of one descriptor with another in use afterwards, %d of the last, %d shutdowns through one of several", closes, last, shutdowns)
	}
	return claim.Absent(claim.Confirm(claim.Numbers(cited...), "%s", fmt.Sprintf(
		"%d times close() of one descriptor sent nothing, and the other went on sending; only the last close() sent a FIN. One shutdown() sent it at once, and the other holder's write failed with EPIPE", closes)))
}

// usedAfter is a call by which the connection was still used through another
// descriptor, and arrived.
func (h *held) usedAfter() *journal.Event {
	w := wayOf(h.Connection, h.Client, nil)
	for _, e := range w.writes(h.Client, h.call) {
		if e.Call.Errno == "" && claim.Between(e, nil, h.next) {
			for _, r := range w.reads(h.Server, e) {
				if string(r.Call.Data) == string(e.Call.Data) {
					return e
				}
			}
		}
	}
	return nil
}

// refused is another holder's write that failed after a shutdown.
func (h *held) refused() *journal.Event {
	w := wayOf(h.Connection, h.Client, nil)
	for _, e := range w.writes(h.Client, h.call) {
		if e.Call.Errno == "EPIPE" && slices.Index(e.Call.Args, h.Client) == 0 != (slices.Index(h.call.Call.Args, h.Client) == 0) {
			return e
		}
	}
	return nil
}

// actsForAll judges a shutdown through one of several descriptors.
func (h *held) actsForAll(j *journal.Journal) (claim.Finding, bool) {
	switch {
	case len(h.sent) == 0:
		return claim.Refuse(j, claim.Numbers(h.call), "shutdown() through one of %d descriptors of %s sent no FIN", h.left, h.Client), false
	case h.refused() == nil:
		return claim.Refuse(j, claim.Numbers(h.call), "after shutdown() through one descriptor of %s no write through another was refused", h.Client), false
	}
	return claim.Finding{}, true
}

var hc31 = claim.Claim{
	ID: "HC31", Statement: "close() of one of two descriptors of a socket (dup, fork) sends nothing; shutdown() acts for all",
	Source: "close(2), shutdown(2)", Quantity: claim.Always,
	Precondition: "several descriptors refer to one socket",
	Needs:        needsPackets, Check: sharesOne,
}
