package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// goodbye is the segments of an orderly close: both FINs, and what acknowledged
// them.
type goodbye struct {
	way
	segments []*journal.Event
	fin      *journal.Event // of the active end
	answer   *journal.Event // the first by which the passive end acknowledged it
	last     *journal.Event // the passive end's FIN
	acked    *journal.Event // the first by which the active end acknowledged that
}

// goodbyes lists the connections that both ends closed, one after the other,
// with nothing reset.
func goodbyes(j *journal.Journal) []goodbye {
	var all []goodbye
	for _, w := range ways(j) {
		g := goodbye{way: w, segments: claim.Closing(w.Journal)}
		g.read()
		if g.fin == nil || g.answer == nil || g.last == nil || g.acked == nil || g.isGivenUp() {
			continue
		}
		if rst := claim.WithFlag(g.segments, "RST"); rst != nil && rst.N < g.acked.N {
			continue
		}
		// It was over then: a RST after that answers what came again.
		g.segments = slices.DeleteFunc(g.segments, func(e *journal.Event) bool { return slices.Contains(e.Packet.Flags, "RST") })
		all = append(all, g)
	}
	return all
}

// read finds the segments that make up a goodbye among those there were.
func (g *goodbye) read() {
	for _, e := range g.segments {
		active := e.Packet.Src == g.Address(g.Who)
		fin := slices.Contains(e.Packet.Flags, "FIN")
		switch {
		case active && fin && g.fin == nil:
			g.fin = e
		case !active && g.fin != nil && e.Packet.Ack == endOf(g.fin) && g.answer == nil:
			g.answer = e
		}
		switch {
		case !active && fin && g.last == nil:
			g.last = e
		case active && g.last != nil && e.Packet.Ack == endOf(g.last) && g.acked == nil:
			g.acked = e
		}
	}
}

// isGivenUp says whether the passive end was gone before its FIN was known to
// be acknowledged: an orphan that its kernel had given up. Only on the wire are
// states and segments seen in step.
func (g *goodbye) isGivenUp() bool {
	if g.Network != journal.Wire {
		return false
	}
	for _, gone := range claim.States(g.Journal, g.Other(), journal.SockDiag) {
		if gone.State.To != journal.Gone {
			continue
		}
		return !slices.ContainsFunc(g.Arrived(g.Other(), g.last, gone), func(e *journal.Event) bool {
			return e.Packet.Ack == endOf(g.last)
		})
	}
	return false
}

// endOf is the sequence number after a segment, the FIN's own included.
func endOf(e *journal.Event) uint32 {
	n := e.Packet.Seq + uint32(e.Packet.Len)
	if slices.Contains(e.Packet.Flags, "FIN") {
		n++
	}
	return n
}

// notSeenToClose is a socket with a peer whose connection was neither seen to be
// closed by both ends, nor to be reset; "" if there is none.
func notSeenToClose(j *journal.Journal, all []goodbye) string {
	seen := map[string]bool{}
	for _, g := range all {
		seen[g.Client], seen[g.Server] = true, true
	}
	for _, c := range claim.Connections(j) {
		if claim.WithFlag(claim.Packets(c.Journal, ""), "RST") != nil {
			seen[c.Client], seen[c.Server] = true, true
		}
	}
	for _, s := range j.Sockets {
		if s.Remote != "" && !seen[s.ID] {
			return s.ID
		}
	}
	return ""
}

// isMerged says whether the passive end's FIN was its acknowledgement too.
func (g *goodbye) isMerged() bool { return g.answer == g.last }

// noGoodbye is why nothing can be said.
func noGoodbye(j *journal.Journal) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("no connection was seen to be closed by both ends")
}

// closed is the call by which the passive end ended its side; nil: none was seen.
func (g *goodbye) closed() *journal.Event {
	for _, e := range g.Calls(g.Other(), g.By, "close", "shutdown") {
		if e.Call.Errno == "" && e.N < g.acked.N && (e.Call.Op != "shutdown" || !slices.Contains(e.Call.Args, "SHUT_RD")) {
			return e
		}
	}
	return nil
}

