package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// exit: a process that owns a connection returns from main, and one that calls
// _exit.
func exit(t *scenario.T) {
	endOwner(t, func(c *scenario.Child) { c.Exit(0) })
	endOwner(t, func(c *scenario.Child) { c.ExitNow(0) })
}

// kill: a process that owns a connection is killed, by SIGKILL and by the SIGINT of ^C.
func kill(t *scenario.T) {
	for _, signal := range []journal.Signal{journal.SIGKILL, journal.SIGINT} {
		endOwner(t, func(c *scenario.Child) { c.Kill(signal) })
	}
}

// endOwner gives the client's end of a connection to a child alone, and ends the
// child: first with nothing unread, then with data that has not been read.
func endOwner(t *scenario.T, end func(*scenario.Child)) {
	for _, unread := range []bool{false, true} {
		client, server := t.Connection()
		child := t.Handover(journal.DefaultSIGPIPE, client)
		if unread {
			server.Send("not read yet")
		}
		end(child)
		server.Recv()
	}
}

// notSeen is a client of whose process the end was not seen; nil: there is none.
func notSeen(v *tcp.View) *tcp.Socket {
	for _, conn := range v.Conns {
		if !slices.ContainsFunc(v.Deaths(), func(d tcp.Death) bool { return d.Conn == conn }) {
			return conn.Client
		}
	}
	return nil
}

// unreadAt is how many bytes had come to the socket of a process and were not read when it ended.
func unreadAt(v *tcp.View, d tcp.Death) int64 { return v.Unread(d.Client, d.Ended.N) }

// sendsFIN expects that the end of a process sent a FIN.
func sendsFIN(c *claim.Case, d tcp.Death, with string) {
	c.About(d.Client)
	c.Cite(d.Ended)
	sent := c.AllSegments(tcp.Teardown(d.Client.Sent(d.Ended.N, 0)))
	c.ExpectSeen(len(tcp.With(sent, packet.FIN)) > 0, "%s: %s sent %s, no FIN", d.How, d.Client.ID, claim.Named(sent))
	c.Holds("FIN with %s (%s)", with, d.How)
}

var hc18 = claim.Claim{
	ID: "HC18", Statement: "a process that exits or is killed sends FIN for its sockets, nothing being unread",
	Source: claim.Article000 + "; " + claim.Article004, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "all that had come to the socket was read when the process ended",
	Rule: claim.Each((*tcp.View).Deaths, func(c *claim.Case, d tcp.Death) {
		c.If(unreadAt(c.View, d) <= 0)
		left := notSeen(c.View)
		c.Given(left == nil, "not every end was seen: that of the process that alone had %s was not", left.Name())
		sendsFIN(c, d, "nothing unread")
	}),
}

var hc49 = claim.Claim{
	ID: "HC49", Statement: "a process that exits or is killed always sends FIN, data unread or not",
	Source: "folklore", Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "something was unread when a process ended",
	Rule: claim.Each((*tcp.View).Deaths, func(c *claim.Case, d tcp.Death) {
		c.If(unreadAt(c.View, d) > 0)
		c.CiteSegments(tcp.Data(d.Client.NewlyArrived(0, d.Ended.N))...)
		sendsFIN(c, d, "data unread")
	}),
}

var hc43 = claim.Claim{
	ID: "HC43", Statement: "Ctrl-C ends the connection orderly",
	Source: claim.Article000, Quantity: claim.Can, Needs: claim.NeedsPackets,
	Precondition: "a process is ended by SIGINT, with nothing unread",
	Rule: claim.Each((*tcp.View).Deaths, func(c *claim.Case, d tcp.Death) {
		c.If(d.How == "SIGINT" && unreadAt(c.View, d) <= 0)
		sendsFIN(c, d, "nothing unread")
	}),
}

// processEnds is the phenomenon of exit and kill: the peer reads the end, or ECONNRESET
// where the process had left something unread.
var processEnds = claim.Phenomenon{
	Needs: claim.NeedsInfo,
	Rule: claim.Once(func(c *claim.Case) {
		sorts := map[bool]int{}
		for _, d := range c.Deaths() {
			c.Cite(d.Ended)
			unread := tcp.Moved(d.Server.Writes(0, 0)) > tcp.Moved(d.Client.Reads(0, 0))
			want := map[bool]string{false: "0: the end", true: "ECONNRESET"}[unread]
			read := c.First(d.Server.Reads(d.Ended.N, 0))
			c.ExpectSeen(read != nil && claim.Returned(read) == want, "after %s the peer's read returned %s, not %s", d.How, claim.Returned(read), want)
			sorts[unread]++
		}
		c.Given(sorts[false] > 0 && sorts[true] > 0, "not both were seen: %d processes that ended with nothing unread, %d with something", sorts[false], sorts[true])
		c.Holds("the peer's read returned the end, and ECONNRESET where the process had left data unread")
	}),
}
