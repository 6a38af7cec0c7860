package main

import (
	"cmp"
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// notices: what epoll says at each step of a connection's end, once after the
// peer's close, once after its shutdown for writing.
func notices(t *scenario.T) {
	for _, end := range []ending{closing, shut(journal.ShutWrite)} {
		client, server := t.Connection()
		noticed(client, server, end)
	}
}

// noticed asks epoll for the server's end before and after the client's last
// data, its end, and what the server writes then.
func noticed(client, server *scenario.End, end ending) {
	e := server.Epoll()
	e.Wait()
	client.Send("last words")
	e.Wait()
	server.Recv()
	e.Wait()
	end(client)
	e.Wait()
	server.Recv()
	e.Wait()
	server.Send("an answer")
	e.Wait()
	server.SendMsg("another", journal.MSGNoSignal)
	e.Wait()
	server.ShutdownWrite()
	e.Wait()
}

// shutRead: shutdown(SHUT_RD), on a connection into which the peer goes on
// writing, with and without something to be read already; and on a listener, with one
// client in its queue, and one that connects later.
func shutRead(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	for _, before := range []string{"", "before"} {
		client, server := l.Connect()
		if before != "" {
			server.Send(before)
		}
		client.Shutdown(journal.ShutRead)
		client.Recv()
		server.Send("after")
		client.Recv()
		client.Recv()
		client.Send("still")
		server.Recv()
	}
	l.Dial()
	l.Shutdown(journal.ShutRead)
	l.Accept()
	l.Dial().Err()
}

// observation is what a peer could see from an ending to its own first write: first
// arrivals, states, what its calls returned, epoll's events. Each kind is in order; between
// kinds there is none, for they are not looked at in one moment.
type observation struct {
	segments, states, calls []string
	ops                     []string // of the calls
	events                  []*journal.Event
	read                    *journal.Event // the first
	write                   *journal.Event // up to which; nil: it was not seen
}

func (o *observation) all() string {
	return strings.Join(slices.Concat(o.segments, o.states, o.calls), ", ")
}

// observed is what the peer of an ending could see.
func observed(e tcp.Ending) observation {
	first := tcp.First(e.Peer().Writes(e.By.N, 0))
	isSince := func(x *journal.Event) bool { return x.N > e.By.N && (first == nil || x.N < first.N) }
	o := observation{write: first, read: tcp.First(e.Peer().Reads(e.By.N, tcp.N(first)))}
	for _, by := range []journal.Witness{journal.TCPInfo, journal.SockDiag} {
		for _, x := range tcp.Where(e.Peer().States(by), isSince) {
			o.states = append(o.states, "state "+x.State.To+" by "+string(by))
			o.events = append(o.events, x)
		}
	}
	for _, s := range e.Peer().NewlyArrived(e.By.N, tcp.N(first)) {
		o.segments = append(o.segments, "segment "+claim.Named([]*tcp.Segment{s}))
		o.events = append(o.events, s.Event)
	}
	for _, x := range tcp.Where(e.Peer().Calls, isSince) {
		o.ops = append(o.ops, x.Call.Op)
		o.calls = append(o.calls, strings.TrimSpace(x.Call.Op+" = "+claim.Returned(x)+" "+x.Call.Out))
		o.events = append(o.events, x)
	}
	return o
}

// contrasts are a close(), and a shutdown(SHUT_WR) on another connection.
func contrasts(v *tcp.View) []claim.Contrast[tcp.Ending] {
	return claim.Contrasts(tcp.EndedBy(tcp.Closed)(v), tcp.EndedBy(tcp.ShutWrite)(v))
}

// sameToPeer expects that the peer of a close and the peer of a SHUT_WR see the same until
// they write, and returns what that is.
func sameToPeer(c *claim.Case, closed, shut tcp.Ending) string {
	c.About(closed.Who, shut.Who)
	c.Cite(closed.By, shut.By)
	x, y := observed(closed), observed(shut)
	c.Given(x.read != nil && y.read != nil, "not both peers read before they wrote")
	c.Cite(x.read, y.read)
	c.Given(!hadNothing(x.read) && !hadNothing(y.read), "no end had arrived when the peer asked: read failed with EAGAIN")
	c.ExpectSeen(tcp.IsEnd(x.read) && tcp.IsEnd(y.read), "the reads returned %s after close() and %s after shutdown(SHUT_WR), not 0", claim.Returned(x.read), claim.Returned(y.read))
	// One was watched for longer, or the run was stopped.
	c.Given(x.write != nil && y.write != nil, "the peers were not watched for the same time: up to their first writes, which were not both seen")
	c.Given(closed.Who.OrphanTimedOut(closed.By.N, x.write.N) == nil, "the kernel gave %s up before its peer wrote: its FIN, sent again and again, had not been acknowledged in time", closed.Who.ID)
	c.Cite(slices.Concat(x.events, y.events)...)
	c.Given(slices.Equal(x.ops, y.ops), "the peers did not make the same calls")
	c.Expect(x.all() == y.all(), "the peer could tell them apart: after close() %s; after shutdown(SHUT_WR) %s", x.all(), y.all())
	return x.all()
}

var hc7 = claim.Claim{
	ID: "HC7", Statement: "recv returns 0 when the peer has closed or shut down, and cannot tell which",
	Source: claim.Article000 + "; " + claim.Article004, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "a close() and a shutdown(SHUT_WR), the peer of each not having written since",
	Rule: claim.Each(contrasts, func(c *claim.Case, t claim.Contrast[tcp.Ending]) {
		seen := sameToPeer(c, t.One, t.Other)
		c.Holds("recv returned 0 both times, and up to its first write the peer saw the same: %s", seen)
	}),
}

// indistinct is the phenomenon of epoll: it and recv say the same of both.
var indistinct = claim.Phenomenon{
	Needs: claim.NeedsInfo, Precondition: "not both a close() and a shutdown(SHUT_WR) were seen",
	Rule: claim.Each(contrasts, func(c *claim.Case, t claim.Contrast[tcp.Ending]) {
		sameToPeer(c, t.One, t.Other)
		c.Holds("epoll, recv and the states said the same after close() and after shutdown(SHUT_WR), until the peer wrote")
	}),
}

var hc32 = claim.Claim{
	ID: "HC32", Statement: "EPOLLRDHUP tells close() from shutdown(SHUT_WR)",
	Source: "folklore; epoll_ctl(2)", Quantity: claim.Always, Needs: claim.NeedsCalls,
	Precondition: "epoll was asked for EPOLLRDHUP, before the peer of each wrote",
	Rule: claim.Each(contrasts, func(c *claim.Case, t claim.Contrast[tcp.Ending]) {
		c.About(t.One.Who, t.Other.Who)
		c.Cite(t.One.By, t.Other.By)
		x, y := c.First(asked(t.One)), c.First(asked(t.Other))
		c.Given(x != nil && y != nil, "epoll was not asked after both")
		for _, asked := range []*journal.Event{x, y} {
			c.Given(!asked.Call.Ready().HasAny(journal.EPOLLHUP|journal.EPOLLERR), "epoll said %s: that end had been reset", asked.Call.Out)
		}
		tells := func(e *journal.Event) bool { return e.Call.Ready().Has(journal.EPOLLRDHUP) }
		c.Expect(tells(x) != tells(y), "epoll said %s after close(), %s after shutdown(SHUT_WR): EPOLLRDHUP is the same", x.Call.Out, y.Call.Out)
		c.Holds("epoll said %s after close(), %s after shutdown(SHUT_WR)", x.Call.Out, y.Call.Out)
	}),
}

// asked lists the times that epoll was asked after an ending, before the peer wrote.
func asked(e tcp.Ending) []*journal.Event {
	return e.Peer().CallsOf(e.By.N, tcp.N(tcp.First(e.Peer().Writes(e.By.N, 0))), "epoll_wait")
}

// compareNotices is the table of what epoll said at each step.
func compareNotices(v *tcp.View) *claim.Comparison {
	t := &claim.Comparison{Title: "What epoll said at each step"}
	for _, e := range slices.Concat(tcp.EndedBy(tcp.Closed)(v), tcp.EndedBy(tcp.ShutWrite)(v)) {
		for _, x := range e.Peer().CallsOf(0, 0, "epoll_wait") {
			t.Put(step(v, e, x), "the peer's "+e.Short(), claim.Told(strings.ReplaceAll(cmp.Or(x.Call.Out, "nothing"), "|", " "), x))
		}
	}
	return t
}

// step says what had been done last on a connection when epoll was asked.
func step(v *tcp.View, e tcp.Ending, asked *journal.Event) string {
	last := "connected"
	for _, x := range v.Calls("write", "sendmsg", "read", "close", "shutdown") {
		side := "itself"
		switch {
		case x.N >= asked.N || x.Socket != e.Who.ID && x.Socket != e.Peer().ID:
			continue
		case x.Socket == e.Who.ID:
			side = "the peer"
		}
		last = "after " + x.Call.Op + " by " + side
		if x.Call.Op == "close" || x.Call.Op == "shutdown" {
			last = "after its end by " + side
		}
	}
	return last
}

var hc13 = claim.Claim{
	ID: "HC13", Statement: "after shutdown(SHUT_RD) the kernel discards data that arrives",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "data arrives after it, and is asked for",
	Rule: claim.AfterEnding(tcp.ShutRead, func(c *claim.Case, e tcp.Ending) {
		write := c.Take(lateWrite(e))
		c.If(write != nil)
		data, read := c.FirstSegment(tcp.Data(e.Who.Arrived(write.N, 0))), c.First(e.Who.Reads(write.N, 0))
		c.If(data != nil && read != nil)
		c.Expect(len(read.Call.Data) == 0 || string(read.Call.Data) != string(write.Call.Data), "the %d bytes that arrived after %s were read: %q", read.Call.Result, e.Name(), read.Call.Data)
		c.Given(tcp.IsEnd(read), "the read returned %s", claim.Returned(read))
		c.Holds("what arrived after %s could not be read: read returned 0", e.Name())
	}),
}

// deafened lists the calls by which a listener was shut down for reading.
func deafened(v *tcp.View) []*journal.Event {
	return tcp.Where(v.Calls("shutdown"), func(e *journal.Event) bool {
		return tcp.NameOf(e) == tcp.ShutRead && len(v.Socket(e.Socket).CallsOf(0, e.N, "listen")) > 0
	})
}

// stopsListening expects that SHUT_RD on a listener stops it listening.
func stopsListening(c *claim.Case, call *journal.Event) {
	s := c.View.Socket(call.Socket)
	c.About(s)
	c.Cite(call)
	left := tcp.Where(tcp.After(s.States(journal.TCPInfo), call.N), func(e *journal.Event) bool { return e.State.From == journal.Listen })
	accept := c.GivenFirst(s.CallsOf(call.N, 0, "accept4"), "accept() was not tried after it")
	c.Expect(accept.Call.Errno != "" && accept.Call.Errno != journal.EAGAIN, "accept() of the listener returned %s after it", claim.Returned(accept))
	c.Given(c.First(left) != nil, "the listener was not seen to leave LISTEN")
	refused := false
	for _, e := range c.Calls("connect") {
		if e.N < call.N || e.Call.Address() != s.Local {
			continue
		}
		client := c.View.Socket(e.Socket)
		open := c.First(client.Entered(journal.Established))
		c.Expect(open == nil, "a client was connected after it")
		for _, x := range append([]*journal.Event{e}, client.CallsOf(e.N, 0, "getsockopt")...) {
			if pending, _ := x.Call.SocketError(); x.Call.Errno == journal.ECONNREFUSED || pending == journal.ECONNREFUSED {
				c.Cite(e, x)
				refused = true
			}
		}
	}
	c.Given(refused, "no client was seen to be refused after it")
}

var hc34 = claim.Claim{
	ID: "HC34", Statement: "shutdown(SHUT_RD) on a listening socket stops it listening",
	Source: "Linux behaviour (inet_shutdown in net/ipv4/af_inet.c)", Quantity: claim.Always, Needs: claim.NeedsInfo,
	Precondition: "a listener is shut down for reading",
	Rule: claim.Each(deafened, func(c *claim.Case, call *journal.Event) {
		stopsListening(c, call)
		c.Holds("the listener left LISTEN, accept() failed, and the next client got ECONNREFUSED")
	}),
}

// silentShutdown is the phenomenon of shut-read: SHUT_RD changes nothing for the peer, and a
// listener stops.
var silentShutdown = claim.Phenomenon{
	Needs: claim.NeedsInfo, Precondition: "no listener was shut down for reading",
	Rule: claim.Each(deafened, func(c *claim.Case, call *journal.Event) {
		staysOpen(c, tcp.ShutRead)
		stopsListening(c, call)
		c.Holds("the peer went on after SHUT_RD; the listener left LISTEN, accept() failed, and the next client got ECONNREFUSED")
	}),
}
