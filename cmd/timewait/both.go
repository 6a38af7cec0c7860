package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// both: of two connections one is closed first by its client, one by its server.
func both(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	client, end := l.Connect()
	client.Close()
	end.Recv()
	end.Close()
	t.Settle()
	serverCloses(t, l)
}

// ended is a connection that was closed in order, and which end sent its FIN first.
type ended struct {
	*tcp.Conn
	first, second *tcp.Socket
	fins          []*tcp.Segment
}

// endeds lists them.
func endeds(v *tcp.View) []ended {
	var all []ended
	for _, conn := range v.Conns {
		fins := tcp.With(conn.FirstSent(), packet.FIN)
		switch {
		case conn.Server == nil || len(fins) != 2:
		case fins[0].Packet.Src == conn.Server.Local:
			all = append(all, ended{conn, conn.Server, conn.Client, fins})
		default:
			all = append(all, ended{conn, conn.Client, conn.Server, fins})
		}
	}
	return all
}

// Cite lets a finding rest on the end.
func (x ended) Cite(c *claim.Case) {
	c.About(x.first, x.second)
	c.CiteSegments(x.fins...)
}

var tw16 = claim.Claim{
	ID: "TW16", Statement: "both may close first, symmetric",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: "not both ends of some connection closed first",
	Rule: claim.Each(endeds, func(c *claim.Case, x ended) {
		if len(c.All(x.first.Entered(journal.TimeWait, journal.SockDiag))) == 0 {
			c.MayWait(x.first)
			c.ExpectSeen(false, "%s closed first, and was not in TIME_WAIT", x.first.ID)
		}
		c.Expect(len(x.second.Entered(journal.TimeWait)) == 0, "%s closed second, and was in TIME_WAIT", x.second.ID)
		c.Absent()
		c.Challenged(slices.ContainsFunc(endeds(c.View), func(o ended) bool { return (o.first == o.Client) != (x.first == x.Client) }), "only one of the ends ever closed first")
		c.Holds("%s closed first, and was the one in TIME_WAIT", x.first.ID)
	}),
}

var tw13 = claim.Claim{
	ID: "TW13", Statement: "the server is done before the client",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: "no connection was closed in order",
	Rule: claim.Each(endeds, func(c *claim.Case, x ended) {
		gone := c.First(x.Server.Entered(journal.Gone, journal.SockDiag))
		waits := c.First(x.Server.Entered(journal.TimeWait, journal.SockDiag))
		clientGone := c.First(x.Client.Entered(journal.Gone, journal.SockDiag))
		c.Expect(waits == nil || clientGone == nil, "the server closed first: %s was in TIME_WAIT when %s was gone", x.Server.ID, x.Client.ID)
		c.Given(gone != nil, "%s was not seen gone", x.Server.ID)
		c.Expect(clientGone == nil || clientGone.N > gone.N, "%s was gone before %s", x.Client.ID, x.Server.ID)
		c.Challenged(slices.ContainsFunc(endeds(c.View), func(o ended) bool { return o.first == o.Server }), "no server closed first")
		c.Holds("%s was gone, and %s in TIME_WAIT", x.Server.ID, x.Client.ID)
	}),
}
