package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// cookieOverflow: with cookies, the last place is taken while the third segment of another
// client is under way. Room that is made later does not help it: nothing is sent again.
func cookieOverflow(t *scenario.T) {
	t.Setting("b", abortOnOverflow)
	t.Sysctl("b", synCookies, "2")
	l, late, _ := lastPlace(t, scenario.ServerPort)
	t.Host("b").List(journal.SynRecv)
	l.Accept()
	l.Accept()
	l.Look()
	t.Wait(longerThanARetry)
	late.Recv()
	l.Accept()
}

// longerThanARetry is longer than a SYN-ACK waits before it is sent again.
const longerThanARetry = 1500 * time.Millisecond

// lost is a client whose third segment, which was to bring a cookie back, met a full queue.
type lost struct {
	tcp.Overflow
	client *tcp.Socket
	room   *journal.Event // the first accept() since; nil: none
	read   *journal.Event // what its client's read() returned then; nil: it did not read
}

func losts(v *tcp.View) []lost {
	var all []lost
	for _, o := range v.Overflows() {
		if o.End == nil || o.End.Overflow != o.N {
			continue
		}
		x := lost{Overflow: o, room: tcp.First(o.Listener.Accepts(o.N, 0))}
		for _, conn := range v.Conns {
			if conn.Client.Local == o.End.Remote && conn.Client.Remote == o.End.Local {
				x.client = conn.Client
			}
		}
		if x.client != nil && x.room != nil {
			x.read = tcp.First(x.client.CallsOf(x.room.N, 0, "read"))
		}
		all = append(all, x)
	}
	return all
}

// known asks that there was room again, and that the client waited for its server then.
func (x *lost) known(c *claim.Case) {
	c.CiteSegments(x.Segment)
	c.Cite(x.room, x.read)
	c.If(settingAt(c, synCookies, x.N) == "2")
	c.Given(x.client != nil && x.room != nil && x.read != nil, "no accept() made room, or the client did not read then")
	c.About(x.client)
	sent := tcp.First(x.client.CallsOf(x.N, x.read.N, tcp.Sending...))
	c.Given(sent == nil, "%s has sent something meanwhile, which brings the cookie back once more", x.client.ID)
}

// isUnheardOf is the phenomenon: a client is ESTABLISHED, and its server has nothing of it.
var isUnheardOf = claim.Phenomenon{
	Needs: claim.NeedsStates, Precondition: "the segment that brings a cookie back comes to a full accept queue",
	Rule: claim.Each(losts, func(c *claim.Case, x lost) {
		x.known(c)
		state := c.StateAt(x.client, journal.TCPInfo, x.read.N)
		c.Expect(state == journal.Established, "%s was in %s", x.client.ID, state)
		for _, e := range c.Tables("", journal.SynRecv) {
			c.Cite(e)
			c.Expect(halfOpen(e, x.Listener) == 0, "the server had an entry of it")
		}
		c.Expect(x.End.Opened == 0, "the server completed the opening of %s later", x.client.ID)
		c.Holds("%s was ESTABLISHED, its ACK had met a full queue, and the server had neither a connection nor an entry of it", x.client.ID)
	}),
}

var bl40 = claim.Claim{
	ID: "BL40", Statement: "with cookies every client is served, even when the accept queue is full",
	Source: "field reports", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "the segment that brings a cookie back comes to a full accept queue, and accept() makes room later",
	Rule: claim.Each(losts, func(c *claim.Case, x lost) {
		x.known(c)
		served := x.End.Opened != 0 && x.End.Opened < x.read.N
		c.ExpectSeen(served, "the ACK of %s met a full queue; %.1f s after accept() had made room its read() returned %s: nothing had been sent again",
			x.client.ID, c.Between(x.room, x.read).Seconds(), claim.Returned(x.read))
		c.Holds("the ACK of %s met a full queue, and its opening was completed later", x.client.ID)
	}),
}
