package main

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// windowScaling is the setting that decides whether windows are scaled.
const windowScaling = "net.ipv4.tcp_window_scaling"

// warmUp is how much makes Linux enlarge a buffer, most often, in bytes.
const warmUp = 3 << 20

// Linux measures how much is read within a round trip, less what still waits then, and enlarges
// a buffer when that has grown (tcp_rcv_space_adjust in net/ipv4/tcp_input.c). The round trip here
// is as long as the program takes to carry a segment, and the measure may fall where most still
// waits. So a burst is read, a round trip goes by, and then one segment is read that nothing
// waits behind: what is measured then is the burst. It is done again, for a measure may
// have begun in the midst of the burst.
const (
	bursts    = 10
	burst     = 60_000 // fits a window that is not scaled
	roundTrip = 50 * time.Millisecond
)

// buffer: what a receiver has, and what it tells of it: at the start, when it has read a lot, without
// window scaling, and when its buffer is made smaller while something waits in it.
func buffer(t *scenario.T) {
	client, server := t.Connection()
	grow(t, client, server)
	t.Sysctl("b", windowScaling, "0")
	client, server = t.Connection()
	grow(t, client, server)
	t.Sysctl("b", windowScaling, "1")
	client, server = t.Connection()
	client.WriteBulk(scenario.MoreThanFits)
	t.Settle()
	server.Get(journal.SOReceiveBuffer)
	server.Set(journal.SOReceiveBuffer, scenario.MoreThanFits/2)
	client.WriteBulk(much)
	t.Deliver()
	server.Get(journal.SOReceiveBuffer)
}

// grow lets an end tell its window before and after it has read a lot.
func grow(t *scenario.T, client, server *scenario.End) {
	first := server.Get(journal.SOReceiveBuffer)
	client.Send("little")
	server.Get(journal.SOReceiveBuffer)
	server.Recv()
	t.Transfer(client, server, warmUp)
	for range bursts {
		client.Send("then more")
		now := server.Get(journal.SOReceiveBuffer)
		server.Recv()
		if now > first {
			return
		}
		t.Transfer(client, server, burst)
		t.Wait(roundTrip)
	}
}

// told is a buffer that a socket was asked for, and what it had offered last.
type told struct {
	who    *tcp.Socket
	asked  *journal.Event
	buffer int64
	last   *tcp.Segment // that left it before; nil: none did
	window int64        // that it offers
	unread int64        // bytes that waited to be read
}

// tolds lists them.
var tolds = tcp.Derived(func(v *tcp.View) []told {
	var all []told
	for _, s := range v.Connected() {
		for _, e := range s.Asked(journal.SOReceiveBuffer, 0, 0) {
			x := told{who: s, asked: e, last: tcp.Last(s.SentAll(0, e.N)), unread: unread(s, e.N)}
			x.buffer, _ = e.Call.Value().Int()
			if x.last != nil {
				x.window = int64(window(s, x.last))
			}
			all = append(all, x)
		}
	}
	return all
})

// acknowledges says whether what it had offered last was in a segment after its SYN.
func (x *told) acknowledges() bool { return x.last != nil && !x.last.Has(journal.SYN) }

// fixed is the call by which the buffer's size had been set, on the socket or on its listener:
// then Linux leaves it alone (socket(7)). Nil: none was.
func (x *told) fixed(v *tcp.View) *journal.Event {
	for _, s := range v.Sockets {
		if s == x.who || s.Listening != 0 && s.Host == x.who.Host && s.Local == x.who.Local {
			if _, set := s.Option(journal.SOReceiveBuffer, x.asked.N); set != nil {
				return set
			}
		}
	}
	return nil
}

// unread is how many bytes waited at an event since the last that was counted only was read.
func unread(s *tcp.Socket, at int) int64 {
	// All of what was counted was read (T.Transfer).
	from := tcp.N(tcp.Last(tcp.Where(s.Conn.Bulk, func(e *journal.Event) bool { return e.N < at })))
	return tcp.Bytes(s.NewlyArrived(from, at)) - tcp.Moved(s.Reads(from, at))
}

var fc1 = claim.Claim{
	ID: "FC1", Statement: "each end allocates a buffer and tells the other its size at the start", Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "no buffer's size was asked for",
	Rule: claim.Each(tolds, func(c *claim.Case, x told) {
		syn := x.who.SYN()
		c.If(syn != nil && len(x.who.Asked(journal.SOReceiveBuffer, 0, x.asked.N)) == 0)
		c.About(x.who)
		c.Cite(x.asked)
		c.CiteSegments(syn)
		c.Expect(int64(syn.Packet.Win) == x.buffer, "the SYN of %s said %d, and its buffer had %d bytes: a window is what may be sent, not what was allocated", x.who.ID, syn.Packet.Win, x.buffer)
		c.Holds("the SYN of %s said %d, and so many bytes its buffer had", x.who.ID, syn.Packet.Win)
	}),
}

var fc2 = claim.Claim{
	ID: "FC2", Statement: "every ACK tells the room left; that is the window", Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "no buffer's size was asked for when its socket had acknowledged something",
	Rule: claim.Each(tolds, func(c *claim.Case, x told) {
		c.If(x.acknowledges())
		c.About(x.who)
		c.Cite(x.asked)
		c.CiteSegments(x.last)
		room := x.buffer - x.unread
		c.Expect(x.window == room, "%s offered %d, and its buffer of %d bytes had %d in it: %d were left", x.who.ID, x.window, x.buffer, x.unread, room)
		c.Holds("%s offered %d, and so many bytes were left in its buffer", x.who.ID, x.window)
	}),
}

