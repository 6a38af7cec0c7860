package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// watched is how long an idle connection is looked at on a dead path, and probes how many
// keepalive probes are not answered then.
const (
	watched = 1500 * time.Millisecond
	probes  = 2
)

// idle: the path goes dead, and neither end has anything to send; then one end asks for
// keepalive.
func idle(t *scenario.T) {
	client, server := t.Connection()
	client.Send("hello")
	server.Recv()
	cable(t)
	t.Wait(watched)
	client.Recv()
	server.Recv()
	keepAlive(client, probes)
	t.Await(8*time.Second, client.In(journal.Close))
	client.Recv()
	server.Recv()
	server.Look()
}

var ka1 = claim.Claim{
	ID: "KA1", Statement: "cable pulled: Linux goes on thinking it connected", Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "no path went dead while neither end had anything to send",
	Rule: claim.Each(deadConns, func(c *claim.Case, d dead) {
		c.If((d.lost[0].Packet.Len == 0 || isProbe(d.lost[0])) && d.silence() >= watched/2)
		c.About(d.Client, d.Server)
		c.CiteSegments(d.last, d.lost[0])
		for _, s := range d.ends() {
			stood(c, s, d.last.N, d.lost[0].N)
			nothingRead(c, s, d.quiet(), d.lost[0].N)
		}
		c.Absent()
		c.Holds("nothing had passed for %s when the first probe was lost: %s and %s were ESTABLISHED all the while, and their reads returned EAGAIN", claim.Seconds(d.silence()), d.Client.ID, d.Server.ID)
	}),
}

// probings lists the ends with keepalive whose probes were lost.
func probings(v *tcp.View) []cutOff {
	return tcp.Where(cutOffs(v), func(x cutOff) bool { return x.who.HasOn(journal.SOKeepAlive, 0) && len(x.probes) > 0 })
}

// count is how many probes it sends at most (TCP_KEEPCNT).
func (x *cutOff) count() int {
	value, _ := x.who.Option(journal.TCPKeepCount, 0)
	n, _ := value.Int()
	return int(n)
}

var ka3 = claim.Claim{
	ID: "KA3", Statement: "SO_KEEPALIVE finds out", Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "no socket with SO_KEEPALIVE had its probes lost",
	Rule: claim.Each(probings, func(c *claim.Case, p cutOff) {
		_, timeout := p.who.Option(journal.TCPUserTimeout, 0)
		c.If(timeout == nil && p.until == 0)
		c.Given(len(p.probes) >= p.count(), "%d of %d probes were sent", len(p.probes), p.count())
		c.ExpectSeen(p.down != nil, "%s was still there after %d probes", p.who.ID, len(p.probes))
		c.ReadFails(p.who, p.down.N, journal.ETIMEDOUT)
		c.Holds("%s was torn down after %d probes that were not answered, and its read failed with ETIMEDOUT", p.who.ID, len(p.probes))
	}),
}

// oneKnows is the phenomenon: one end finds out, by keepalive, and the other never does.
var oneKnows = claim.Phenomenon{
	Needs: claim.NeedsStates, Quantity: claim.Can, Precondition: "no socket with SO_KEEPALIVE had its probes lost",
	Rule: claim.Each(probings, func(c *claim.Case, p cutOff) {
		other := p.Other(p.who)
		c.Given(p.down != nil || len(p.probes) >= p.count(), "%d of %d probes were sent", len(p.probes), p.count())
		c.ExpectSeen(p.down != nil, "%s was still there after %d probes", p.who.ID, len(p.probes))
		stood(c, other, p.last.N, c.Journal.Played)
		c.Holds("%s found out after %d probes; %s was ESTABLISHED to the end", p.who.ID, len(p.probes), other.ID)
	}),
}
