package main

import (
	"fmt"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// retry: the client makes the request again on a fresh connection. Once the server's FIN had
// crossed the first; once the server had read it, and its reply was lost.
func retry(t *scenario.T) {
	client, _ := crossing(t, "GET /1", "POST /order/1")
	t.Release()
	client.Recv()
	client.Close()
	again(t, "POST /order/1")

	client, server := keptAlive(t, "GET /2")
	client.Send("POST /order/2")
	server.Recv()
	t.Drop(wire.DataFrom("b"))
	server.Send(reply + "POST /order/2")
	t.Rule(nil)
	server.Reset()
	client.Recv()
	client.Close()
	again(t, "POST /order/2")
}

// again makes a request on a fresh connection, as a client does that was not answered.
func again(t *scenario.T, request string) {
	client, server := t.Connection()
	answer(client, server, request)
	client.Close()
	server.Recv()
	server.Close()
}

// attempt is a request that ended without a reply, and was made again on another connection.
type attempt struct {
	request
	second *journal.Event // the client's write
	on     *tcp.Conn
}

// attempts lists them.
func attempts(v *tcp.View) []attempt {
	var all []attempt
	for _, r := range tcp.Where(requests(v), func(r request) bool { return r.reply == nil && r.end != nil }) {
		for _, conn := range v.Conns {
			for _, w := range conn.Client.Writes(r.end.N, 0) {
				if conn != r.Conn && conn.Server != nil && string(w.Call.Data) == r.text() {
					all = append(all, attempt{r, w, conn})
				}
			}
		}
	}
	return all
}

// Cite lets a finding rest on both requests.
func (a attempt) Cite(c *claim.Case) {
	a.request.Cite(c)
	c.About(a.on.Client, a.on.Server)
	c.Cite(a.end, a.second)
}

// reads lists the server's reads of the request, on either connection.
func (a *attempt) reads() []*journal.Event {
	var some []*journal.Event
	if a.served != nil {
		some = append(some, a.served)
	}
	again := tcp.Where(a.on.Server.Reads(a.second.N, 0), func(e *journal.Event) bool { return string(e.Call.Data) == a.text() })
	return append(some, again...)
}

var ru2 = claim.Claim{
	ID: "RU2", Statement: "retrying it on a fresh connection is right, for the server cannot have processed it",
	Source: rfc9110, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "no request that the server's FIN had crossed was made again",
	Rule: claim.Each(attempts, func(c *claim.Case, a attempt) {
		c.If(a.crossed())
		reads := c.All(a.reads())
		c.Expect(a.served == nil, "the server had read %q before it was made again", a.text())
		c.ExpectSeen(len(reads) == 1, "the server read %q %d times", a.text(), len(reads))
		c.Holds("the server read %q once: on the fresh connection", a.text())
	}),
}

// onceAndTwice is the phenomenon: to the client both look the same, and the server acts on one of
// the requests twice.
var onceAndTwice = claim.Phenomenon{
	Needs: claim.NeedsPackets, Precondition: "no two requests were made again, of which one had been read",
	Rule: claim.Once(func(c *claim.Case) {
		var once, twice *attempt
		all := attempts(c.View)
		for _, a := range all {
			a.Cite(c)
			switch n := len(a.reads()); {
			case n == 1 && a.crossed():
				once = &a
			case n == 2:
				twice = &a
			}
		}
		c.Given(len(all) > 1, "%d requests were made again", len(all))
		c.ExpectSeen(once != nil && twice != nil, "the server read no request once and another twice")
		c.Cite(once.reads()...)
		c.Cite(twice.reads()...)
		c.Holds("made again, %q was done once, and %q twice: the client's reads had said %s and %s", once.text(), twice.text(), claim.Returned(once.end), claim.Returned(twice.end))
	}),
}

// compareRetries is the table of how often a request was done.
func compareRetries(v *tcp.View) *claim.Comparison {
	return claim.Across("A request without a reply, made again", attempts(v), (*attempt).way,
		claim.Show("the first read", func(a *attempt) claim.Cell { return claim.Result(a.end) }),
		claim.Show("the server read it", func(a *attempt) claim.Cell {
			reads := a.reads()
			return claim.Told(fmt.Sprintf("%d times", len(reads)), reads...)
		}),
	)
}

// way is what had become of the request.
func (a *attempt) way() string {
	if a.crossed() {
		return "the FIN crossed it"
	}
	return "its reply was lost"
}
