package main

import (
	"slices"
	"strconv"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// The settings that bound the half-open queue.
const (
	maxSYNBacklog = "net.ipv4.tcp_max_syn_backlog"
	synCookies    = "net.ipv4.tcp_syncookies"
	somaxconn     = "net.core.somaxconn"
)

// synQueue: how many half-open connections a listener has room for, without cookies: first
// with a backlog shorter than tcp_max_syn_backlog, then with a longer one, of which the last
// quarter is kept for those who have been here before.
func synQueue(t *scenario.T) {
	const short, long, most, many = shortQueue, 64, 16, 20
	t.Setting("b", maxSYNBacklog)
	t.Setting("b", somaxconn)
	t.Sysctl("b", synCookies, "0")
	t.Sysctl("b", abortOnOverflow, "1")
	beenHere(t)
	t.Listen(scenario.ServerPort+1, scenario.Backlog(0)).Look()
	t.Listen(scenario.ServerPort+2, scenario.Backlog(-1)).Look()

	l := t.Listen(scenario.ServerPort+3, scenario.Backlog(short))
	t.Hold(isThird)
	c := l.Dial()
	l.Queued(c)
	l.Look()
	t.Release()
	strangers(t, l, short+3)
	l.Look()
	t.Host("b").List(journal.SynRecv)

	t.Sysctl("b", maxSYNBacklog, "16")
	l = t.Listen(scenario.ServerPort+4, scenario.Backlog(long))
	strangers(t, l, many)
	t.Host("b").List(journal.SynRecv)
	l.Dial()

	l = t.Listen(scenario.ServerPort+5, scenario.Backlog(short))
	for range short + 1 {
		l.Dial()
	}
	l.Look()
}

// beenHere makes a connection that carries data and is closed: the server's kernel then
// knows the path to the client (tcp_metrics).
func beenHere(t *scenario.T) {
	client, server := t.Connection()
	client.Send("here")
	server.Recv()
	server.Send("there")
	client.Recv()
	client.Close()
	server.Close()
}

// filled is a listener to which more SYNs came than it had room for.
type filled struct {
	listener *tcp.Socket
	backlog  int
	table    *journal.Event // the listing of the half-open connections
	entries  int
	dropped  []*tcp.Segment
}

func allFilled(v *tcp.View) []filled {
	var all []filled
	for _, l := range v.Sockets {
		for _, e := range v.Tables("", journal.SynRecv) {
			backlog, known := l.BacklogAt(e.N)
			f := filled{listener: l, backlog: backlog, table: e, entries: halfOpen(e, l), dropped: unanswered(v, l, e.N)}
			if known && f.entries > 0 && len(f.dropped) > 0 {
				all = append(all, f)
				break
			}
		}
	}
	return all
}

// known asks for what bounds a half-open queue, and cites what was seen of it.
func (f *filled) known(c *claim.Case) (most int) {
	c.About(f.listener)
	c.Cite(f.table, tcp.First(f.listener.CallsOf(0, 0, "listen")))
	c.CiteSegments(f.dropped...)
	most, _ = strconv.Atoi(settingAt(c, maxSYNBacklog, f.table.N))
	c.If(settingAt(c, synCookies, f.table.N) == "0")
	return most
}

// isBounded is the phenomenon: SYNs are dropped when the half-open queue is full. Of hosts that it
// does not know Linux has room without cookies for one more than the backlog, or for three quarters
// of tcp_max_syn_backlog and one (tcp_conn_request in net/ipv4/tcp_input.c).
var isBounded = claim.Phenomenon{
	Needs: claim.NeedsStates, Precondition: "no listener got more SYNs than it had room for",
	Rule: claim.Each(allFilled, func(c *claim.Case, f filled) {
		most := f.known(c)
		room := min(f.backlog+1, most-most/4+1)
		c.Expect(f.entries == room, "%d connections were half open at %s, and %d SYNs were dropped; there is room for %d", f.entries, f.listener.ID, len(f.dropped), room)
		c.Holds("%s, with a backlog of %d and tcp_max_syn_backlog %d, had %d half-open connections; %d more SYNs were dropped",
			f.listener.ID, f.backlog, most, f.entries, len(f.dropped))
	}),
}

var bl1 = claim.Claim{
	ID: "BL1", Statement: "listen() makes two queues, incomplete and complete",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "a listener has half-open connections and complete ones that wait",
	Rule: claim.Each(allFilled, func(c *claim.Case, f filled) {
		sample := lastSample(f.listener, f.table.N)
		c.If(sample != nil && sample.Sample.RxQueue > 0)
		c.About(f.listener)
		c.Cite(f.table, sample)
		complete := 0
		for _, s := range c.Sockets {
			if state, n := s.StateAt(journal.SockDiag, f.table.N); s.Local == f.listener.Local && s != f.listener && state == journal.Established {
				c.Cite(c.Event(n))
				complete++
			}
		}
		c.Given(complete > 0, "no connection of %s was seen complete", f.listener.ID)
		c.Expect(int(sample.Sample.RxQueue) == complete, "%d connections waited at %s, %d were complete and %d half open", sample.Sample.RxQueue, f.listener.ID, complete, f.entries)
		c.Holds("%s had %d connections that were complete and waited, and %d half-open ones, which do not count among them", f.listener.ID, complete, f.entries)
	}),
}

var bl18 = claim.Claim{
	ID: "BL18", Statement: "backlog defaults to 50",
	Source: claim.Article002, Quantity: claim.Always, Needs: []journal.Witness{journal.Calls, journal.SockDiag},
	Precondition: "listen() asks for no queue, or for the longest",
	Rule: claim.AfterCall("listen", func(c *claim.Case) {
		n, _ := c.Call.Call.Backlog()
		c.If(n <= 0)
		c.Cite(c.Call)
		sample := c.GivenFirst(c.Socket.Samples(journal.Listen, c.Call.N, 0), "the backlog of %s was not read", c.Socket.ID)
		c.Expect(sample.Sample.TxQueue == 50, "listen(%d) made it %d: the caller says how long it is, and net.core.somaxconn bounds it", n, sample.Sample.TxQueue)
		c.Holds("listen(%d) made it 50", n)
	}),
}

var bl19 = claim.Claim{
	ID: "BL19", Statement: "the accept queue is smaller and fills first",
	Source: claim.Article002, Quantity: claim.Can, Needs: claim.NeedsStates,
	Precondition: "both queues of listeners with the same backlog are full",
	Rule: claim.Each(allFilled, func(c *claim.Case, f filled) {
		f.known(c)
		for _, l := range c.Sockets {
			full := lastSample(l, 0)
			if backlog, known := l.BacklogAt(c.Journal.Played); known && backlog == f.backlog && l != f.listener && full != nil && full.Sample.RxQueue > full.Sample.TxQueue {
				c.Cite(full)
				c.About(l)
				c.Expect(int(full.Sample.RxQueue) < f.entries, "with a backlog of %d each has room for %d", f.backlog, f.entries)
				c.Holds("with a backlog of %d the accept queue has room for %d, the half-open one for %d", f.backlog, full.Sample.RxQueue, f.entries)
			}
		}
		c.If(false) // no accept queue with that backlog was full
	}),
}

var bl20 = claim.Claim{
	ID: "BL20", Statement: "tcp_max_syn_backlog defaults to 1000",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsCalls,
	Rule: claim.Once(func(c *claim.Case) {
		read := c.First(c.Events(func(e *journal.Event) bool { return e.Setting != nil && e.Setting.Name == maxSYNBacklog }))
		c.Given(read != nil && read.Setting.Old == read.Setting.New, "it was not read before it was changed")
		c.Expect(read.Setting.New == "1000", "it is %s here: the kernel makes it as large as its table of connections allows, at least 128", read.Setting.New)
		c.Holds("it is 1000")
	}),
}

var bl21 = claim.Claim{
	ID: "BL21", Statement: "tcp_max_syn_backlog is the half-open queue's length; beyond, connections are dropped",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: isBounded.Precondition,
	Rule: claim.Each(allFilled, func(c *claim.Case, f filled) {
		most := f.known(c)
		c.Expect(f.entries == most, "%s had %d half-open connections, and %d SYNs were dropped: its backlog is %d, tcp_max_syn_backlog %d", f.listener.ID, f.entries, len(f.dropped), f.backlog, most)
		c.Holds("%s had %d half-open connections, and %d SYNs were dropped", f.listener.ID, f.entries, len(f.dropped))
	}),
}

var bl22 = claim.Claim{
	ID: "BL22", Statement: "over tcp_max_syn_backlog tcp_abort_on_overflow decides: the SYN is dropped (0) or reset (1)",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "a half-open queue is full, and tcp_abort_on_overflow is 1",
	Rule: claim.Each(allFilled, func(c *claim.Case, f filled) {
		f.known(c)
		c.If(settingAt(c, abortOnOverflow, f.table.N) == "1")
		reset := 0
		for _, s := range tcp.With(c.Segments(journal.AtSent), packet.RST) {
			if s.Packet.Src == f.listener.Local && slices.ContainsFunc(f.dropped, func(x *tcp.Segment) bool { return x.Packet.Src == s.Packet.Dst }) {
				c.CiteSegments(s)
				reset++
			}
		}
		c.ExpectSeen(reset == len(f.dropped), "%s dropped %d SYNs, and answered %d of them with RST", f.listener.ID, len(f.dropped), reset)
		c.Holds("%s answered the %d SYNs for which it had no room with RST", f.listener.ID, reset)
	}),
}

var bl23 = claim.Claim{
	ID: "BL23", Statement: "on a SYN a request_sock is made; on the ACK the entry is removed",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "an opening that is watched at the listener is completed",
	Rule: claim.Each(thirds, func(c *claim.Case, x third) {
		entry := c.First(x.server.Samples(journal.SynRecv, 0, x.N))
		c.If(entry != nil)
		c.Expect(entry.Sample.Inode == 0, "%s was a socket of its own in SYN_RECV", x.server.ID)
		after := c.StateAt(x.server, journal.SockDiag, x.looked)
		c.ExpectSeen(after == journal.Established, "%s was in %s after the ACK", x.server.ID, after)
		c.Holds("before its ACK %s was an entry in SYN_RECV that no descriptor could refer to; then it was a connection in ESTABLISHED", x.server.ID)
	}),
}

var sf4 = claim.Claim{
	ID: "SF4", Statement: "without cookies an address that has proved itself lately still gets in: the last quarter is reserved",
	Source: ipSysctl + ", tcp_max_syn_backlog; net/ipv4/tcp_input.c, tcp_conn_request", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "strangers' SYNs are dropped with less than tcp_max_syn_backlog half open, and a host that has been here before calls",
	Rule: claim.Each(allFilled, func(c *claim.Case, f filled) {
		most := f.known(c)
		c.If(f.entries < most && f.entries <= f.backlog)
		for _, conn := range c.Conns {
			if conn.Connect.N < f.table.N || conn.Connect.Call.Address() != f.listener.Local {
				continue
			}
			before := c.Conns[0]
			c.Cite(conn.Connect, before.Connect)
			c.About(conn.Client, before.Client)
			data := c.AllSegments(tcp.Data(before.Client.NewlyArrived(0, f.table.N)))
			c.Given(before.Client.Local.IP() == conn.Client.Local.IP() && len(data) > 0, "%s has not exchanged data with the server before", conn.Client.ID)
			state := stateOf(c, conn.Client, 0)
			c.ExpectSeen(state == journal.Established, "%s, which had been here before, was in %s in the end", conn.Client.ID, state)
			c.Holds("%d strangers' SYNs were dropped with %d half open, tcp_max_syn_backlog %d; %s, which had been here before, got in", len(f.dropped), f.entries, most, conn.Client.ID)
		}
		c.Given(false, "nobody who had been here before called")
	}),
}
