package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// causes: all that draws a RST, each made to happen on a connection of its own,
// with the counters read after each. What needs packets to be held or lost takes
// the wire.
func causes(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	all := []func(*scenario.T, *scenario.Listener){closedPort, lingerClose, unreadClose, dataAfterClose, dataAfterShutdown}
	if t.OnHost() {
		t.Note("ss -K: left out, it takes CAP_NET_ADMIN")
	} else {
		all = append(all, destroyed)
	}
	if t.OnWire() {
		all = append(all, queueFull, oldSYNACK, keepaliveLost, userTimeout)
	} else {
		t.Note("a full accept queue, an old SYN-ACK, keepalive and TCP_USER_TIMEOUT: left out, they take the wire")
	}
	for _, cause := range all {
		cause(t, l)
		t.Count()
	}
}

// closedPort connects to a port without a listener.
func closedPort(t *scenario.T, _ *scenario.Listener) {
	closed := t.Listen(scenario.ServerPort + 1)
	closed.Close()
	closed.Dial().Err()
}

func lingerClose(_ *scenario.T, l *scenario.Listener) {
	client, server := l.Connect()
	client.Reset()
	server.Recv()
}

func unreadClose(_ *scenario.T, l *scenario.Listener) {
	client, server := l.Connect()
	server.Send("unread")
	client.Close()
	server.Recv()
}

func dataAfterClose(_ *scenario.T, l *scenario.Listener) {
	client, server := l.Connect()
	client.Close()
	server.Send("late")
	server.Recv()
	server.SendMsg("later", journal.MSGNoSignal)
}

func dataAfterShutdown(_ *scenario.T, l *scenario.Listener) {
	client, server := l.Connect()
	client.Shutdown(journal.ShutBoth)
	server.Send("late")
	client.Recv()
	server.SendMsg("later", journal.MSGNoSignal)
}

// destroyed lets the administrator end a connection: ss -K.
func destroyed(t *scenario.T, l *scenario.Listener) {
	client, server := l.Connect()
	if client.Destroy() == journal.EOPNOTSUPP {
		t.Note("ss -K: this kernel has no SOCK_DESTROY (CONFIG_INET_DIAG_DESTROY)")
		return
	}
	client.Recv()
	server.Recv()
}

// shortQueue is a backlog under which the second connection that waits is the
// last one.
const shortQueue = 1

// queueFull fills a listener's queue by two handshakes that cross: the last ACK
// of the second finds it full. A SYN that finds it full is dropped, not answered.
func queueFull(t *scenario.T, _ *scenario.Listener) {
	t.Sysctl("b", "net.ipv4.tcp_abort_on_overflow", "1")
	l := t.Listen(scenario.ServerPort+2, scenario.Backlog(shortQueue))
	l.Dial()
	t.Hold(func(p *wire.Packet) bool { return p.From == "a" && !p.Flags.Has(packet.SYN) })
	second, third := l.Dial(), l.Dial()
	t.Release()
	second.Recv()
	third.Recv()
}

// oldSYNACK: while a client connects, a SYN-ACK comes that answers another SYN, as
// one of an earlier connection might. Its own SYN is answered all the same.
func oldSYNACK(t *scenario.T, l *scenario.Listener) {
	t.Hold(wire.IsSYN)
	c := l.Start()
	t.Rule(nil)
	syn := t.FirstHeld("a")
	t.Inject(packet.Packet{Src: syn.Dst, Dst: syn.Src, Seq: 1, Ack: syn.Seq - 1000, Flags: packet.SYN | packet.ACK, Win: 1000})
	t.Release()
	l.Accept()
	c.Err()
}

// Timeouts short enough to be waited for, and the bound of that wait.
const (
	probeAfter = 1   // seconds
	userTimeMS = 500 // milliseconds
	untilGiven = 6 * time.Second
)

// keepaliveLost: the wire drops what the client's end sends, and its
// keepalive is not answered.
func keepaliveLost(t *scenario.T, l *scenario.Listener) {
	client, server := l.Connect()
	client.Set(journal.TCPKeepIdle, probeAfter)
	client.Set(journal.TCPKeepInterval, probeAfter)
	client.Set(journal.TCPKeepCount, 1)
	client.Set(journal.SOKeepAlive, 1)
	dropUntilGivenUp(t, client, server)
}

// userTimeout: the wire drops data, and TCP_USER_TIMEOUT ends the wait for its
// acknowledgement.
func userTimeout(t *scenario.T, l *scenario.Listener) {
	client, server := l.Connect()
	client.Set(journal.TCPUserTimeout, userTimeMS)
	dropUntilGivenUp(t, client, server, "lost")
}

// dropUntilGivenUp loses what the client's end sends, RSTs aside, until it gives up.
func dropUntilGivenUp(t *scenario.T, client, server *scenario.End, lines ...string) {
	t.Drop(func(p *wire.Packet) bool { return p.From == "a" && !p.Flags.Has(packet.RST) })
	for _, line := range lines {
		client.Write(line)
	}
	t.Await(untilGiven, client.In(journal.Close))
	t.Rule(nil)
	client.Recv()
	server.Recv()
}

// allDraw is the phenomenon of causes: each that can be made to happen on this network was, and
// drew a RST, but for what may draw none.
var allDraw = claim.Phenomenon{
	Needs: claim.NeedsPackets, Quantity: claim.Always, Precondition: "nothing that draws a RST was made to happen",
	Rule: claim.Each(causesOf, func(c *claim.Case, k cause) {
		c.About(k.Client)
		c.Cite(k.by)
		c.CiteSegments(k.rst)
		c.ExpectSeen(k.rst != nil || k.may, "%s drew no RST", k.name)
		claim.GivenEach(c, causesOf(c.View), func(k *cause) string { return k.name }, "not made to happen: %s", due(c.View)...)
		c.Holds("%s drew %s", k.name, map[bool]string{true: "a RST", false: "none"}[k.rst != nil])
	}),
}
