package tcp

import (
	"bytes"
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// leastMTU is what every link has room for, in bytes (RFC 8200 §5): a datagram that is shorter, with its headers,
// leaves whole.
const leastMTU = 1280

// udpErrnos are those with which calls that move data can fail on a socket of UDP (udp(7)).
var udpErrnos = []journal.Errno{journal.EAGAIN, journal.ECONNREFUSED, journal.ENETUNREACH, journal.EHOSTUNREACH, journal.EBADF}

// datagrams holds the calls on sockets of UDP against the datagrams that left and came (R1), against the messages
// that came (R2), and against the errors that UDP has (R7). Off the wire what came and what left is not seen in step.
func (c *confrontation) datagrams() {
	if !c.wire || !c.sees() || len(c.UDP) == 0 {
		return
	}
	for _, s := range c.UDP {
		for _, e := range s.Calls {
			switch {
			case !isRead(e.Call.Op) && !isWrite(e.Call.Op):
			case e.Call.Errno != "" && !slices.Contains(udpErrnos, e.Call.Errno):
				c.about(R7, s, []int{e.N}, said(s, e), "UDP has no such error for it")
			case e.Call.Errno == journal.ECONNREFUSED && !c.wasReported(s, e.N):
				c.about(R2, s, []int{e.N}, said(s, e), "no ICMP message about it had been delivered")
			case isWrite(e.Call.Op):
				c.leavesAs(s, e)
			case e.Call.Errno == "" && !c.wasReceivable(s, e):
				c.about(R1, s, []int{e.N}, said(s, e), "no such datagram had been delivered to it")
			}
		}
	}
	c.written()
}

// leavesAs asks whether what was written left, and what was not did not.
func (c *confrontation) leavesAs(s *Socket, e *journal.Event) {
	next := c.nextCall(e.N)
	left := slices.ContainsFunc(c.leftBetween(e.N, next), func(p *journal.Event) bool { return p.Host == s.Host })
	if wrote := e.Call.Errno == "" && e.Call.Result >= 0; left != wrote {
		c.about(R1, s, []int{e.N}, said(s, e), map[bool]string{true: "a datagram left", false: "no datagram left"}[left])
	}
}

// leftBetween lists the datagrams, and their pieces, that left between two events.
func (c *confrontation) leftBetween(after, before int) []*journal.Event {
	return c.Events(func(e *journal.Event) bool {
		return between(e.N, after, before) && e.Packet != nil && e.Packet.At == journal.AtSent && (e.Packet.Proto == "udp" || e.Packet.Proto == "udp fragment")
	})
}

// written asks of each datagram that left, and of each piece, whether what its host wrote last was this.
func (c *confrontation) written() {
	whole := map[int]Datagram{}
	for _, d := range c.Datagrams(journal.AtSent) {
		whole[d.N] = d
	}
	for _, e := range c.leftBetween(0, 0) {
		s, w := c.lastWrite(e)
		d, is := whole[e.N]
		switch {
		case s == nil:
		case !is && w.Call.Result > leastMTU-headroom:
			continue
		case is && d.Packet.Src == s.Local && d.Packet.Len == int(w.Call.Result) && (d.Payload == nil || w.Call.Data == nil || bytes.Equal(d.Payload, w.Call.Data)):
			continue
		}
		c.found = append(c.found, newDiscrepancy(R1, c.UDP, []int{e.N}, fmt.Sprintf("a datagram of %d bytes left host %s", e.Packet.Len, e.Host), "nothing had written it"))
	}
}

// lastWrite is the call that wrote last on a socket of UDP of a packet's host before it left, and the socket; nil: none had.
func (c *confrontation) lastWrite(of *journal.Event) (by *Socket, last *journal.Event) {
	for _, s := range c.UDP {
		for _, w := range s.Calls {
			if s.Host == of.Host && w.N < of.N && isWrite(w.Call.Op) && (last == nil || w.N > last.N) {
				by, last = s, w
			}
		}
	}
	return by, last
}

// headroom is what the headers of IPv6 and UDP take of a packet, in bytes.
const headroom = 48

// wasReported says whether an ICMP message about a socket's datagrams had come.
func (c *confrontation) wasReported(s *Socket, n int) bool {
	return slices.ContainsFunc(c.icmps, func(e *journal.Event) bool {
		m := e.Packet.ICMP
		return e.N < n && m != nil && m.About != nil && m.About.Src == s.Local
	})
}

// wasReceivable says whether a datagram had come that a read returned: one that was delivered, that its own host
// had sent to its group, or that came in pieces, which have no payload of their own.
func (c *confrontation) wasReceivable(s *Socket, e *journal.Event) bool {
	if e.Call.Result > leastMTU-headroom {
		return true
	}
	for _, at := range []string{journal.AtDelivered, journal.AtInjected, journal.AtSent} {
		for _, d := range c.Datagrams(at) {
			own := at != journal.AtSent || d.Host == s.Host
			if d.N < e.N && own && d.Packet.Dst == s.Local && d.Packet.Len == int(e.Call.Result) && (d.Payload == nil || bytes.Equal(d.Payload, e.Call.Data)) {
				return true
			}
		}
	}
	return false
}
