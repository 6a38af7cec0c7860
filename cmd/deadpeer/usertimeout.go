package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// How long data may stay unacknowledged (TCP_USER_TIMEOUT), in milliseconds: short, and longer than
// the keepalive probes take that come to their count meanwhile.
const (
	shortTimeout = 1000
	longTimeout  = 60_000
)

// userTimeout: TCP_USER_TIMEOUT with data, and with keepalive: shorter than the probes would take,
// and longer.
func userTimeout(t *scenario.T) {
	client, _ := t.Connection()
	client.Set(journal.TCPUserTimeout, shortTimeout)
	short, _ := t.Connection()
	keepAlive(short, 9)
	short.Set(journal.TCPUserTimeout, shortTimeout+500)
	long, _ := t.Connection()
	keepAlive(long, 1)
	long.Set(journal.TCPUserTimeout, longTimeout)
	cable(t)
	client.Send("anybody there?")
	t.Await(5*time.Second, func() bool { return client.State() == journal.Close && short.State() == journal.Close })
	client.Recv()
	short.Recv()
	t.Wait(2500 * time.Millisecond)
	long.Recv()
}

var ut1 = claim.Claim{
	ID: "UT1", Statement: "TCP_USER_TIMEOUT bounds how long sent data may stay unacknowledged", Source: tcp7, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "no socket with TCP_USER_TIMEOUT had data unacknowledged on a dead path",
	Rule: claim.Each(senders, func(c *claim.Case, x cutOff) {
		timeout, set := x.who.UserTimeout()
		c.If(timeout > 0)
		c.Cite(set)
		took := c.Until(x.data[0].Event, x.down)
		if x.down == nil {
			c.Given(took > 2*timeout, "it was watched for %s only", claim.Seconds(took))
			c.ExpectSeen(false, "%s was still there %s after its data was first lost, its timeout %s", x.who.ID, claim.Seconds(took), timeout)
		}
		c.Expect(took >= timeout, "%s was torn down after %s, before its timeout of %s", x.who.ID, claim.Seconds(took), timeout)
		c.Given(took <= 2*timeout, "%s was seen torn down only after %s", x.who.ID, claim.Seconds(took))
		c.ReadFails(x.who, x.down.N, journal.ETIMEDOUT)
		c.Holds("%s was torn down %s after its data was first lost, by a timeout of %s that is looked at when it sends again: ETIMEDOUT", x.who.ID, claim.Seconds(took), timeout)
	}),
}

var ut2 = claim.Claim{
	ID: "UT2", Statement: "it bounds keepalive too, instead of the number of probes", Source: tcp7, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "no socket with keepalive and TCP_USER_TIMEOUT had its probes lost",
	Rule: claim.Each(probings, func(c *claim.Case, p cutOff) {
		timeout, set := p.who.UserTimeout()
		c.If(timeout > 0)
		c.Cite(set)
		silent := c.Until(p.last.Event, p.down)
		if p.down != nil {
			c.Expect(silent >= timeout, "%s was torn down after %s, before its timeout of %s", p.who.ID, claim.Seconds(silent), timeout)
			c.Expect(len(p.probes) < p.count(), "%s was torn down after all of its %d probes", p.who.ID, p.count())
			c.Holds("%s was torn down after %s and %d probes of %d: its timeout is %s", p.who.ID, claim.Seconds(silent), len(p.probes), p.count(), timeout)
		}
		c.Given(len(p.probes) > p.count(), "%d of %d probes were sent", len(p.probes), p.count())
		c.Absent()
		c.Expect(silent < timeout, "%s was still there after %s, its timeout %s", p.who.ID, claim.Seconds(silent), timeout)
		c.Holds("%s was still there after %d probes, of which %d may go unanswered: its timeout is %s", p.who.ID, len(p.probes), p.count(), timeout)
	}),
}
