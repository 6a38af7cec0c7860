package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// The time after which the server's kernel gives its closed socket up, and the bound of the
// wait for that. By tcp_orphan_retries alone it takes seven seconds at least.
const (
	orphanTimeMS    = 500
	untilOrphanGone = 10 * time.Second
)

// lostFIN: the path is cut while the server closes, and whole again when its kernel has given
// the closed socket up. The client, which got no FIN, sends.
func lostFIN(t *scenario.T) {
	client, server := t.Connection()
	server.Set(journal.TCPUserTimeout, orphanTimeMS)
	t.Drop(func(p *wire.Packet) bool { return p.From == "b" && p.Flags.Has(packet.FIN) })
	t.AtOnce(func() { server.Close() })
	t.Await(untilOrphanGone, server.Gone)
	t.Rule(nil)
	for _, line := range []string{"first", "second", "third"} {
		client.SendMsg(line, journal.MSGNoSignal)
	}
}

var lr27 = claim.Claim{
	ID: "LR27", Statement: "the peer's FIN did not come (cut while closing): sends end in ECONNRESET",
	Source: claim.Article000, Quantity: claim.Can, Needs: claim.NeedsStates,
	Precondition: "the peer closed, its FINs were lost, and its kernel has given the socket up",
	Rule: claim.AfterEnding(tcp.Closed, func(c *claim.Case, e tcp.Ending) {
		s := e.Peer()
		lost := c.FirstSegment(tcp.With(s.Lost(e.By.N, 0), packet.FIN))
		gone := e.Who.OrphanTimedOut(e.By.N, 0)
		c.If(lost != nil && gone != nil && len(tcp.With(s.Arrived(0, 0), packet.FIN)) == 0)
		c.Cite(gone)
		sends := c.All(s.Writes(gone.N, 0))
		rst := c.FirstSegment(tcp.With(s.Arrived(gone.N, 0), packet.RST))
		c.Given(len(sends) > 1 && rst != nil, "%s did not send, and send again when a RST had come", s.Name())
		for _, send := range sends {
			if send.N > rst.N {
				c.Expect(send.Call.Errno == journal.ECONNRESET, "%s got no FIN, and its send after the RST returned %s", s.ID, claim.Returned(send))
				c.Holds("%s got no FIN: its first send returned %s and drew a RST, the next failed with ECONNRESET", s.ID, claim.Returned(sends[0]))
			}
		}
	}),
}
