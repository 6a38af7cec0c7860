package main

import (
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// opens matches what opens the server's window.
func opens(p *wire.Packet) bool { return p.From == "b" && p.Flags.Has(packet.ACK) && p.Win > 0 }

// updateLost: the reader reads, and the segment that says so is lost.
func updateLost(t *scenario.T) {
	client, server := full(t)
	t.Drop(scenario.Once(opens))
	n, _ := server.ReadBulk(much)
	t.Deliver()
	client.Look()
	t.Await(patience, server.Readable)
	readAll(t, server, much-n)
}

var zw2 = claim.Claim{
	ID: "ZW2", Statement: "a lost window update is made good by a probe", Source: probing, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "no segment was lost that would have opened a window",
	Rule: claim.Each(closings, func(c *claim.Case, k closing) {
		c.If(k.waits > 0 && len(k.lost) > 0)
		lost := tcp.Last(c.AllSegments(k.lost))
		c.ExpectSeen(k.open != nil, "the window of %s stayed closed to %s", k.peer.ID, k.who.ID)
		probe := tcp.Last(k.peer.Arrived(lost.N, k.opened.N))
		c.CiteSegments(probe)
		c.Given(probe != nil, "nothing had asked %s when it opened its window", k.peer.ID)
		c.Expect(probe.Packet.Len == 0, "%s opened its window when data came", k.peer.ID)
		next := c.FirstSegment(tcp.Data(k.who.Sent(k.open.N, 0)))
		c.ExpectSeen(next != nil, "%s sent nothing when the window had opened", k.who.ID)
		c.Holds("the update of %s was lost; %s later a probe of %s asked, and the answer opened the window", k.peer.ID, claim.Milliseconds(time.Duration(probe.T-lost.T)), k.who.ID)
	}),
}

// userTimeoutMS is how long data may stay unacknowledged (TCP_USER_TIMEOUT), in milliseconds.
const userTimeoutMS = 1000

// userTimeout: the sender has TCP_USER_TIMEOUT, and the reader's kernel answers every probe.
func userTimeout(t *scenario.T) {
	t.Sysctl("b", "net.ipv4.tcp_invalid_ratelimit", "0") // else Linux answers no more than one probe in half a second
	client, server := full(t, scenario.Opt(journal.TCPUserTimeout, userTimeoutMS))
	t.Await(5*time.Second, func() bool { return client.State() == journal.Close })
	client.Recv()
	server.Look()
	server.ReadBulk(much)
	t.Deliver()
	server.Recv()
}

// unanswered are the probes that nothing answered before the next, or before an event.
func (k *closing) unanswered(until int) int {
	n := 0
	for _, p := range slices.Backward(k.probes) {
		if len(k.who.Arrived(p.N, until)) == 0 {
			n++
		}
		until = p.N
	}
	return n
}

var zw3 = claim.Claim{
	ID: "ZW3", Statement: "TCP_USER_TIMEOUT ends a connection whose peer answers every probe", Source: tcp7, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "no window closed before a sender with TCP_USER_TIMEOUT",
	Rule: claim.Each(closings, func(c *claim.Case, k closing) {
		timeout, set := k.who.UserTimeout()
		c.If(k.waits > 0 && timeout > 0)
		c.Cite(set)
		down := k.who.Down(k.zero.N, 0)
		c.Given(len(k.probes) > 0 && k.unanswered(tcp.N(down)) == 0, "%d of %d probes were not answered", k.unanswered(tcp.N(down)), len(k.probes))
		c.CiteSegments(k.answers...)
		c.Cite(down)
		took := c.Until(k.zero.Event, down)
		if down == nil {
			c.Given(took > 3*timeout, "it was watched for %s only", claim.Seconds(took))
			c.ExpectSeen(false, "%s was still there %s after the window had closed, its timeout %s", k.who.ID, claim.Seconds(took), timeout)
		}
		c.Given(took >= timeout, "%s was torn down after %s, before its timeout of %s", k.who.ID, claim.Seconds(took), timeout)
		c.ReadFails(k.who, down.N, journal.ETIMEDOUT)
		c.Holds("%s answered all of %d probes, and %s was torn down %s after the window had closed, its timeout %s: ETIMEDOUT", k.peer.ID, len(k.probes), k.who.ID, claim.Seconds(took), timeout)
	}),
}
