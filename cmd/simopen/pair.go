package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// rfc9293 is a source of statements.
const rfc9293 = "RFC 9293 §3.5"

// needsAll are the witnesses of what is seen step by step.
var needsAll = []journal.Witness{journal.Calls, journal.TCPInfo, journal.Packets}

const (
	synAck = packet.SYN | packet.ACK
	finAck = packet.FIN | packet.ACK
)

// pair is two clients, each of which called the other.
type pair struct{ a, b *tcp.Socket }

// pairs lists them in order. Where clients share their ports, each may have met each.
var pairs = tcp.Derived(func(v *tcp.View) []pair {
	var all []pair
	callers := tcp.Where(v.Sockets, func(s *tcp.Socket) bool { return len(s.CallsOf(0, 0, "connect")) > 0 })
	for _, a := range callers {
		for _, b := range callers {
			if a.Host == "a" && b.Host == "b" && a.Local != "" && a.Local == b.Remote && a.Remote == b.Local {
				all = append(all, pair{a, b})
			}
		}
	}
	return all
})

// established lists the events by which TCP_INFO saw a socket ESTABLISHED. That asks the
// very socket; sock_diag asks for the addresses, which another may have.
func established(s *tcp.Socket) []*journal.Event {
	return s.Entered(journal.Established, journal.TCPInfo)
}

func (p pair) isOpen() bool { return len(established(p.a)) > 0 && len(established(p.b)) > 0 }

// metPairs lists those that became connected.
func metPairs(v *tcp.View) []pair { return tcp.Where(pairs(v), pair.isOpen) }

func (p pair) ends() []*tcp.Socket { return []*tcp.Socket{p.a, p.b} }

// citeOpen lets a case rest on when each end was first ESTABLISHED, if it was.
func (p pair) citeOpen(c *claim.Case) {
	c.First(established(p.a))
	c.First(established(p.b))
}

// lost lists the segments of either that the wire dropped.
func (p pair) lost() []*tcp.Segment { return append(p.a.Lost(0, 0), p.b.Lost(0, 0)...) }

// lostNothing asks that there are none.
func (p pair) lostNothing(c *claim.Case) {
	c.Given(c.FirstSegment(p.lost()) == nil, "a segment was lost")
}

// opened expects that a pair became connected.
func opened(c *claim.Case, p pair) {
	c.About(p.a, p.b)
	for _, s := range p.ends() {
		c.Answered(c.First(s.CallsOf(0, 0, "connect")))
		c.Given(len(s.States(journal.TCPInfo)) > 0, "no witness saw a state of %s", s.ID)
	}
	if !p.isOpen() {
		c.ExpectSeen(false, "%s was %s in the end, %s was %s", p.a.ID, inTheEnd(c, p.a), p.b.ID, inTheEnd(c, p.b))
	}
	p.citeOpen(c)
}

func inTheEnd(c *claim.Case, s *tcp.Socket) string {
	return c.Last(s.States(journal.TCPInfo)).State.To
}

// simultaneously asks that a pair opened as the statements mean it: their SYNs crossed, and
// nothing was lost.
func simultaneously(c *claim.Case, p pair) {
	c.About(p.a, p.b)
	c.Given(p.isOpen(), "%s and %s did not both become ESTABLISHED", p.a.ID, p.b.ID)
	p.citeOpen(c)
	c.Given(p.cross(packet.SYN), "the SYNs did not cross")
	p.lostNothing(c)
}

// cross says whether each one's first segment with these flags left before the other's
// arrived. The kernel may have sent it again meanwhile.
func (p pair) cross(flags packet.Flags) bool {
	fromA, fromB := first(p.a.SentAll(0, 0), flags), first(p.b.SentAll(0, 0), flags)
	toA, toB := first(p.a.Arrived(0, 0), flags), first(p.b.Arrived(0, 0), flags)
	return fromA != 0 && fromB != 0 && min(toA, toB) > max(fromA, fromB)
}

// first is the number of the first segment with exactly these flags; 0: there is none.
func first(some []*tcp.Segment, flags packet.Flags) int {
	for _, s := range some {
		if s.Is(flags) {
			return s.N
		}
	}
	return 0
}

// bothOpened is the phenomenon: two clients connected to each other, neither by a
// listener. On the wire, where that is arranged, their SYNs crossed: if one is lost, they
// connect by an ordinary handshake.
var bothOpened = claim.Phenomenon{
	Needs: claim.NeedsInfo, Quantity: claim.Can, Precondition: "no two clients called each other",
	Rule: claim.Each(pairs, func(c *claim.Case, p pair) {
		opened(c, p)
		if c.OnWire() {
			c.Given(c.Sees(), "whether the SYNs crossed was not seen")
			c.Expect(p.cross(packet.SYN), "%s and %s were ESTABLISHED with each other, but their SYNs did not cross", p.a.ID, p.b.ID)
		}
		c.Holds("%s and %s, both clients, were ESTABLISHED with each other", p.a.ID, p.b.ID)
	}),
}
