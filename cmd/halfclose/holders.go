package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// shared: two descriptors of one socket, made by dup and by fork; then a
// shutdown through one of two.
func shared(t *scenario.T) {
	byDup(t)
	byFork(t)
	shutByFork(t)
}

// byDup closes the first descriptor, writes through the second, and closes that.
func byDup(t *scenario.T) {
	client, server := t.Connection()
	second := client.Dup()
	client.Close()
	server.Recv()
	second.Send("by dup")
	server.Recv()
	second.Close()
	server.Recv()
}

// byFork closes the parent's descriptor, writes through the child's, and closes that.
func byFork(t *scenario.T) {
	client, server := t.Connection()
	child := t.Spawn(journal.DefaultSIGPIPE, client)
	client.Close()
	server.Recv()
	child.Write(client, "by fork")
	server.Recv()
	child.Close(client)
	server.Recv()
}

// shutByFork shuts down in the child; the parent writes.
func shutByFork(t *scenario.T) {
	client, server := t.Connection()
	child := t.Spawn(journal.DefaultSIGPIPE, client)
	child.Shutdown(client, journal.ShutWrite)
	server.Recv()
	client.SendMsg("too late", journal.MSGNoSignal)
}

// The waits of a thread that reads: for it to wait in the call, and for the
// call to return.
const (
	untilWaiting = 2 * time.Second
	untilWoken   = 500 * time.Millisecond
)

// sharing is a call that ended, or shut down, one of several descriptors of a client's socket,
// or the last.
type sharing struct {
	*tcp.Conn
	call *journal.Event
	left int // how many descriptors were left
	next int // the next such call; 0: there is none
	sent []*tcp.Segment
}

// ofSeveral lists the closes and shutdowns of sockets with several descriptors, in order.
func ofSeveral(v *tcp.View) []sharing {
	var all []sharing
	for _, conn := range v.Conns {
		calls := conn.Client.CallsOf(0, 0, "close", "shutdown")
		for i, call := range calls {
			next := tcp.N(tcp.First(calls[i+1:]))
			all = append(all, sharing{conn, call, v.Holders(conn.Client, call.N), next, tcp.Teardown(conn.Client.Sent(call.N, next))})
		}
	}
	return all
}

// usedAfter is a call by which the connection was still used through another descriptor,
// and the read that took it; nil: it was not.
func (h *sharing) usedAfter() (write, read *journal.Event) {
	for _, w := range h.Client.Writes(h.call.N, h.next) {
		for _, r := range h.Server.Reads(w.N, 0) {
			if w.Call.Errno == "" && string(r.Call.Data) == string(w.Call.Data) {
				return w, r
			}
		}
	}
	return nil, nil
}

// others lists the writes through another descriptor after a shutdown.
func (h *sharing) others() []*journal.Event {
	isOwn := func(e *journal.Event) bool { return e.Call.Descriptor().Via == journal.OwnDescriptor }
	return tcp.Where(h.Client.Writes(h.call.N, 0), func(e *journal.Event) bool { return isOwn(e) != isOwn(h.call) })
}

var hc31 = claim.Claim{
	ID: "HC31", Statement: "close() of one of two descriptors of a socket (dup, fork) sends nothing; shutdown() acts for all",
	Source: "close(2), shutdown(2)", Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "several descriptors refer to one socket",
	Rule: claim.Each(ofSeveral, func(c *claim.Case, h sharing) {
		c.About(h.Client)
		c.Cite(h.call)
		closes := tcp.NameOf(h.call) == tcp.Closed
		c.If(closes && h.left > 0 || !closes && h.left > 1)
		if closes {
			c.AllSegments(h.sent)
			c.Expect(len(h.sent) == 0, "close() of one of %d descriptors of %s sent %s", h.left+1, h.Client.ID, claim.Named(h.sent))
			c.Absent()
			write, read := h.usedAfter()
			c.If(write != nil)
			c.Cite(write, read)
			c.Holds("close() of one descriptor of %s sent nothing, and the other went on sending", h.Client.ID)
		}
		c.ExpectSeen(len(h.sent) > 0, "shutdown() through one of %d descriptors of %s sent no FIN", h.left, h.Client.ID)
		c.FirstSegment(h.sent)
		other := c.GivenFirst(h.others(), "no write through another descriptor of %s was tried", h.Client.ID)
		c.Expect(other.Call.Errno == journal.EPIPE, "after shutdown() through one descriptor of %s a write through another returned %s", h.Client.ID, claim.Returned(other))
		c.Holds("shutdown() through one descriptor of %s sent a FIN at once, and a write through another failed with EPIPE", h.Client.ID)
	}),
}

// lastToClose is the phenomenon of shared: the peer sees the end after the last descriptor
// was closed, and not before.
var lastToClose = claim.Phenomenon{
	Needs: claim.NeedsInfo,
	Rule: claim.Once(func(c *claim.Case) {
		one, last := 0, 0
		for _, h := range ofSeveral(c.View) {
			if tcp.NameOf(h.call) != tcp.Closed {
				continue
			}
			c.Cite(h.call)
			read := c.First(h.Server.Reads(h.call.N, 0))
			c.ExpectSeen(read != nil, "the peer did not read after close() of %s", h.Client.ID)
			if h.left > 0 {
				c.Expect(!tcp.IsEnd(read), "close() of one of %d descriptors of %s ended the connection", h.left+1, h.Client.ID)
				one++
				continue
			}
			c.Given(read.Call.Errno != "" || read.Call.Result <= 0, "after the last close() of %s its peer read %d bytes that it had been sent before", h.Client.ID, read.Call.Result)
			c.ExpectSeen(tcp.IsEnd(read), "the last close() of %s did not end the connection: the peer's read returned %s", h.Client.ID, claim.Returned(read))
			last++
		}
		c.Given(one > 0 && last > 0, "not both were seen: %d closes of one descriptor of several, %d of the last", one, last)
		c.Holds("the peer read nothing after the first close(), and the end after the last")
	}),
}
