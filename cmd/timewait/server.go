package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// many is how many connections a server closes first, and fewBuckets how many TIME_WAITs the kernel
// may keep then.
const (
	many       = 12
	fewBuckets = "4"
)

// server: a server closes first, again and again, and goes on: all its TIME_WAITs are on one port.
// Then the kernel may keep few of them.
func server(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	t.Host("b").List(journal.TimeWait)
	for range many {
		serverCloses(t, l)
	}
	t.Host("b").List(journal.TimeWait)
	client, end := l.Connect()
	client.Send("still there?")
	end.Recv()
	t.Sysctl("b", twBuckets, fewBuckets)
	serverCloses(t, t.Listen(scenario.ServerPort+1))
	t.Host("b").List(journal.TimeWait)
}

// serverCloses makes a connection that the server closes first.
func serverCloses(t *scenario.T, l *scenario.Listener) {
	client, end := l.Connect()
	end.Close()
	client.Recv()
	client.Close()
	t.Settle()
}

// crowd is a listing of many sockets of a server in TIME_WAIT, and the client that called next.
type crowd struct {
	*journal.Event
	next *tcp.Conn
	read *journal.Event // what the client wrote; nil: it was not read
}

// crowds lists them.
func crowds(v *tcp.View) []crowd {
	var all []crowd
	for _, e := range v.Tables("", journal.TimeWait) {
		i := slices.IndexFunc(v.Conns, func(conn *tcp.Conn) bool { return conn.Connect.N > e.N })
		if len(e.Table.Sockets) >= many/2 && i >= 0 {
			next := v.Conns[i]
			all = append(all, crowd{e, next, tcp.First(next.Server.Received(e.N, 0))})
		}
	}
	return all
}

// Cite lets a finding rest on the listing and on what became of the client.
func (x crowd) Cite(c *claim.Case) {
	c.About(x.next.Client, x.next.Server)
	c.Cite(x.Event, x.next.Connect, x.read)
}

var tw2 = claim.Claim{
	ID: "TW2", Statement: "a busy server that closes first runs out of sockets",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "no server had many sockets in TIME_WAIT",
	Rule: claim.Each(crowds, func(c *claim.Case, x crowd) {
		for _, text := range x.Table.Sockets {
			listed, ok := journal.ParseListed(text)
			c.Given(ok && listed.Local == x.next.Client.Remote, "one of them is not where the next client called: %s", text)
		}
		c.Expect(x.read == nil, "%d sockets were in TIME_WAIT, all on its listening port and with no descriptor, and the next client was served", len(x.Table.Sockets))
		c.Given(!began(x.next.Connect), "the next client was not served, and not refused")
		c.Holds("%d sockets were in TIME_WAIT, and the next client was not served", len(x.Table.Sockets))
	}),
}

var tw17 = claim.Claim{
	ID: "TW17", Statement: "beyond tcp_max_tw_buckets a close goes to CLOSE without TIME_WAIT",
	Source: ipSysctl, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "nobody closed first when there were more than tcp_max_tw_buckets",
	Rule: claim.Once(func(c *claim.Case) {
		set := c.SettingOf("b", twBuckets)
		c.If(set != nil)
		most, known := set.Setting.Number()
		before := tcp.Last(tcp.Where(c.Tables("b", journal.TimeWait), func(e *journal.Event) bool { return e.N < set.N }))
		c.Given(known && before != nil && int64(len(before.Table.Sockets)) > most, "there were not more than that")
		c.Cite(before)
		later := tcp.Where(c.Conns, func(conn *tcp.Conn) bool {
			return conn.Connect.N > set.N && len(conn.Server.CallsOf(0, 0, "close")) > 0
		})
		c.If(len(later) > 0)
		for _, conn := range later {
			c.About(conn.Server)
			waited := conn.Server.Entered(journal.TimeWait)
			c.Cite(waited...)
			c.Expect(len(waited) == 0, "%s came to TIME_WAIT", conn.Server.ID)
			c.GivenFirst(conn.Server.Entered(journal.Gone, journal.SockDiag), "%s was still there", conn.Server.ID)
		}
		c.Absent()
		c.Holds("there were %d in TIME_WAIT, %d may be kept, and the next that closed first was gone at once", len(before.Table.Sockets), most)
	}),
}

// isServed is the phenomenon: TIME_WAITs cost a server no port and no descriptor.
var isServed = claim.Phenomenon{
	Needs: claim.NeedsEnds, Precondition: "no server had many sockets in TIME_WAIT",
	Rule: claim.Each(crowds, func(c *claim.Case, x crowd) {
		c.ExpectSeen(x.read != nil, "the next client was not served")
		c.Holds("%d sockets of the server were in TIME_WAIT, and the next client was served", len(x.Table.Sockets))
	}),
}
