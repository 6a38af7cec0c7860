package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

const portRange = "net.ipv4.ip_local_port_range"

// accept: a listener is asked before anybody called, and after; once by an accept() that may wait.
// One client chooses its port, another lets the kernel choose.
func accept(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	watch := l.Epoll()
	watch.Wait()
	l.Accept()
	client := l.Dial()
	watch.Wait()
	watch.Wait()
	l.Look()
	server := l.AcceptFrom(client)
	client.Send("hello")
	server.Recv()
	l.Look()

	t.Setting("a", portRange)
	chosen := t.Host("a").Socket()
	l.SetBlocking()
	waiting := l.Background(func() { l.Accept() })
	t.Await(time.Second, func() bool { return waiting.Blocked("accept4") })
	chosen.StartConnect(l.At)
	chosen.Local()
	t.Await(time.Second, waiting.Done)
}

// listeners are the listening sockets.
func listeners(v *tcp.View) []*tcp.Socket {
	return tcp.Where(v.Sockets, func(s *tcp.Socket) bool { return s.Listening != 0 })
}

// listenerOf is the listener that a connection was opened to; nil: not known.
func listenerOf(v *tcp.View, conn *tcp.Conn) *tcp.Socket {
	return tcp.First(tcp.Where(listeners(v), func(s *tcp.Socket) bool { return s.Local == conn.Client.Remote }))
}

var hs26 = claim.Claim{
	ID: "HS26", Statement: "no connection without accept()? The completed queue holds connections before accept()",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "no connection was in a queue while somebody looked",
	Rule: claim.Each(listeners, func(c *claim.Case, l *tcp.Socket) {
		c.About(l)
		full := c.First(tcp.Where(l.Samples(journal.Listen, 0, 0), func(e *journal.Event) bool { return e.Sample.RxQueue > 0 }))
		c.If(full != nil)
		c.GivenFirst(l.Accepts(full.N, 0), "none was accepted later")
		up := tcp.Where(c.Sockets, func(s *tcp.Socket) bool {
			return s.Remote == l.Local && s.IsIn(journal.Established, journal.TCPInfo, full.N)
		})
		c.About(up...)
		c.ExpectSeen(len(up) > 0, "a connection was in the queue, and no client was ESTABLISHED")
		c.Holds("a client was ESTABLISHED and %d connection waited in the queue of %s before accept()", full.Sample.RxQueue, l.ID)
	}),
}

var hs27 = claim.Claim{
	ID: "HS27", Statement: "accept on an empty queue: blocking sleeps, non-blocking gives EWOULDBLOCK",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "accept() was not called on an empty queue in both ways",
	Rule: claim.Each(listeners, func(c *claim.Case, l *tcp.Socket) {
		c.About(l)
		first := c.First(l.CallsOf(0, 0, "accept4"))
		c.If(first != nil)
		connect := c.First(c.Calls("connect"))
		c.Given(connect != nil && first.N < connect.N, "a client had called before")
		c.Expect(first.Call.Errno == journal.EAGAIN, "non-blocking: %s", claim.Returned(first))
		blocking := c.GivenFirst(l.CallsOf(first.N, 0, "fcntl"), "%s was not made blocking", l.ID)
		waited, last := c.First(l.CallsOf(blocking.N, 0, "accept4")), c.Last(c.Calls("connect"))
		c.Given(waited != nil && last.N > blocking.N, "accept() was not called then, before a client called")
		c.Expect(waited.Call.Errno == "", "blocking: %s", claim.Returned(waited))
		c.Given(waited.T < last.T, "the client had called before")
		c.Holds("non-blocking: EAGAIN, which is EWOULDBLOCK; blocking: it slept for %.1f ms, until a client had called", float64(waited.Call.TookNS)/1e6)
	}),
}

var hs28 = claim.Claim{
	ID: "HS28", Statement: "a new connection makes the listening descriptor readable",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "a listener was not watched before and after a client called",
	Rule: claim.Each(listeners, func(c *claim.Case, l *tcp.Socket) {
		c.About(l)
		looks := c.All(l.CallsOf(0, 0, "epoll_wait"))
		c.If(len(looks) > 2)
		connect := c.First(c.Calls("connect"))
		c.Given(connect != nil && looks[0].N < connect.N && connect.N < looks[1].N, "no client called between")
		c.Given(!looks[0].Call.Ready().Has(journal.EPOLLIN), "it was readable before")
		first, second := looks[1].Call.Ready().Has(journal.EPOLLIN), looks[2].Call.Ready().Has(journal.EPOLLIN)
		c.Given(first == second, "of two looks one found it readable")
		c.ExpectSeen(first, "it was not readable when a client had called")
		c.Holds("%s was readable once a client was connected, and not before", l.ID)
	}),
}

var hs29 = claim.Claim{
	ID: "HS29", Statement: "the server talks to the client from its listening port and goes on listening",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsEnds, Precondition: "no connection was accepted and used",
	Rule: claim.EachConn(func(c *claim.Case, conn *tcp.Conn) {
		read := c.First(conn.Server.Reads(0, 0))
		c.If(read != nil)
		l := listenerOf(c.View, conn)
		c.Given(l != nil, "its listener is not known")
		c.Expect(conn.Server.Local == l.Local, "%s is at %s, its listener at %s", conn.Server.ID, conn.Server.Local, l.Local)
		later := c.GivenFirst(l.Samples(journal.Listen, read.N, 0), "%s was not looked at afterwards", l.ID)
		state := c.StateAt(l, journal.TCPInfo, later.N)
		c.Expect(state == journal.Listen, "%s was in %s afterwards", l.ID, state)
		c.Holds("%s is at %s, as %s, which was in LISTEN afterwards", conn.Server.ID, conn.Server.Local, l.ID)
	}),
}

var hs30 = claim.Claim{
	ID: "HS30", Statement: "the client uses a random port by default, and may bind one",
	Source: claim.Article000, Quantity: claim.Can, Needs: claim.NeedsEnds, Precondition: "no client let the kernel choose beside one that was bound",
	Rule: claim.Once(func(c *claim.Case) {
		var bound, free *tcp.Socket
		for _, conn := range c.Conns {
			if binds := conn.Client.CallsOf(0, conn.Connect.N, "bind"); len(binds) > 0 {
				bound = conn.Client
				c.Cite(binds...)
				c.Expect(binds[0].Call.Address() == bound.Local, "%s was bound to %s, and is at %s", bound.ID, binds[0].Call.Address(), bound.Local)
			} else {
				free = conn.Client
			}
		}
		c.If(bound != nil && free != nil)
		c.About(bound, free)
		c.Cite(c.SettingOf(free.Host, portRange), tcp.First(free.CallsOf(0, 0, "getsockname")))
		c.Holds("%s is at the port it was bound to, %d; the kernel chose %d for %s", bound.ID, bound.Local.Port(), free.Local.Port(), free.ID)
	}),
}
