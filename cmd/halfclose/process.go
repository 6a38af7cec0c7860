package main

import (
	"cmp"
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

// death is the end of a process that alone had a connection.
type death struct {
	*tcp.Conn
	event  *journal.Event
	how    string // "returned from main", "_exit", "SIGKILL"
	unread int64
	sent   []*tcp.Segment
}

// deaths lists the ends of processes, with what each connection sent then.
func deaths(v *tcp.View) []death {
	return tcp.Derive(v, func(v *tcp.View) []death {
		var all []death
		for _, p := range v.Processes() {
			for _, conn := range v.Conns {
				if e := p.Ended; e != nil && p.Has(conn.Client) && v.Holders(conn.Client, e.N) == 1 {
					how := cmp.Or(string(e.Process.Signal), e.Process.How)
					all = append(all, death{conn, e, how, v.Unread(conn.Client, e.N), tcp.Teardown(conn.Client.Sent(e.N, 0))})
				}
			}
		}
		return all
	})
}

// notSeen is a client of whose process the end was not seen; nil: there is none.
func notSeen(v *tcp.View) *tcp.Socket {
	for _, conn := range v.Conns {
		if !slices.ContainsFunc(deaths(v), func(d death) bool { return d.Conn == conn }) {
			return conn.Client
		}
	}
	return nil
}

// sends expects that the end of a process sent a segment with a flag.
func (d *death) sends(c *claim.Case, flag packet.Flags, what string) {
	c.About(d.Client)
	c.Cite(d.event)
	c.AllSegments(d.sent)
	c.ExpectSeen(len(tcp.With(d.sent, flag)) > 0, "%s: %s sent %s, no %s", d.how, d.Client.ID, claim.Named(d.sent), flag)
	c.Holds("%s with %s (%s)", flag, what, d.how)
}

var hc18 = claim.Claim{
	ID: "HC18", Statement: "a process that exits or is killed sends FIN for its sockets, nothing being unread",
	Source: claim.Article000 + "; " + claim.Article004, Quantity: claim.Always, Needs: needsPackets,
	Precondition: "all that had come to the socket was read when the process ended",
	Rule: claim.Each(deaths, func(c *claim.Case, d death) {
		c.If(d.unread <= 0)
		left := notSeen(c.View)
		c.Given(left == nil, "not every end was seen: that of the process that alone had %s was not", left.Name())
		d.sends(c, packet.FIN, "nothing unread")
	}),
}

var hc49 = claim.Claim{
	ID: "HC49", Statement: "a process that exits or is killed always sends FIN, data unread or not",
	Source: "folklore", Quantity: claim.Always, Needs: needsPackets,
	Precondition: "something was unread when a process ended",
	Rule: claim.Each(deaths, func(c *claim.Case, d death) {
		c.If(d.unread > 0)
		c.CiteSegments(tcp.Data(d.Client.NewlyArrived(0, d.event.N))...)
		d.sends(c, packet.FIN, "data unread")
	}),
}

var hc43 = claim.Claim{
	ID: "HC43", Statement: "Ctrl-C ends the connection orderly",
	Source: claim.Article000, Quantity: claim.Can, Needs: needsPackets,
	Precondition: "a process is ended by SIGINT, with nothing unread",
	Rule: claim.Each(deaths, func(c *claim.Case, d death) {
		c.If(d.how == "SIGINT" && d.unread <= 0)
		d.sends(c, packet.FIN, "nothing unread")
	}),
}

// processEnds is the phenomenon of exit and kill: the peer reads the end, or ECONNRESET
// where the process had left something unread.
var processEnds = claim.Phenomenon{
	Needs: needsEnds,
	Rule: claim.Once(func(c *claim.Case) {
		sorts := map[bool]int{}
		for _, d := range deaths(c.View) {
			c.Cite(d.event)
			unread := tcp.Moved(d.Server.Writes(0, 0)) > tcp.Moved(d.Client.Reads(0, 0))
			want := map[bool]string{false: "0: the end", true: "ECONNRESET"}[unread]
			read := c.First(d.Server.Reads(d.event.N, 0))
			c.ExpectSeen(read != nil && claim.Returned(read) == want, "after %s the peer's read returned %s, not %s", d.how, claim.Returned(read), want)
			sorts[unread]++
		}
		c.Given(sorts[false] > 0 && sorts[true] > 0, "not both were seen: %d processes that ended with nothing unread, %d with something", sorts[false], sorts[true])
		c.Holds("the peer's read returned the end, and ECONNRESET where the process had left data unread")
	}),
}
