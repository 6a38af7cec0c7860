package main

import (
	"fmt"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// opening is what became of one pair's opening on a lossy wire.
type opening struct {
	pair
	dropped []*journal.Event
	again   int    // segments that had to be sent again
	kind    string // which handshake it became
}

// openings lists them for a run in which pairs open one after the other.
func openings(j *journal.Journal) []opening {
	var all []opening
	for _, p := range pairs(j) {
		o := opening{pair: p}
		between := func(e *journal.Event) bool {
			return belongs(j, p, e.Packet.Src) && belongs(j, p, e.Packet.Dst)
		}
		for _, e := range lost(j) {
			if between(e) && slices.Contains(e.Packet.Flags, "SYN") {
				o.dropped = append(o.dropped, e)
			}
		}
		for _, s := range claim.Segments(j) {
			if s.Repeats != 0 && slices.Contains(s.Packet().Flags, "SYN") && between(s.Event) {
				o.again++
			}
		}
		o.kind = handshake(j, p)
		all = append(all, o)
	}
	return all
}

// belongs says whether an address is one of the pair's.
func belongs(j *journal.Journal, p pair, address string) bool {
	return slices.ContainsFunc(j.Sockets, func(s journal.Socket) bool {
		return (s.ID == p.a || s.ID == p.b) && s.Local == address
	})
}

// handshake names what the opening became: both ends pass SYN_RECV in a
// simultaneous one; in the ordinary one, with three segments, one does.
func handshake(j *journal.Journal, p pair) string {
	through := 0
	for _, id := range []string{p.a, p.b} {
		if len(claim.Entered(j, id, journal.SynRecv)) > 0 {
			through++
		}
	}
	return [...]string{"neither end was seen in SYN_RECV", "an ordinary three-way handshake", "a simultaneous one"}[through]
}

// survivesLoss judges that every pair connected though segments were lost.
func survivesLoss(j *journal.Journal) claim.Finding {
	all := openings(j)
	if len(all) == 0 {
		return claim.Unclear("no two clients called each other")
	}
	var (
		cited []int
		told  []string
	)
	for _, o := range all {
		if len(o.dropped) == 0 {
			return claim.Unclear("nothing of the opening of %s and %s was lost", o.a, o.b)
		}
		drops := claim.Numbers(o.dropped...)
		if o.events == nil && j.Stopped != "" {
			return claim.Unclear("%s and %s had not connected yet when the run was stopped: %s", o.a, o.b, j.Stopped)
		}
		if o.events == nil {
			return claim.Refute(drops, "%s and %s did not connect after %s was lost", o.a, o.b, claim.FlagsOf(o.dropped))
		}
		cited = append(append(cited, drops...), o.events...)
		told = append(told, fmt.Sprintf("without %s it became %s, with %d sent again", claim.FlagsOf(o.dropped), o.kind, o.again))
	}
	return claim.Confirm(cited, "%s", strings.Join(told, "; "))
}

var survived = claim.Phenomenon{Needs: needsAll, Check: survivesLoss}

var so7 = claim.Claim{
	ID: "SO7", Statement: "a connection still results when one or both SYNs, or SYN-ACKs, are lost",
	Source: rfc9293, Quantity: claim.Always,
	Precondition: "one or both of the SYNs, or of the SYN-ACKs, are lost",
	Needs:        needsAll,
	Check:        survivesLoss,
}

// refusals judges clients whose SYNs did not cross: each connect is refused,
// with a RST.
func refusals(j *journal.Journal) claim.Finding {
	connects := claim.Calls(j, "", "connect")
	if len(connects) < 2 {
		return claim.Unclear("two clients did not both call")
	}
	if crossed(j) {
		return claim.Unclear("the SYNs crossed")
	}
	if p, ok := opened(j); ok {
		return claim.Refute(p.events, "%s and %s connected all the same", p.a, p.b)
	}
	var cited []*journal.Event
	for _, c := range connects {
		r := claim.Refusal(j, c)
		if r == nil && j.Stopped != "" {
			return claim.Unclear("%s had no answer yet when the run was stopped: %s", c.Socket, j.Stopped)
		}
		if f, ok := claim.ConnectFailed([]*journal.Event{c}); r == nil && !ok {
			return f
		}
		if r == nil {
			return claim.Refuse(j, claim.Numbers(c), "%s was not refused with ECONNREFUSED", c.Socket)
		}
		cited = append(cited, c, r)
	}
	return claim.Confirm(claim.Numbers(cited...), "both connects ended with ECONNREFUSED: each SYN met a socket that was not calling")
}

var so6 = claim.Claim{
	ID: "SO6", Statement: "if the SYNs do not cross in time the connect is refused with a RST",
	Source: article004, Quantity: claim.Always,
	Precondition: "each SYN arrives while the other client is not calling",
	Needs:        needsAll,
	Check: func(j *journal.Journal) claim.Finding {
		if l := lost(j); len(l) > 0 {
			return claim.Unclear("a segment was lost (#%d)", l[0].N)
		}
		f := refusals(j)
		if f.Verdict != claim.Confirmed {
			return f
		}
		var resets []*journal.Event
		for _, e := range claim.Packets(j, journal.AtDelivered) {
			if slices.Contains(e.Packet.Flags, "RST") {
				resets = append(resets, e)
			}
		}
		if len(resets) < 2 && j.Stopped != "" {
			return claim.Unclear("not every RST had arrived when the run was stopped: %s", j.Stopped)
		}
		if len(resets) < 2 {
			return claim.Refute(f.Events, "they were refused, but only %d RST arrived", len(resets))
		}
		return claim.Confirm(append(f.Events, claim.Numbers(resets...)...), "%s, and each was answered with RST", f.Because)
	},
}