// isApart says whether the passive end closed after its kernel had acknowledged the FIN.
func (g *goodbye) isApart() bool {
	c := g.closed()
	return c != nil && !g.isMerged() && g.answer.N < c.N
}

// isEarly says whether it closed before that.
func (g *goodbye) isEarly() bool {
	c := g.closed()
	return c != nil && c.N < g.answer.N
}

// fourEach judges how many segments each of some closes took; that all did is known only
// if every close of the journal was seen.
func fourEach(j *journal.Journal, some, all []goodbye) claim.Finding {
	var cited []int
	for _, g := range some {
		n := claim.Numbers(g.segments...)
		if len(g.segments) != 4 || g.isMerged() {
			return claim.Absent(claim.Refute(n, "%s took %d: %s", g.Who, len(g.segments), claim.FlagsOf(g.segments)))
		}
		cited = append(cited, n...)
	}
	if s := notSeenToClose(j, all); s != "" {
		return claim.Unclear("not every close was seen: that of %s was not, from its first segment to its last", s)
	}
	return claim.Confirm(cited, "it took %s", claim.FlagsOf(some[0].segments))
}

var hc1 = claim.Claim{
	ID: "HC1", Statement: "a close takes four segments, FIN, ACK, FIN, ACK, in this order, when the passive end closes after its kernel has acknowledged",
	Source: article000 + "; " + article001 + "; " + article004, Quantity: claim.Always,
	Precondition: "both ends close, the passive one after its kernel has acknowledged the FIN, and nothing is reset",
	Needs:        needsPackets,
	Check: func(j *journal.Journal) claim.Finding {
		all := goodbyes(j)
		apart := slices.DeleteFunc(slices.Clone(all), func(g goodbye) bool { return !g.isApart() })
		switch {
		case len(all) == 0:
			return noGoodbye(j)
		case len(apart) == 0:
			return claim.Unclear("no passive end was seen to close after its kernel had acknowledged")
		}
		return fourEach(j, apart, all)
	},
}

var hc48 = claim.Claim{
	ID: "HC48", Statement: "a close always takes four segments",
	Source: article000 + "; " + article001 + ", as they are usually quoted", Quantity: claim.Always,
	Precondition: "both ends close, one after the other, one of the passive ends before its kernel has acknowledged, and nothing is reset",
	Needs:        needsPackets,
	Check: func(j *journal.Journal) claim.Finding {
		f := tookFour(j)
		if f.Verdict == claim.Confirmed && !slices.ContainsFunc(goodbyes(j), func(g goodbye) bool { return g.isEarly() }) {
			return claim.Unclear("each passive end closed after its kernel had acknowledged: that one may do so earlier was not put to the test")
		}
		return f
	},
}

// tookFour judges whether every close that was seen took four segments.
func tookFour(j *journal.Journal) claim.Finding {
	all := goodbyes(j)
	if len(all) == 0 {
		return noGoodbye(j)
	}
	return fourEach(j, all, all)
}

var hc2 = claim.Claim{
	ID: "HC2", Statement: "a FIN takes one sequence number",
	Source: article000 + "; " + rfc9293 + " §3.4", Quantity: claim.Always,
	Precondition: "a FIN is acknowledged",
	Needs:        needsPackets,
	Check: func(j *journal.Journal) claim.Finding {
		var cited []*journal.Event
		for _, c := range claim.Connections(j) {
			for _, s := range claim.News(c.Journal) {
				fin := s.Event
				if !slices.Contains(fin.Packet.Flags, "FIN") {
					continue
				}
				ack := answerTo(c.Journal, fin)
				if ack == nil {
					continue
				}
				if taken := ack.Packet.Ack - fin.Packet.Seq - uint32(fin.Packet.Len); taken != 1 {
					return claim.Refute(claim.Numbers(fin, ack), "the FIN's acknowledgement was %d beyond its data, not 1", int32(taken))
				}
				cited = append(cited, fin, ack)
			}
		}
		if len(cited) == 0 {
			return claim.Unclear("no FIN was seen to be acknowledged")
		}
		return claim.Confirm(claim.Numbers(cited...), "each of the %d FINs was acknowledged with the number after its data and one more", len(cited)/2)
	},
}

