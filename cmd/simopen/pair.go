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
	calls, in := byClient(j)
	for _, x := range j.Sockets {
		for _, y := range j.Sockets {
			if x.Host != "a" || y.Host != "b" || x.Local == "" || x.Local != y.Remote || x.Remote != y.Local {
				continue
			}
			if len(calls[x.ID]) == 0 || len(calls[y.ID]) == 0 {
				continue
			}
			p := pair{a: x.ID, b: y.ID}
			if len(in[x.ID]) > 0 && len(in[y.ID]) > 0 {
				p.events = claim.Numbers(slices.Concat(calls[x.ID], calls[y.ID], in[x.ID], in[y.ID])...)
			}
			all = append(all, p)
		}
	}
	return all
}

// byClient lists, by socket, the calls to connect() and the events by which
// TCP_INFO saw it ESTABLISHED. That asks the very socket; sock_diag asks for the
// addresses, which another may have.
func byClient(j *journal.Journal) (calls, in map[string][]*journal.Event) {
	calls, in = map[string][]*journal.Event{}, map[string][]*journal.Event{}
	for i := range j.Events {
		e := &j.Events[i]
		switch {
		case e.Call != nil && e.Call.Op == "connect":
			calls[e.Socket] = append(calls[e.Socket], e)
		case e.State != nil && e.State.Witness == journal.TCPInfo && e.State.To == journal.Established:
			in[e.Socket] = append(in[e.Socket], e)
		}
	}
	return calls, in
}

// connected lists the events by which TCP_INFO saw a socket ESTABLISHED.
func connected(j *journal.Journal, socket string) []*journal.Event {
	_, in := byClient(j)
	return in[socket]
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
		if counted := count(j).calls; counted > len(connects) {
			return claim.Unclear("no meeting in %d calls was kept whole", counted)
		}
		return claim.Unclear("connect() was called %d times, not by two clients", len(connects))
	}
	if f, ok := claim.ConnectFailed(connects[:2]); !ok {
		return f
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
// by a listener. On the wire, where that is arranged, their SYNs crossed: if one
// is lost, they connect by an ordinary handshake.
var bothOpened = claim.Phenomenon{
	Needs: []journal.Witness{journal.Calls, journal.TCPInfo},
	Check: func(j *journal.Journal) claim.Finding {
		p, ok := opened(j)
		if !ok {
			return whyNot(j)
		}
		if j.Network == journal.Wire {
			if s := j.Witness(journal.Packets); s.Status != journal.Attached || s.Lost > 0 {
				return claim.Unclear("whether the SYNs crossed was not seen: %s", s.Reason)
			}
			if !crossed(j) {
				return claim.Refute(p.events, "%s and %s were ESTABLISHED with each other, but their SYNs did not cross", p.a, p.b)
			}
		}
		return claim.Confirm(p.events, "%s and %s, both clients, were ESTABLISHED with each other", p.a, p.b)
	},
}

// crossed says whether both SYNs of a run were under way at the same time.
func crossed(j *journal.Journal) bool { return underWay(j, "SYN") }

// underWay says whether each host's first segment with these flags left it
// before the other's arrived. The kernel may have sent it again meanwhile.
func underWay(j *journal.Journal, flags ...string) bool {
	sent, arrived := map[string]int{}, map[string]int{} // the first event by host
	for _, e := range claim.Packets(j, "") {
		if !claim.HasFlags(e, flags...) {
			continue
		}
		first := map[string]map[string]int{journal.AtSent: sent, journal.AtDelivered: arrived}[e.Packet.At]
		if first != nil && first[e.Host] == 0 {
			first[e.Host] = e.N
		}
	}
	a, b := sent["a"], sent["b"]
	return a != 0 && b != 0 && arrived["b"] > max(a, b) && arrived["a"] > max(a, b)
}

// lost lists the segments that the wire dropped.
func lost(j *journal.Journal) []*journal.Event { return claim.Packets(j, journal.AtDropped) }
