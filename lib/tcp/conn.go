package tcp

import (
	"slices"

	"sockproof/lib/journal"
)

// Conn is a connection that a socket of the run called for. Where addresses are used again,
// each socket is of one connection only, and a segment of the one called for last.
type Conn struct {
	Client  *Socket
	Server  *Socket // nil: never accepted
	Connect *journal.Event

	// Segments are those between its addresses in the scenario's steps, where they left and
	// where they arrived, or were dropped.
	Segments []*Segment
	// Bulk are events that stand for many of its segments, counted instead of kept.
	Bulk []*journal.Event

	stepped bool // on the wire: segments are seen both as they leave and as they arrive
}

// leaves is where a segment that an end sends is seen: lo shows each once.
func (c *Conn) leaves() string {
	if c.stepped {
		return journal.AtSent
	}
	return journal.AtDelivered
}

// Other is the socket at the other end; nil: there is none.
func (c *Conn) Other(s *Socket) *Socket {
	switch {
	case c == nil:
		return nil
	case s == c.Client:
		return c.Server
	}
	return c.Client
}

// Connected lists the sockets that have a connection: both ends of each.
func (v *View) Connected() []*Socket {
	var all []*Socket
	for _, c := range v.Conns {
		all = append(all, c.Client)
		if c.Server != nil {
			all = append(all, c.Server)
		}
	}
	return all
}

// IsReset says whether a RST passed between its ends, or was dropped on its way.
func (c *Conn) IsReset() bool {
	return slices.ContainsFunc(c.Segments, func(s *Segment) bool { return s.Has(rstFlag) })
}

// connections pairs the sockets, and gives each connection its segments.
func (v *View) connections() {
	taken := map[*Socket]bool{}
	for i := range v.Journal.Events {
		e := &v.Journal.Events[i]
		if e.Call == nil || e.Call.Op != "connect" || e.N > v.played {
			continue
		}
		client := v.byID[e.Socket]
		if client == nil || taken[client] || client.Local == "" || client.Remote == "" {
			continue
		}
		c := &Conn{Client: client, Connect: e, stepped: v.wire}
		client.Conn, taken[client] = c, true
		for _, s := range v.holders[pair{client.Remote, client.Local}] {
			if !taken[s] {
				c.Server, s.Conn, taken[s] = s, c, true
				break
			}
		}
		v.Conns = append(v.Conns, c)
	}
	v.distribute()
}

// distribute gives each connection the segments between its addresses.
func (v *View) distribute() {
	between := map[pair]*Conn{}
	have := func(c *Conn) {
		p := pair{c.Client.Local, c.Client.Remote}
		between[p], between[pair{p.remote, p.local}] = c, c
	}
	for i := len(v.Conns) - 1; i >= 0; i-- {
		have(v.Conns[i]) // the first has what came before the call, too
	}
	next := 0
	for i := range v.Journal.Events {
		e := &v.Journal.Events[i]
		if e.N > v.played {
			return
		}
		if next < len(v.Conns) && e == v.Conns[next].Connect {
			have(v.Conns[next])
			next++
		}
		if e.Packet == nil {
			continue
		}
		c := between[pair{e.Packet.Src, e.Packet.Dst}]
		switch {
		case c == nil:
		case v.segments[i] != nil:
			c.Segments = append(c.Segments, v.segments[i])
		case e.Packet.Bulk != nil:
			c.Bulk = append(c.Bulk, e)
		}
	}
}
