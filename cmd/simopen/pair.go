package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// The sources of the statements.
const (
	article003 = "article 003, “TCP的三次握手(建立连接)和四次挥手(关闭连接)”"
	article004 = "article 004, “TCP两次挥手,你见过吗?那四次握手呢?”"
	rfc9293    = "RFC 9293 §3.5"
)

// pair is two sockets that called each other: each one's address is the
// other's peer.
type pair struct {
	a, b   string // the sockets' ids
	events []int  // that prove that both were ESTABLISHED; nil if they were not
}

// pairs lists the sockets of a journal that called each other, in order.
func pairs(j *journal.Journal) []pair {
	var all []pair
	for _, x := range j.Sockets {
		for _, y := range j.Sockets {
			if x.Host != "a" || y.Host != "b" || x.Local == "" || x.Local != y.Remote || x.Remote != y.Local {
				continue
			}
			callX, callY := claim.Calls(j, x.ID, "connect"), claim.Calls(j, y.ID, "connect")
			if len(callX) == 0 || len(callY) == 0 {
				continue
			}
			p := pair{a: x.ID, b: y.ID}
			inA, inB := claim.Entered(j, x.ID, journal.Established), claim.Entered(j, y.ID, journal.Established)
			if len(inA) > 0 && len(inB) > 0 {
				p.events = claim.Numbers(slices.Concat(callX, callY, inA, inB)...)
			}
			all = append(all, p)
		}
	}
	return all
}

// opened is the first pair that became connected.
func opened(j *journal.Journal) (pair, bool) {
	for _, p := range pairs(j) {
		if p.events != nil {
			return p, true
		}
	}
	return pair{}, false
}

// notOpened is the finding on what follows from a simultaneous open, where
// there was none: the precondition did not arise.
func notOpened(j *journal.Journal) claim.Finding {
	return claim.Unclear("no two clients connected to each other: %s", whyNot(j).Because)
}

// whyNot says what became of clients that did not connect.
func whyNot(j *journal.Journal) claim.Finding {
	connects := claim.Calls(j, "", "connect")
	if len(connects) < 2 {
		return claim.Unclear("connect() was called %d times, not by two clients", len(connects))
	}
	var ends []*journal.Event
	for _, c := range connects {
		states := claim.States(j, c.Socket, journal.TCPInfo)
		if len(states) == 0 {
			return claim.Unclear("no witness saw a state of %s", c.Socket)
		}
		ends = append(ends, states[len(states)-1])
	}
	first, second := ends[0], ends[1]
	return claim.Refute(claim.Numbers(connects[0], connects[1], first, second),
		"%s was %s in the end, %s was %s", first.Socket, first.State.To, second.Socket, second.State.To)
}

// bothOpened is the phenomenon: two clients connected to each other, neither
// by a listener.
var bothOpened = claim.Phenomenon{
	Needs: []journal.Witness{journal.Calls, journal.TCPInfo},
	Check: func(j *journal.Journal) claim.Finding {
		p, ok := opened(j)
		if !ok {
			return whyNot(j)
		}
		return claim.Confirm(p.events, "%s and %s, both clients, were ESTABLISHED with each other", p.a, p.b)
	},
}

// crossed says whether both SYNs of a run were under way at the same time:
// each left its host before the other's arrived.
func crossed(j *journal.Journal) bool {
	var sent, delivered []*journal.Event
	for _, e := range claim.Packets(j, "") {
		if !claim.HasFlags(e, "SYN") {
			continue
		}
		switch e.Packet.At {
		case journal.AtSent:
			sent = append(sent, e)
		case journal.AtDelivered:
			delivered = append(delivered, e)
		}
	}
	return len(sent) >= 2 && len(delivered) >= 2 && sent[0].Host != sent[1].Host && sent[1].N < delivered[0].N
}

// lost lists the segments that the wire dropped.
func lost(j *journal.Journal) []*journal.Event { return claim.Packets(j, journal.AtDropped) }
