package main

import (
	"bytes"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

const retries2 = "net.ipv4.tcp_retries2"

// writing: the path goes dead, and one end writes. tcp_retries2 is low, so that its end can be
// waited for: by default it is 15, and the kernel gives up after 924 seconds or more.
func writing(t *scenario.T) {
	t.Sysctl("a", retries2, "2")
	client, server := t.Connection()
	client.Send("hello")
	server.Recv()
	cable(t)
	client.Send("anybody there?")
	client.Recv()
	client.Send("hello again")
	server.Recv()
	t.Await(9*time.Second, client.In(journal.Close))
	client.Recv()
	client.SendMsg("more", journal.MSGNoSignal)
	server.Recv()
	server.Look()
}

// senders lists the ends whose data was lost on a dead path.
func senders(v *tcp.View) []cutOff {
	return tcp.Where(cutOffs(v), func(x cutOff) bool { return len(x.data) > 0 })
}

var ka2 = claim.Claim{
	ID: "KA2", Statement: "cable pulled: Linux goes on thinking it connected, with data to send too", Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "no end sent data on a path that had gone dead",
	Rule: claim.Each(senders, func(c *claim.Case, x cutOff) {
		c.If(x.until == 0)
		for _, w := range c.All(x.who.Writes(x.last.N, tcp.N(x.down))) {
			c.Expect(w.Call.Errno == "", "%s of %s failed with %s", w.Call.Op, x.who.ID, w.Call.Errno)
		}
		if x.down != nil {
			read := c.GivenFirst(x.who.Reads(x.down.N, 0), "%s was not read when it had been torn down", x.who.ID)
			again := tcp.Where(x.data, func(s *tcp.Segment) bool { return s.Repeats != 0 })
			c.Expect(false, "after %d retransmissions, %s, the kernel gave %s up: %s", len(again), claim.Seconds(c.Until(x.data[0].Event, x.down)), x.who.ID, claim.Returned(read))
		}
		c.Absent()
		c.Challenged(c.Until(x.data[0].Event, nil) > time.Minute, "it was watched for less than tcp_retries2 allows")
		c.Holds("%s was there to the end, its data sent %d times", x.who.ID, len(x.data))
	}),
}

// gaveUp is the phenomenon: the writes succeed, the kernel sends again and again, and gives up.
var gaveUp = claim.Phenomenon{
	Needs: claim.NeedsStates, Quantity: claim.Can, Precondition: "no end sent data on a path that had gone dead",
	Rule: claim.Each(senders, func(c *claim.Case, x cutOff) {
		c.ExpectSeen(x.down != nil, "%s was still there", x.who.ID)
		c.ReadFails(x.who, x.down.N, journal.ETIMEDOUT)
		stood(c, x.Other(x.who), x.last.N, c.Journal.Played)
		c.Holds("%s was written to with success, and torn down %s after its data had first been lost: ETIMEDOUT; %s was ESTABLISHED to the end",
			x.who.ID, claim.Seconds(c.Until(x.data[0].Event, x.down)), x.Other(x.who).ID)
	}),
}

// heals: data is lost, and the path comes back before the sender gives up.
func heals(t *scenario.T) {
	client, server := t.Connection()
	client.Send("one ")
	server.Recv()
	cable(t)
	client.Send("two ")
	server.Send("first ")
	t.Wait(500 * time.Millisecond)
	mend(t)
	t.Await(5*time.Second, func() bool { return server.Unread() > 0 && client.Unread() > 0 })
	server.Recv()
	client.Recv()
	client.Send("three")
	server.Recv()
	client.Close()
	server.Recv()
	server.Close()
}

var ka8 = claim.Claim{
	ID: "KA8", Statement: "a path that comes back before the timers end loses nothing", Source: rfc9293, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "no data was lost on a path that came back",
	Rule: claim.Each(senders, func(c *claim.Case, x cutOff) {
		c.If(x.until != 0)
		c.Given(x.down == nil, "%s had been torn down before the path came back", x.who.ID)
		other := x.Other(x.who)
		wrote, read := tcp.DataOf(c.All(x.who.Writes(0, 0))), tcp.DataOf(c.All(other.Reads(0, 0)))
		c.ExpectSeen(bytes.Equal(read, wrote), "%s wrote %q, and %s read %q", x.who.ID, wrote, other.ID, read)
		c.Holds("what %s had sent %d times on the dead path arrived: %s read all that it wrote, in order", x.who.ID, len(x.data), other.ID)
	}),
}