// answerTo is the segment with the highest acknowledgement that the other end
// sent after a FIN had been delivered; nil if there was none, or only RSTs.
func answerTo(j *journal.Journal, fin *journal.Event) *journal.Event {
	var best *journal.Event
	for _, s := range claim.News(j) {
		e := s.Event
		if e.N < fin.N || e.Packet.Src != fin.Packet.Dst || slices.Contains(e.Packet.Flags, "RST") {
			continue
		}
		if !afterDelivery(j, fin, e) {
			continue
		}
		if best == nil || int32(e.Packet.Ack-best.Packet.Ack) > 0 {
			best = e
		}
	}
	return best
}

// afterDelivery says whether an event follows the delivery of a FIN, or of its
// repetition.
func afterDelivery(j *journal.Journal, fin, e *journal.Event) bool {
	return slices.ContainsFunc(claim.Packets(j, journal.AtDelivered), func(d *journal.Event) bool {
		return d.N < e.N && d.Packet.Src == fin.Packet.Src && claim.WithFlag([]*journal.Event{d}, "FIN") != nil && endOf(d) == endOf(fin)
	})
}

var hc3 = claim.Claim{
	ID: "HC3", Statement: "active end: FIN_WAIT1 → FIN_WAIT2 → TIME_WAIT; passive end: CLOSE_WAIT → LAST_ACK → CLOSE",
	Source: article001 + "; " + article003 + "; " + rfc9293 + " §3.6", Quantity: claim.Always,
	Precondition: "the passive end acknowledges the FIN, and closes later",
	Needs:        needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		var found []claim.Finding
		for _, g := range goodbyes(j) {
			if !g.isMerged() {
				found = append(found, g.states())
			}
		}
		if len(found) == 0 {
			return noGoodbye(j)
		}
		for _, f := range found {
			if f.Verdict != claim.Confirmed {
				return f
			}
		}
		return found[0]
	},
}

// states judges the states of both ends, by sock_diag, which alone sees them
// when the descriptor is closed.
func (g *goodbye) states() claim.Finding {
	active := claim.Follows(g.Journal, g.Who, "the peer's", []claim.Step{
		{From: journal.FinWait1, To: journal.FinWait2, On: []string{"ACK"}},
		{From: journal.FinWait2, To: journal.TimeWait, On: []string{"FIN", "ACK"}},
	}, journal.SockDiag)
	passive := claim.Follows(g.Journal, g.Other(), "the peer's", []claim.Step{
		{From: journal.CloseWait, To: journal.LastAck},
		{From: journal.LastAck, To: journal.Gone, On: []string{"ACK"}},
	}, journal.SockDiag)
	for _, f := range []claim.Finding{active, passive} {
		if f.Verdict != claim.Confirmed {
			return f
		}
	}
	return claim.Confirm(slices.Concat(active.Events, passive.Events), "%s: %s; %s: %s (CLOSE: sock_diag finds it no more)",
		g.Who, active.Because, g.Other(), passive.Because)
}

// merges judges whether the passive end's ACK and FIN were one segment, and
// says what kept them apart where they were not.
func merges(j *journal.Journal) claim.Finding {
	all := goodbyes(j)
	if len(all) == 0 {
		return noGoodbye(j)
	}
	var (
		cited []int
		told  []string
		found bool
	)
	for _, g := range all {
		if g.isMerged() {
			found = true
		}
		cited = append(cited, claim.Numbers(g.segments...)...)
		told = append(told, g.why())
	}
	if !found {
		return claim.Refuse(j, cited, "%s", strings.Join(told, "; "))
	}
	return claim.Confirm(cited, "%s", strings.Join(told, "; "))
}