var fc4 = claim.Claim{
	ID: "FC4", Statement: "16 bits, so at most 65,535", Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "nothing much was sent",
	Rule: claim.EachConn(func(c *claim.Case, conn *tcp.Conn) {
		c.If(conn.Server != nil && len(conn.Bulk) > 0)
		for _, s := range []*tcp.Socket{conn.Client, conn.Server} {
			if wide := tcp.Where(s.SentAll(0, 0), func(x *tcp.Segment) bool { return window(s, x) > 65_535 }); len(wide) > 0 {
				x := slices.MaxFunc(wide, func(x, y *tcp.Segment) int { return cmp.Compare(window(s, x), window(s, y)) })
				c.CiteSegments(s.SYN(), s.Peer().SYN(), x)
				c.Expect(false, "%s offered %d bytes: %d in the header, shifted by the %d that its SYN had announced", s.ID, window(s, x), x.Packet.Win, scaleOf(s))
			}
		}
		c.CiteSegments(conn.Segments...)
		c.Challenged(slices.ContainsFunc(tolds(c.View), mayOfferMore), "no connection that much was sent on had window scaling, and a buffer for more")
		c.Holds("no window between %s and %s was larger", conn.Client.ID, conn.Server.ID)
	}),
}

// mayOfferMore says whether a socket could offer more than fits the header, and was seen to offer
// something: its windows were scaled, much had been sent to it, its buffer had grown well beyond the half that
// may be offered (tcp_win_from_space in include/net/tcp.h), and a segment of its own was kept then.
func mayOfferMore(x told) bool {
	much := tcp.First(x.who.Conn.Bulk)
	return much != nil && scaleOf(x.who) > 0 && x.buffer > 4*65_535 && x.last != nil && x.last.N > much.N
}

var zw5 = claim.Claim{
	ID: "ZW5", Statement: "the window's right edge never moves back", Source: rfc9293 + " (SHOULD NOT)", Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "the buffer of no connection was made smaller",
	Rule: claim.EachConn(func(c *claim.Case, conn *tcp.Conn) {
		c.If(conn.Server != nil)
		some := offers(conn.Client)
		c.Given(len(some) > 1, "%s was offered a window less than twice", conn.Client.ID)
		for i, x := range some[1:] {
			if back := int32(edge(conn.Server, some[i]) - edge(conn.Server, x)); back > 0 {
				value, set := conn.Server.Option(journal.SOReceiveBuffer, x.N)
				c.CiteSegments(some...)
				c.Cite(set)
				c.Expect(false, "%s took %d bytes back of what it had offered%s", conn.Server.ID, back, lowered(value))
			}
		}
		_, set := conn.Server.Option(journal.SOReceiveBuffer, 0)
		c.If(set != nil)
		last := tcp.Last(some)
		c.CiteSegments(last)
		c.Cite(set)
		c.Challenged(last.N > set.N, "%s offered nothing after its buffer was made smaller", conn.Server.ID)
		c.Holds("no segment of %s took back what one before it had offered", conn.Server.ID)
	}),
}

func lowered(value journal.Value) string {
	if value == "" {
		return ""
	}
	return ": its SO_RCVBUF had been set to " + string(value)
}

// notTheBuffer is the phenomenon: the window is not the buffer, and grows with it.
var notTheBuffer = claim.Phenomenon{
	Needs: claim.NeedsPackets, Quantity: claim.Can, Precondition: "no buffer's size was asked for twice",
	Rule: claim.Each(tolds, func(c *claim.Case, x told) {
		before := x.who.Asked(journal.SOReceiveBuffer, 0, x.asked.N)
		c.If(len(before) > 0 && len(x.who.Conn.Bulk) > 0 && x.last != nil && x.asked.N > x.who.Conn.Bulk[0].N)
		c.About(x.who)
		c.Cite(x.asked, before[0])
		c.CiteSegments(x.last)
		first, _ := before[0].Call.Value().Int()
		set := x.fixed(c.View)
		c.Cite(set)
		c.Expect(x.buffer > first || set == nil, "SO_RCVBUF had been set, and the buffer of %s did not grow", x.who.ID)
		c.Given(x.buffer > first, "the buffer of %s had not grown: what it read within a round trip may have been too little", x.who.ID)
		c.Expect(x.window != x.buffer, "%s offered its whole buffer", x.who.ID)
		c.Holds("the buffer of %s grew from %d to %d bytes, and it offered %d", x.who.ID, first, x.buffer, x.window)
	}),
}

// compareBuffers is the table of buffers and windows.
func compareBuffers(v *tcp.View) *claim.Comparison {
	var all []told // of each socket, when something had come: the first time that it was asked, and the last
	for _, s := range v.Connected() {
		some := tcp.Where(tolds(v), func(x told) bool { return x.who == s && x.acknowledges() })
		if len(some) > 1 {
			all = append(all, some[0], some[len(some)-1])
		}
	}
	number := func(n int64, at *journal.Event) claim.Cell { return claim.Told(strconv.FormatInt(n, 10), at) }
	t := claim.Across("What a receiver has, and what it offers", all, func(x *told) string { return x.who.ID },
		claim.Show("SO_RCVBUF", func(x *told) claim.Cell { return number(x.buffer, x.asked) }),
		claim.Show("unread", func(x *told) claim.Cell { return number(x.unread, x.asked) }),
		claim.Show("window", func(x *told) claim.Cell { return number(x.window, x.last.Event) }),
	)
	copy(t.Ways, []string{"at the start", "3 MB later", "unscaled", "3 MB later", "as it was", "SO_RCVBUF lowered"})
	return t
}
