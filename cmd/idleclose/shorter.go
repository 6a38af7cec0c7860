package main

import (
	"fmt"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// How long each end waits for the next request before it closes, and how long the path holds
// the one that comes too late.
const (
	clientBound = 100 * time.Millisecond
	serverBound = 200 * time.Millisecond
)

// shorter: the client's idle bound is shorter than the server's, and it uses the connection until
// just before its own: by more than the path takes, and by less.
func shorter(t *scenario.T) {
	client, server := keptAlive(t, "GET /1")
	t.Wait(clientBound)
	answer(client, server, "GET /2")
	t.Wait(serverBound)
	server.Close()
	client.Recv()
	client.Close()

	client, server = keptAlive(t, "GET /3")
	t.Wait(clientBound)
	t.Hold(wire.DataFrom("a"))
	client.Send("GET /4")
	t.Wait(serverBound - clientBound)
	server.Close()
	t.Release()
	client.Recv()
	client.Close()
}

// delay is how long the path took: for the reply before, from whose writing on the server waits
// and from whose reading on the client does, and for the request; known: it came.
func (r *request) delay() (d time.Duration, known bool) {
	replied := tcp.Last(r.Server.Writes(0, r.before.N))
	if r.arrived == nil || replied == nil {
		return 0, false
	}
	return time.Duration(r.before.T - replied.T + r.arrived.T - r.write.T), true
}

// shorterBound is a rule about clients that waited less than the server waits: they are answered. The
// difference may be longer than the path takes, or not.
func shorterBound(ask func(c *claim.Case, longer bool)) claim.Rule {
	return claim.Each(requests, func(c *claim.Case, r request) {
		c.If(r.idle() < r.bound())
		c.Cite(r.before)
		delay, known := r.delay()
		c.Given(known, "the request of %s did not arrive", r.Client.ID)
		ask(c, r.idle()+delay < r.bound())
		times := fmt.Sprintf("%s had waited %s when it wrote %q, the server waits %s, the path took %s",
			r.Client.ID, ms(r.idle()), r.text(), ms(r.bound()), ms(delay))
		if r.rst != nil && r.served == nil {
			c.CiteSegments(r.rst)
			c.Expect(false, "%s: a RST answered it", times)
		}
		c.Cite(r.served, r.reply)
		c.ExpectSeen(r.reply != nil, "%q had no reply", r.text())
		c.Holds("%s: it was answered", times)
	})
}

func ms(d time.Duration) string { return d.Round(100 * time.Microsecond).String() }

var ru3 = claim.Claim{
	ID: "RU3", Statement: "a client whose idle bound is shorter than the server's by more than the path's delay never meets it",
	Source: field, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "no client wrote when the server's bound was further away than the path is long",
	Rule:         shorterBound((*claim.Case).If),
}

var ru5 = claim.Claim{
	ID: "RU5", Statement: "shorter at all is enough", Source: folklore, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "no client wrote before the server's bound was over",
	Rule:         shorterBound(func(c *claim.Case, longer bool) { c.Challenged(!longer, "the path took no longer than the difference") }),
}

// tooLate is the phenomenon: of two clients that waited less than the server waits, one met the
// close.
var tooLate = claim.Phenomenon{
	Needs: claim.NeedsPackets, Quantity: claim.Can, Precondition: "no client that had waited less than the server waits was answered by a RST",
	Rule: claim.Each(requests, func(c *claim.Case, r request) {
		c.If(r.idle() < r.bound() && (r.crossed() || r.rst != nil))
		c.CiteSegments(r.rst)
		c.ExpectSeen(r.rst != nil && r.served == nil, "no RST answered %q", r.text())
		c.Holds("%s had waited %s, less than the server's %s, and a RST answered its request: the path took longer than the difference", r.Client.ID, ms(r.idle()), ms(r.bound()))
	}),
}
