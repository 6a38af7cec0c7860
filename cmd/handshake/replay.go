package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// replay: a server that does not wait for the third segment (TCP Fast Open, without a cookie). A SYN with data
// opens a connection, which ends; it arrives once more, and what the client's host answers is lost.
func replay(t *scenario.T) { replayAt(t, serverTFO) }

// replayAt is replay, to a server with this setting of Fast Open.
func replayAt(t *scenario.T, setting string) {
	t.Sysctl("a", fastOpen, clientTFO)
	t.Sysctl("b", fastOpen, setting)
	l := t.Listen(scenario.ServerPort)
	syns := t.See(wire.IsSYN)
	client := t.Host("a").Socket(scenario.Opt(journal.TCPFastOpenCall, 1), scenario.From(tuplePort))
	client.StartConnect(l.At)
	client.Send("pay 100")
	server := l.AcceptFrom(client)
	server.Recv()
	client.Reset()
	server.Close()

	t.Drop(wire.From("a"))
	t.Repeat(syns.First)
	if again := l.Accept(); again != nil {
		again.Recv()
		t.Wait(held)
		again.Recv()
	}
}

// held is how long the server's end is watched.
const held = 500 * time.Millisecond

var hs24 = claim.Claim{
	ID: "HS24", Statement: "with only two segments the server would be connected by an old SYN, and hold resources in vain",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: "no SYN came again to a server that does not wait for the third segment (TCP Fast Open)",
	Rule: claim.Each(repeated(false), func(c *claim.Case, x again) {
		c.If(x.Client.HasOn(journal.TCPFastOpenCall, 0) && x.came.Packet.Len > 0)
		c.CiteSegments(x.came, x.answer)
		c.Given(x.answer.Is(packet.SYN|packet.ACK), "the listener answered with %s", named(x.answer))
		accept := c.Last(c.Calls("accept4"))
		c.Given(accept != nil && accept.N > x.came.N, "accept() was not called afterwards")
		c.Expect(accept.Call.Errno == "", "accept() returned %s", claim.Returned(accept))
		id, _ := accept.Call.Accepted()
		end := c.View.Socket(id)
		c.About(end)
		reads := c.All(end.Reads(accept.N, 0))
		c.Given(len(reads) > 1 && len(reads[0].Call.Data) > 0, "it was not read and looked at again")
		down := end.Down(accept.N, reads[1].N)
		c.Cite(down)
		c.Expect(down == nil, "its end was over before it was read again")
		c.Given(reads[1].Call.Errno == journal.EAGAIN, "the second read returned %s", claim.Returned(reads[1]))
		c.Holds("accept() returned a connection that no client has, %q was read from it once more, and %s later it was still there", reads[0].Call.Data, claim.Seconds(time.Duration(reads[1].T-reads[0].T)))
	}),
}