// why tells a goodbye by its segments and by what made them so.
func (g *goodbye) why() string {
	said := g.Other() + " " + claim.FlagsOf(g.segments)
	switch {
	case g.isMerged():
		return said + ": it closed before its kernel had acknowledged the FIN"
	case g.forced() != nil:
		return said + ": TCP_QUICKACK forced the ACK out"
	}
	return said + ": its kernel had acknowledged the FIN before it closed"
}

// forced is the setting of TCP_QUICKACK between the FIN and its acknowledgement.
func (g *goodbye) forced() *journal.Event {
	for _, e := range g.Calls(g.Other(), g.fin, "setsockopt") {
		if slices.Contains(e.Call.Args, "TCP_QUICKACK") && e.N < g.answer.N {
			return e
		}
	}
	return nil
}

var hc4 = claim.Claim{
	ID: "HC4", Statement: "second and third segment may merge: a three-segment close",
	Source: article004, Quantity: claim.Can,
	Precondition: "the passive end closes while its acknowledgement is delayed",
	Needs:        needsPackets, Check: claim.Possibly(merges),
}

// threeSegments is the phenomenon: at least one close with three.
var threeSegments = claim.Phenomenon{Needs: needsPackets, Check: merges}

// fourSegments is the phenomenon: a close with four.
var fourSegments = claim.Phenomenon{Needs: hc1.Needs, Check: hc1.Check}

// dataMerges judges whether the passive end's ACK, its last data and its FIN
// were one segment.
func dataMerges(j *journal.Journal) claim.Finding {
	all := goodbyes(j)
	if len(all) == 0 {
		return noGoodbye(j)
	}
	for _, g := range all {
		if g.isMerged() && g.last.Packet.Len > 0 {
			said := ""
			for _, other := range all {
				if !other.isMerged() {
					said = "; of " + other.Other() + ", which wrote it on its own, the data took the ACK along and the FIN went alone"
				}
			}
			return claim.Confirm(claim.Numbers(g.fin, g.last), "%s answered the FIN with one segment: the ACK, %d bytes and its own FIN%s",
				g.Other(), g.last.Packet.Len, said)
		}
	}
	g := all[0]
	return claim.Refuse(j, claim.Numbers(g.segments...), "they came apart: %s", claim.FlagsOf(g.segments))
}

var hc5 = claim.Claim{
	ID: "HC5", Statement: "with delayed ACK, the ACK, data still to send, and the FIN may merge into one segment",
	Source: article004, Quantity: claim.Can,
	Precondition: "the data is held back until the close (MSG_MORE, TCP_CORK, Nagle)",
	Needs:        needsPackets, Check: claim.Possibly(dataMerges),
}

var oneSegment = claim.Phenomenon{Needs: needsPackets, Check: dataMerges}

var hc6 = claim.Claim{
	ID: "HC6", Statement: "FIN_WAIT1 receiving FIN+ACK together goes straight to TIME_WAIT",
	Source: article003 + "; " + rfc9293 + " §3.10.7.4", Quantity: claim.Always,
	Precondition: "the passive end's FIN is the first to acknowledge the active end's",
	Needs:        needsStates,
	Check: func(j *journal.Journal) claim.Finding {
		for _, g := range goodbyes(j) {
			if !g.isMerged() {
				continue
			}
			return claim.Follows(g.Journal, g.Who, "the peer's", []claim.Step{
				{From: journal.FinWait1, To: journal.TimeWait, On: []string{"FIN", "ACK"}},
			}, journal.SockDiag)
		}
		return noGoodbye(j)
	},
}
