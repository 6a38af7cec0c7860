package main

import (
	"bytes"
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// order: a segment that comes twice, and the same bytes once more; two that come in the wrong order; one
// that is lost; and, on a second connection, an urgent byte behind one that is lost.
func order(t *scenario.T) {
	t.Sysctl("b", "net.ipv4.tcp_stdurg", "0") // which byte is urgent
	nodelay := scenario.Opt(journal.TCPNoDelay, 1)
	client, server := t.Connection(nodelay)
	data := t.See(wire.HasData)
	client.Send("again ")
	server.Recv()
	t.Repeat(data.Last)
	server.Recv()
	client.Send("again ")
	server.Recv()

	t.Hold(wire.HasData)
	client.Write("one ")
	client.Write("two ")
	t.Deliver()
	t.Carry(t.HeldAt("a", 1))
	server.Recv()
	t.Release()
	server.Recv()

	loses(t, client, server, func() { client.Write("kept") })
	client, server = t.Connection(nodelay)
	loses(t, client, server, func() {
		client.SendMsg("!", journal.MSGOOB)
		server.ReadUrgent()
	})
}

// patience bounds the wait for what is sent again.
const patience = 5 * time.Second

// loses lets a line be lost, and another come, which is looked for before the first comes again.
func loses(t *scenario.T, client, server *scenario.End, another func()) {
	t.Rule(scenario.InTurn(wire.HasData, wire.Drop, wire.Wait, wire.Hold))
	client.Write("lost ")
	another()
	t.Deliver()
	server.Recv()
	t.Await(patience, func() bool { return len(t.Held("a")) > 0 })
	t.Release()
	server.Recv()
}

// entry is a segment with data that came to a socket, and the number that it awaited then.
type entry struct {
	*tcp.Segment
	at   *tcp.Socket
	next uint32
}

// entries lists them.
var entries = tcp.Derived(func(v *tcp.View) []entry {
	var all []entry
	for _, s := range v.Sockets {
		for _, x := range tcp.Data(s.Arrived(0, 0)) {
			if next, ok := s.End.NextAt(x.N); ok {
				all = append(all, entry{x, s, next})
			}
		}
	}
	return all
})

// readThen is the first read of a socket after data had come, and before other data did.
func readThen(c *claim.Case, at *tcp.Socket, n int) *journal.Event {
	read := c.First(at.Reads(n, 0))
	c.Given(read != nil && len(tcp.Data(at.Arrived(n, read.N))) == 0, "nothing was read before other data came")
	return read
}

// olds are those of which everything had come before, and ahead those that came while something before them was missing.
func olds(v *tcp.View) []entry {
	return tcp.Where(entries(v), func(x entry) bool { return !tcp.Before(x.next, x.End()) })
}

func ahead(v *tcp.View) []entry {
	return tcp.Where(entries(v), func(x entry) bool { return tcp.Before(x.next, x.Packet.Seq) })
}

// filled is when what was missing before it had come; 0: it never had.
func (x *entry) filled(v *tcp.View) int {
	for _, y := range entries(v) {
		if next, ok := x.at.End.NextAt(y.N + 1); y.at == x.at && y.N > x.N && ok && !tcp.Before(next, x.End()) {
			return y.N
		}
	}
	return 0
}

var sn7 = claim.Claim{
	ID: "SN7", Statement: "duplicates are discarded by number",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no data came again that had been read",
	Rule: claim.Each(olds, func(c *claim.Case, x entry) {
		c.If(x.at.End.UnreadAt(x.N) == 0)
		c.About(x.at)
		c.CiteSegments(x.Segment)
		read := readThen(c, x.at, x.N)
		c.Expect(read.Call.Errno == journal.EAGAIN, "%d bytes that had come and been read came again, and a read returned %s", x.Packet.Len, claim.Returned(read))
		same := slices.ContainsFunc(entries(c.View), func(y entry) bool {
			return y.at == x.at && y.next == y.Packet.Seq && y.Packet.Seq != x.Packet.Seq && x.Payload != nil && bytes.Equal(y.Payload, x.Payload) &&
				len(x.at.Reads(y.N, 0)) > 0 && bytes.Equal(x.at.Reads(y.N, 0)[0].Call.Data, y.Payload)
		})
		c.Challenged(same, "the same bytes were not read under two numbers")
		c.Holds("%d bytes came again with number %d, when %d was awaited, and were not read; the same bytes with another number were", x.Packet.Len, x.Packet.Seq, x.next)
	}),
}

var sn8 = claim.Claim{
	ID: "SN8", Statement: "out-of-order data is kept back until the hole is filled",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no data came while something before it was missing",
	Rule: claim.Each(ahead, func(c *claim.Case, x entry) {
		c.About(x.at)
		c.CiteSegments(x.Segment)
		hole := x.Packet.Seq - x.next
		until := x.filled(c.View)
		for _, e := range c.All(x.at.CallsOf(x.N, until, "read", "recvfrom")) {
			c.Expect(e.Call.Errno != "", "%d bytes before it were missing, and %s returned %q", hole, e.Call.Text(), e.Call.Data)
		}
		c.Given(until != 0, "what was missing never came")
		c.Cite(c.Event(until))
		c.Given(len(x.at.Reads(x.N, until)) > 0, "nothing was read while %d bytes before it were missing", hole)
		read := c.First(x.at.Reads(until, 0))
		c.Given(read != nil && x.Payload != nil, "nothing was read when they had come")
		c.Expect(bytes.HasSuffix(read.Call.Data, x.Payload), "when they had come, a read returned %q, without %q", read.Call.Data, x.Payload)
		c.Challenged(slices.ContainsFunc(ahead(c.View), func(y entry) bool { return y.Has(journal.URG) }), "no urgent byte came while something before it was missing")
		c.Holds("%d bytes before it were missing, and a read found nothing; when they had come, it returned %q", hole, read.Call.Data)
	}),
}

var sn9 = claim.Claim{
	ID: "SN9", Statement: "data reaches the application in order, lost data is sent again",
	Source: claim.Article002 + "; " + claim.Article000, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no data was lost, or came while something before it was missing",
	Rule: claim.EachConn(func(c *claim.Case, conn *tcp.Conn) {
		lost := tcp.Data(conn.Server.Lost(0, 0))
		c.If(len(lost) > 0 || slices.ContainsFunc(ahead(c.View), func(x entry) bool { return x.at == conn.Server }))
		for _, s := range c.AllSegments(lost) {
			came := slices.IndexFunc(entries(c.View), func(x entry) bool {
				return x.at == conn.Server && x.N > s.N && !tcp.Before(s.Packet.Seq, x.Packet.Seq) && tcp.Before(s.Packet.Seq, x.End())
			})
			c.ExpectSeen(came >= 0, "%d bytes were lost, and never came", s.Packet.Len)
			c.CiteSegments(entries(c.View)[came].Segment)
		}
		wrote, read := tcp.DataOf(c.All(conn.Client.Writes(0, 0))), tcp.DataOf(c.All(conn.Server.CallsOf(0, 0, "read", "recvfrom")))
		c.Expect(bytes.HasPrefix(wrote, read), "%q was written, and read as %q", wrote, read)
		c.Given(len(read) == len(wrote), "of %q %q was read", wrote, read)
		c.Challenged(slices.ContainsFunc(ahead(c.View), func(y entry) bool { return y.Has(journal.URG) }), "no urgent byte came while something before it was missing")
		c.Holds("what was lost was sent again, and %q was read as it was written", wrote)
	}),
}

// isReordered is the phenomenon: data that came out of order, or twice, was read once and in order.
var isReordered = claim.Phenomenon{
	Needs: claim.NeedsPackets, Quantity: claim.Can, Precondition: sn9.Precondition,
	Rule: sn9.Rule,
}
