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
	t.Await(8*time.Second, timedOut(client))
	client.Recv()
	server.Recv()
	server.Look()
}

var ka1 = claim.Claim{
	ID: "KA1", Statement: "cable pulled: Linux goes on thinking it connected", Source: claim.Article000, Quantity: claim.Always, Needs: needsSegments,
	Precondition: "no path went dead while neither end had anything to send",
	Rule: claim.Each(deadConns, func(c *claim.Case, d dead) {
		c.If(!d.carriesData() && d.silence() >= watched/2)
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

// probing is a socket with keepalive whose probes were lost.
type probing struct {
	dead
	who    *tcp.Socket
	probes []*tcp.Segment
	count  int // TCP_KEEPCNT
	down   *journal.Event
}

// probings lists them.
func probings(v *tcp.View) []probing {
	var all []probing
	for _, d := range deadConns(v) {
		for _, s := range d.ends() {
			if on, _ := s.Option(journal.SOKeepAlive, 0); on != "1" {
				continue
			}
			p := probing{dead: d, who: s, down: s.Down(d.lost[0].N, 0)}
			n, _ := s.Option(journal.TCPKeepCount, 0)
			count, _ := n.Int()
			p.count = int(count)
			p.probes = tcp.Where(d.lost, func(l *tcp.Segment) bool { return l.Host == s.Host && isProbe(l) })
			all = append(all, p)
		}
	}
	return all
}

var ka3 = claim.Claim{
	ID: "KA3", Statement: "SO_KEEPALIVE finds out", Source: claim.Article000, Quantity: claim.Always, Needs: needsSegments,
	Precondition: "no socket with SO_KEEPALIVE had its probes lost",
	Rule: claim.Each(probings, func(c *claim.Case, p probing) {
		_, timeout := p.who.Option(journal.TCPUserTimeout, 0)
		c.If(len(p.probes) > 0 && timeout == nil && p.until == 0)
		c.About(p.Client, p.Server)
		c.CiteSegments(p.probes...)
		c.Given(len(p.probes) >= p.count, "%d of %d probes were sent", len(p.probes), p.count)
		c.Cite(p.down)
		c.ExpectSeen(p.down != nil, "%s was still there after %d probes", p.who.ID, len(p.probes))
		read := c.First(p.who.Reads(tcp.N(p.down), 0))
		c.Given(read != nil, "%s was not read then", p.who.ID)
		c.Expect(read.Call.Errno == journal.ETIMEDOUT, "the read of %s returned %s", p.who.ID, claim.Returned(read))
		c.Holds("%s was torn down after %d probes that were not answered, and its read failed with ETIMEDOUT", p.who.ID, len(p.probes))
	}),
}

// oneKnows is the phenomenon: one end finds out, by keepalive, and the other never does.
var oneKnows = claim.Phenomenon{
	Needs: needsSegments, Quantity: claim.Can, Precondition: "no socket with SO_KEEPALIVE had its probes lost",
	Rule: claim.Each(probings, func(c *claim.Case, p probing) {
		c.If(len(p.probes) > 0)
		other := p.Other(p.who)
		c.About(p.Client, p.Server)
		c.CiteSegments(p.probes...)
		c.Cite(p.down)
		c.Given(p.down != nil || len(p.probes) >= p.count, "%d of %d probes were sent", len(p.probes), p.count)
		c.ExpectSeen(p.down != nil, "%s was still there after %d probes", p.who.ID, len(p.probes))
		stood(c, other, p.last.N, c.Journal.Played)
		c.Holds("%s found out after %d probes; %s was ESTABLISHED to the end", p.who.ID, len(p.probes), other.ID)
	}),
}
