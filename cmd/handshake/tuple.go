package main

import (
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

const timestamps = "net.ipv4.tcp_timestamps"

// tuplePort is the client's port that is used again.
const tuplePort = 50_000

// tuple: a second connection with the same four addresses and ports, and with one other; the path
// is cut for a while; and the same port is used again after the client has closed, with timestamps
// and without.
func tuple(t *scenario.T) {
	t.Sysctl("a", timestamps, "1")
	t.Sysctl("b", timestamps, "1")
	l := t.Listen(scenario.ServerPort)
	other := t.Listen(scenario.ServerPort + 1)
	reuse := scenario.Opt(journal.SOReuseAddr, 1)
	client, server := l.Connect(scenario.From(tuplePort), reuse)
	t.DialFrom(tuplePort, l.At, reuse)
	second, _ := t.DialFrom(tuplePort, other.At, reuse)
	otherServer := other.AcceptFrom(second)
	second.Send("two")
	client.Send("one")
	server.Recv()
	otherServer.Recv()

	t.Drop(func(*wire.Packet) bool { return true })
	t.Wait(cutFor)
	client.Look()
	server.Look()
	t.Rule(nil)
	client.Send("and on")
	server.Recv()

	client.Close()
	server.Recv()
	server.Close()
	t.Settle()
	client, _ = t.DialFrom(tuplePort, l.At, reuse)
	l.AcceptFrom(client)
	t.Sysctl("a", timestamps, "0")
	t.Sysctl("b", timestamps, "0")
	plain, plainServer := other.Connect(scenario.From(tuplePort+1), reuse)
	plain.Close()
	plainServer.Recv()
	plainServer.Close()
	t.Settle()
	t.DialFrom(tuplePort+1, other.At, reuse)
}

// cutFor is how long the path is cut.
const cutFor = 300 * time.Millisecond

// twin is a connect() from an address to another while, or after, another socket had both.
type twin struct {
	before  *tcp.Conn
	connect *journal.Event
	who     *tcp.Socket
}

// twins lists them: those while the first was open, or those that came in its TIME_WAIT.
func twins(state string) func(v *tcp.View) []twin {
	return func(v *tcp.View) []twin {
		var all []twin
		for _, e := range v.Calls("connect") {
			who := v.Socket(e.Socket)
			for _, conn := range v.Conns {
				same := boundTo(who, e.N) == conn.Client.Local && e.Call.Address() == conn.Client.Remote
				if same && conn.Client != who && conn.Connect.N < e.N && conn.Client.IsIn(state, journal.SockDiag, e.N) {
					all = append(all, twin{conn, e, who})
				}
			}
		}
		return all
	}
}

// boundTo is the address that a socket was bound to.
func boundTo(s *tcp.Socket, before int) journal.Address {
	if bind := tcp.Last(s.CallsOf(0, before, "bind")); bind != nil {
		return bind.Call.Address()
	}
	return ""
}

var hs33 = claim.Claim{
	ID: "HS33", Statement: "the four-tuple determines a connection",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "nobody connected with the four of a connection that was open",
	Rule: claim.Each(twins(journal.Established), func(c *claim.Case, x twin) {
		c.About(x.before.Client, x.who)
		c.Cite(x.before.Connect, x.connect)
		c.Expect(x.connect.Call.Errno != "" && x.connect.Call.Errno != journal.EINPROGRESS, "a second connect() with the same four succeeded")
		c.Given(x.connect.Call.Errno == journal.EADDRNOTAVAIL || x.connect.Call.Errno == journal.EADDRINUSE, "connect() failed with %s", x.connect.Call.Errno)
		others := tcp.Where(c.Paired(), func(s *tcp.Socket) bool {
			return s.Local == x.before.Client.Local && s.Remote != x.before.Client.Remote
		})
		c.About(others...)
		c.Given(len(others) > 0, "no connection with three of the four was opened")
		c.Holds("connect() with the same four failed with %s; with another server's port it succeeded", x.connect.Call.Errno)
	}),
}

var hs31 = claim.Claim{
	ID: "HS31", Statement: "a client that binds its port with SO_REUSEADDR can connect again within 2MSL on Linux",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "nobody connected with the four of a TIME_WAIT",
	Rule: claim.Each(twins(journal.TimeWait), func(c *claim.Case, x twin) {
		c.About(x.before.Client, x.who)
		c.Cite(x.before.Connect, x.connect)
		set := c.SettingOf(x.who.Host, timestamps)
		with := "with"
		if set != nil && set.N < x.connect.N && set.Setting.New == "0" {
			with = "without"
		}
		c.Expect(x.connect.Call.Errno == "" || x.connect.Call.Errno == journal.EINPROGRESS, "%s timestamps connect() failed with %s", with, x.connect.Call.Errno)
		c.Challenged(slices.ContainsFunc(twins(journal.TimeWait)(c.View), func(o twin) bool {
			set := c.Setting(o.who.Host, timestamps, o.connect.N)
			return set != nil && set.Setting.New == "0"
		}), "nobody tried without timestamps")
		up := c.First(x.who.Entered(journal.Established, journal.TCPInfo))
		c.ExpectSeen(up != nil, "it was not connected")
		c.Holds("%s timestamps it was connected again", with)
	}),
}

var hs34 = claim.Claim{
	ID: "HS34", Statement: "connection = memory in both ends, nothing in between",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: "no connection was looked at while nothing could pass",
	Rule: claim.EachConn(func(c *claim.Case, conn *tcp.Conn) {
		first, last, silent := silence(conn)
		c.If(silent >= cutFor/2)
		c.Cite(first, last)
		wrote := c.GivenFirst(conn.Client.Writes(last.N, 0), "nothing was written afterwards")
		c.ReadsData(conn.Server, wrote.N)
		c.Holds("nothing had passed between the ends for %.1f s, both were ESTABLISHED, and what was written then arrived", silent.Seconds())
	}),
}

// silence is the longest time without a segment after which both ends were seen ESTABLISHED, and the
// two looks.
func silence(conn *tcp.Conn) (first, last *journal.Event, silent time.Duration) {
	for _, e := range conn.Client.Samples(journal.Established, 0, 0) {
		o := tcp.First(conn.Server.Samples(journal.Established, e.N, 0))
		if o == nil {
			continue
		}
		quiet, passed := time.Duration(0), false
		for _, s := range conn.Segments {
			if s.N < e.N {
				quiet = time.Duration(e.T - s.T)
			}
			passed = passed || e.N < s.N && s.N < o.N
		}
		if !passed && quiet > silent {
			first, last, silent = e, o, quiet
		}
	}
	return first, last, silent
}
