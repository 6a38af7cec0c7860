package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// cable cuts the path: nothing passes any more, either way, and nobody is told.
func cable(t *scenario.T) { t.Rule(func(*wire.Packet) wire.Fate { return wire.Drop }) }

// mend lets everything pass again.
func mend(t *scenario.T) { t.Rule(nil) }

// keepAlive has a socket probe a peer that is silent: after a second, each second, so many times.
func keepAlive(e *scenario.End, probes int) {
	e.Set(journal.SOKeepAlive, 1)
	e.Set(journal.TCPKeepIdle, 1)
	e.Set(journal.TCPKeepInterval, 1)
	e.Set(journal.TCPKeepCount, probes)
}

// dead is a connection of which something was lost and nothing arrived after that, up to the
// end of the cut, or of the steps.
type dead struct {
	*tcp.Conn
	lost  []*tcp.Segment // from the first on
	last  *tcp.Segment   // that arrived before
	until int            // the event at which something arrived again; 0: nothing did
}

// deadConns lists them.
var deadConns = tcp.Derived(func(v *tcp.View) []dead {
	var all []dead
	for _, conn := range v.Conns {
		if d := deadConn(conn); conn.Server != nil && len(d.lost) > 0 {
			all = append(all, d)
		}
	}
	return all
})

// deadConn finds what was lost of a connection: what was lost before it was open does not count.
func deadConn(conn *tcp.Conn) dead {
	d, opened := dead{Conn: conn}, false
	for _, s := range conn.Segments {
		switch {
		case s.Packet.At == journal.AtDropped && opened:
			d.lost = append(d.lost, s)
		case s.Packet.At == journal.AtDelivered && len(d.lost) > 0:
			d.until = s.N
			return d
		case s.Packet.At == journal.AtDelivered:
			d.last = s
			opened = opened || s.Packet.Src == conn.Client.Local && !s.Has(packet.SYN)
		}
	}
	return d
}

// ends are both.
func (d *dead) ends() []*tcp.Socket { return []*tcp.Socket{d.Client, d.Server} }

// silence is how long nothing had passed when the first segment was lost.
func (d *dead) silence() time.Duration { return time.Duration(d.lost[0].T - d.last.T) }

// quiet is the last event of the first half of the silence: what is read after it is read on a
// path that has been silent for a while.
func (d *dead) quiet() (n int) {
	n = d.last.N
	for _, s := range d.ends() {
		for _, e := range s.Calls {
			if e.N < d.lost[0].N && e.T < d.last.T+d.silence().Nanoseconds()/2 {
				n = max(n, e.N)
			}
		}
	}
	return n
}

// cutOff is an end of a connection whose path went dead.
type cutOff struct {
	dead
	who    *tcp.Socket
	data   []*tcp.Segment // its lost segments that carry data
	probes []*tcp.Segment // and those that probe
	down   *journal.Event // by which it was seen torn down meanwhile; nil: it was not
}

// cutOffs lists them.
var cutOffs = tcp.Derived(func(v *tcp.View) []cutOff {
	var all []cutOff
	for _, d := range deadConns(v) {
		for _, s := range d.ends() {
			lost := tcp.Where(d.lost, func(l *tcp.Segment) bool { return l.Host == s.Host })
			data := tcp.Where(tcp.Data(lost), func(l *tcp.Segment) bool { return !isProbe(l) })
			all = append(all, cutOff{d, s, data, tcp.Where(lost, isProbe), s.Down(d.lost[0].N, d.until)})
		}
	}
	return all
})

// Cite lets a finding rest on what the end lost, and on its end.
func (x cutOff) Cite(c *claim.Case) {
	c.About(x.Client, x.Server)
	c.CiteSegments(x.data...)
	c.CiteSegments(x.probes...)
	c.Cite(x.down)
}

// isProbe says whether a segment is a keepalive probe: it says again the last byte before its
// sender's next, or nothing at all there (RFC 9293 §3.8.4).
func isProbe(s *tcp.Segment) bool {
	return s.Is(packet.ACK) && s.Packet.Len <= 1
}

// stood expects that both ends were in ESTABLISHED from one event to another as both witnesses
// saw them.
func stood(c *claim.Case, s *tcp.Socket, from, until int) {
	for _, w := range []journal.Witness{journal.TCPInfo, journal.SockDiag} {
		state := c.StateAt(s, w, from)
		c.Given(state != "", "%s had not seen %s", w, s.ID)
		c.Expect(state == journal.Established, "%s saw %s in %s", w, s.ID, state)
		if left := tcp.First(tcp.After(s.States(w), from)); left != nil && (until == 0 || left.N < until) {
			c.Cite(left)
			c.Expect(false, "%s saw %s go to %s", w, s.ID, left.State.To)
		}
	}
}

// nothingRead expects that whatever an end read meanwhile found nothing.
func nothingRead(c *claim.Case, s *tcp.Socket, from, until int) {
	reads := c.All(s.Reads(from, until))
	c.Given(len(reads) > 0, "%s was not read meanwhile", s.ID)
	for _, e := range reads {
		c.Expect(e.Call.Errno == journal.EAGAIN, "the read of %s returned %s", s.ID, claim.Returned(e))
	}
}
