package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// shortQueue is a backlog that few clients fill: one more than it has room.
const shortQueue = 2

// untilSYNAgain bounds the wait for a SYN to be sent again: after 1 s, and after 3 s.
const untilSYNAgain = 5 * time.Second

// acceptQueue: nobody accepts until the queue is full. One more client connects; then one
// accept() makes room.
func acceptQueue(t *scenario.T) {
	t.Counters(listenOverflows, listenDrops)
	t.Setting("b", abortOnOverflow)
	l := t.Listen(scenario.ServerPort, scenario.Backlog(shortQueue))
	for range shortQueue + 1 {
		l.Dial()
	}
	l.Look()
	late := l.Start()
	t.Deliver()
	l.Look()
	if !t.OnHost() {
		t.Host("b").List(journal.SynRecv)
	}
	l.Accept()
	l.Look()
	t.Await(untilSYNAgain, late.In(journal.Established))
	l.Look()
}

// lateConnect is a client that called while sock_diag saw the accept queue full.
type lateConnect struct {
	listener, client *tcp.Socket
	full             *journal.Event // sock_diag's sample of the listener
	connect          *journal.Event
	accept           *journal.Event // the first that made room; nil: none did
}

func lateConnects(v *tcp.View) []lateConnect {
	var all []lateConnect
	for _, l := range v.Sockets {
		for _, e := range v.Calls("connect") {
			client := v.Socket(e.Socket)
			full := lastSample(l, e.N)
			if client == nil || e.Call.Address() != l.Local || full == nil || full.Sample.RxQueue <= full.Sample.TxQueue {
				continue
			}
			if tcp.First(l.Accepts(full.N, e.N)) == nil {
				all = append(all, lateConnect{l, client, full, e, tcp.First(l.Accepts(e.N, 0))})
			}
		}
	}
	return all
}

// lastSample is what sock_diag read of a listener last before an event; nil: nothing.
func lastSample(l *tcp.Socket, before int) *journal.Event {
	return tcp.Last(l.Samples(journal.Listen, 0, before))
}

// stateOf is the state in which TCP_INFO saw a client last before an event (0: at all), and
// cites it.
func stateOf(c *claim.Case, s *tcp.Socket, before int) string {
	e := s.StateBefore(before, journal.TCPInfo)
	if e == nil {
		return ""
	}
	c.Cite(e)
	return e.State.To
}

// wasFull says of a client that called too late how things stood.
func wasFull(c *claim.Case, x lateConnect) {
	c.About(x.client)
	c.Cite(x.full, x.connect, x.accept)
	c.Given(x.connect.Call.Errno == journal.EINPROGRESS, "connect() of %s returned %s", x.client.ID, claim.Returned(x.connect))
	if c.Sees() {
		syn := c.FirstSegment(x.client.Arrives(x.connect.N, tcp.N(x.accept)))
		c.Given(syn != nil, "the SYN of %s did not arrive", x.client.ID)
	}
}

// isUnanswered is the phenomenon: nothing answers a client that calls while the accept queue
// is full.
var isUnanswered = claim.Phenomenon{
	Needs: claim.NeedsEnds, Precondition: "nobody called while the accept queue was full",
	Rule: claim.Each(lateConnects, func(c *claim.Case, x lateConnect) {
		wasFull(c, x)
		state := stateOf(c, x.client, tcp.N(x.accept))
		c.Expect(state == journal.SynSent, "%s came to %s while the queue was full", x.client.ID, state)
		c.Given(x.accept != nil, "accept() made no room")
		c.Holds("%d connections waited at %s, backlog %d; %s stayed in SYN_SENT until accept() made room",
			x.full.Sample.RxQueue, x.listener.ID, x.full.Sample.TxQueue, x.client.ID)
	}),
}

var bl15 = claim.Claim{
	ID: "BL15", Statement: "accept queue full, half-open queue not: a new SYN is queued, no problem",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsEnds,
	Precondition: "a SYN arrives while the accept queue is full and the half-open queue is not",
	Rule: claim.Each(lateConnects, func(c *claim.Case, x lateConnect) {
		wasFull(c, x)
		for _, e := range c.Calls("connect") { // each one before is complete: none is half open
			if other := c.View.Socket(e.Socket); e.Call.Address() == x.listener.Local && e.N < x.connect.N {
				state := stateOf(c, other, x.full.N)
				c.Given(state == journal.Established, "%s was in %s", other.ID, state)
			}
		}
		state := stateOf(c, x.client, tcp.N(x.accept))
		c.Given(state == journal.SynSent || state == journal.Established, "%s was in %s", x.client.ID, state)
		c.ExpectSeen(state == journal.Established, "%s called while %d connections waited and none was half open: its SYN was dropped, and it was in SYN_SENT until accept() made room",
			x.client.ID, x.full.Sample.RxQueue)
		c.Given(x.accept != nil, "whether %s was there before accept() made room was not seen", x.client.ID)
		c.Holds("%s called while %d connections waited, and came to %s", x.client.ID, x.full.Sample.RxQueue, state)
	}),
}

var bl13 = claim.Claim{
	ID: "BL13", Statement: "ListenOverflows +1 when the accept queue is full",
	Source: claim.Article002, Quantity: claim.Always, Needs: needsCounted,
	Precondition: "a segment that needs room comes to a full accept queue",
	Rule: claim.Once(func(c *claim.Case) {
		c.Given(c.Journal.Network != journal.HostNet, "the counters are the machine's")
		met := c.Overflows()
		c.If(len(met) > 0)
		host := met[0].Host
		for _, o := range met {
			c.CiteSegments(o.Segment)
		}
		counted, events := c.Counted(c.StackOf(host), listenOverflows)
		drops, others := c.Counted(c.StackOf(host), listenDrops)
		c.Cite(append(events, others...)...)
		c.Given(len(events) > 0 && len(others) > 0, "the counters were not read")
		c.Given(len(c.MayOverflow()) == 0, "of %d segments it is not known whether they met a full accept queue", len(c.MayOverflow()))
		c.Given(counted <= drops, "%s moved by %d, and %s, in which each is, by %d", listenOverflows, counted, listenDrops, drops)
		c.Given(counted >= int64(len(met)), "%d segments met a full accept queue, and ListenOverflows moved by %d: a filter may have kept some from TCP", len(met), counted)
		c.Finds(counted == int64(len(met)), "%d segments met a full accept queue, and ListenOverflows moved by %d", len(met), counted)
	}),
}

var bl39 = claim.Claim{
	ID: "BL39", Statement: "tcp_abort_on_overflow 0: the server takes connections again once it has room",
	Source: claim.Article002, Quantity: claim.Can, Needs: claim.NeedsEnds,
	Precondition: "a client calls while the accept queue is full, and accept() makes room",
	Rule: claim.Each(lateConnects, func(c *claim.Case, x lateConnect) {
		c.If(x.accept != nil)
		wasFull(c, x)
		abort := c.SettingOf("b", abortOnOverflow)
		c.Given(abort != nil && abort.Setting.New == "0", "tcp_abort_on_overflow was not read, or not 0")
		c.Given(stateOf(c, x.client, x.accept.N) == journal.SynSent, "%s did not wait for room", x.client.ID)
		up := c.First(x.client.Entered(journal.Established, journal.TCPInfo))
		c.ExpectSeen(up != nil, "%s was in %s in the end", x.client.ID, stateOf(c, x.client, 0))
		c.Holds("%s was in SYN_SENT while the queue was full, and ESTABLISHED once accept() had made room: its SYN was sent again", x.client.ID)
	}),
}
