package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

const migrateReq = "net.ipv4.tcp_migrate_req"

// reusePort: two listeners share a port, clients wait in the queues of both, and one listener
// closes: with both values of tcp_migrate_req.
func reusePort(t *scenario.T) {
	for i, migrate := range []string{"0", "1"} {
		if t.TrySysctl("b", migrateReq, migrate) != nil {
			t.Note("this kernel has no %s", migrateReq)
		}
		shareAndClose(t, scenario.ServerPort+uint16(i))
	}
}

// sharers is how many clients call: that all come to one of two queues is very unlikely.
const sharers = 10

func shareAndClose(t *scenario.T, port uint16) {
	shared := scenario.Opt(journal.SOReusePort, 1)
	closes, stays := t.Listen(port, shared), t.Listen(port, shared)
	var clients []*scenario.End
	for range sharers {
		clients = append(clients, closes.Dial())
	}
	closes.Look()
	stays.Look()
	closes.Close()
	for _, c := range clients {
		c.Recv()
	}
	stays.Look()
}

// closure is a listener that was closed while another had its port, and connections waited.
type closure struct {
	closed, stays *tcp.Socket
	call          *journal.Event
	waiting       *journal.Event // what sock_diag read of the one that was closed
	before, after *journal.Event // of the other
	clients       []*tcp.Socket
}

func closures(v *tcp.View) []closure {
	var all []closure
	listeners := tcp.Where(v.Sockets, func(s *tcp.Socket) bool { return s.Listening != 0 })
	for _, l := range listeners {
		call := tcp.First(l.CallsOf(0, 0, "close"))
		stays := tcp.First(tcp.Where(listeners, func(s *tcp.Socket) bool { return s != l && s.Local == l.Local }))
		if call == nil || stays == nil {
			continue
		}
		x := closure{closed: l, stays: stays, call: call, waiting: lastSample(l, call.N), before: lastSample(stays, call.N)}
		x.after = tcp.First(stays.Samples(journal.Listen, call.N, 0))
		for _, conn := range tcp.Where(v.Conns, func(conn *tcp.Conn) bool { return conn.Client.Remote == l.Local }) {
			x.clients = append(x.clients, conn.Client)
		}
		all = append(all, x)
	}
	return all
}

// known asks for what was seen before the listener was closed, and returns how many of its
// clients were reset then: a RST came, and read() said so.
func (x *closure) known(c *claim.Case, migrate string) (reset int) {
	c.About(x.closed, x.stays)
	c.Cite(x.call, x.waiting, x.before, x.after)
	c.If(settingAt(c, migrateReq, x.call.N) == migrate)
	c.Given(x.waiting != nil && x.before != nil, "the queues were not looked at")
	c.Given(int(x.waiting.Sample.RxQueue+x.before.Sample.RxQueue) == len(x.clients), "%d connections waited, of %d clients", x.waiting.Sample.RxQueue+x.before.Sample.RxQueue, len(x.clients))
	c.Given(x.waiting.Sample.RxQueue > 0, "no connection waited at %s", x.closed.ID)
	for _, s := range x.clients {
		c.About(s)
		rst := c.FirstSegment(tcp.With(s.Arrived(x.call.N, 0), packet.RST))
		read := c.GivenFirst(s.CallsOf(x.call.N, 0, "read"), "%s did not read", s.ID)
		failed := read.Call.Errno == journal.ECONNRESET
		c.Given(failed == (rst != nil), "a RST came to %s, or its read() says so, and not both", s.ID)
		if failed {
			reset++
		}
	}
	return reset
}

var rp1 = claim.Claim{
	ID: "RP1", Statement: "closing one of two SO_REUSEPORT listeners resets the connections that wait in its queue",
	Source: "field reports", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "one of two listeners on a port is closed while connections wait, with tcp_migrate_req 0",
	Rule: claim.Each(closures, func(c *claim.Case, x closure) {
		reset := x.known(c, "0")
		c.Given(reset <= int(x.waiting.Sample.RxQueue), "more were reset, %d, than waited, %d: something else resets, too", reset, x.waiting.Sample.RxQueue)
		c.ExpectSeen(reset == int(x.waiting.Sample.RxQueue), "%d connections waited at %s when it was closed, and %d were reset", x.waiting.Sample.RxQueue, x.closed.ID, reset)
		c.Holds("%d connections waited at %s and %d at %s, which has the same port; when %s was closed, %d were reset", x.waiting.Sample.RxQueue, x.closed.ID, x.before.Sample.RxQueue, x.stays.ID, x.closed.ID, reset)
	}),
}

var rp2 = claim.Claim{
	ID: "RP2", Statement: "tcp_migrate_req=1 hands the connections of a closed SO_REUSEPORT listener over to the other",
	Source: ipSysctl + ", tcp_migrate_req", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "one of two listeners on a port is closed while connections wait, with tcp_migrate_req 1",
	Rule: claim.Each(closures, func(c *claim.Case, x closure) {
		reset := x.known(c, "1")
		c.Given(x.after != nil && int(x.after.Sample.RxQueue) <= len(x.clients), "the queue of %s was not looked at again, or had more than all", x.stays.ID)
		c.Expect(reset == 0, "%d of %d connections were reset", reset, x.waiting.Sample.RxQueue)
		c.Expect(int(x.after.Sample.RxQueue) == len(x.clients), "%d connections waited at %s afterwards, of %d", x.after.Sample.RxQueue, x.stays.ID, len(x.clients))
		c.Holds("%d connections waited at %s when it was closed; none was reset, and all %d waited at %s then", x.waiting.Sample.RxQueue, x.closed.ID, len(x.clients), x.stays.ID)
	}),
}
