package main

import (
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// ending is a call that ends a connection, or a direction of it.
type ending = func(*scenario.End) journal.Errno

func shut(h journal.How) ending {
	return func(e *scenario.End) journal.Errno { return e.Shutdown(h) }
}

func closing(e *scenario.End) journal.Errno { return e.Close() }

// endings: every way to end a connection from within the program, each on a
// connection of its own, with the same peer that sends the same late data.
func endings(t *scenario.T) {
	for _, end := range []ending{shut(journal.ShutWrite), shut(journal.ShutRead), shut(journal.ShutBoth), closing} {
		client, server := t.Connection()
		end(client)
		peerGoesOn(client, server)
	}
}

// peerGoesOn is what a peer does that does not know: it reads, sends, sends
// again, and reads. The client reads what came, if it still can.
func peerGoesOn(client, server *scenario.End) {
	server.Recv()
	server.Send("late data")
	client.Recv()
	server.Send("and more")
	server.Recv()
}

// lateData: the peer's data, after one's own SHUT_WR and after close; and, on the wire,
// data that was already under way when close was called. Elsewhere data arrives before
// the call that sent it returns.
func lateData(t *scenario.T) {
	for _, end := range []ending{shut(journal.ShutWrite), closing} {
		client, server := t.Connection()
		end(client)
		server.Send("late data")
		client.Recv()
		server.Recv()
	}
	if t.OnWire() {
		client, server := t.Connection()
		server.Write("crossing")
		client.Close()
		server.Recv()
	}
}

// queued: the peer's data and its FIN have arrived before the first read.
func queued(t *scenario.T) {
	client, server := t.Connection()
	client.Send("sent before the end")
	client.Close()
	for range 3 {
		server.Recv()
	}
	server.Close()
}

// unread: data that has arrived and has not been read, when the connection
// is closed, shut down for writing, shut down both ways.
func unread(t *scenario.T) {
	for _, end := range []ending{closing, shut(journal.ShutWrite), shut(journal.ShutBoth)} {
		client, server := t.Connection()
		server.Send("not read yet")
		end(client)
		client.Recv()
		server.Recv()
	}
}

// lateWrite is the first write of the peer that succeeded after an ending; nil: none did.
func lateWrite(e tcp.Ending) *journal.Event {
	return tcp.First(tcp.Where(e.Peer().Writes(e.By.N, 0), succeeded))
}

func succeeded(call *journal.Event) bool { return call.Call.Errno == "" }

// hadNothing says whether a read found nothing that had arrived.
func hadNothing(read *journal.Event) bool { return read != nil && read.Call.Errno == journal.EAGAIN }

var hc8 = claim.Claim{
	ID: "HC8", Statement: "after shutdown(SHUT_WR) the caller still receives what the peer sends",
	Source: claim.Article000 + "; " + claim.Article004, Quantity: claim.Always, Needs: claim.NeedsCalls,
	Precondition: "the peer sends after it, and the caller reads",
	Rule: claim.AfterEnding(tcp.ShutWrite, func(c *claim.Case, e tcp.Ending) {
		write := lateWrite(e)
		c.If(write != nil)
		read := tcp.First(e.Who.Reads(write.N, 0))
		c.If(read != nil && !hadNothing(read))
		c.Cite(write, read)
		c.Expect(string(read.Call.Data) == string(write.Call.Data), "the peer sent %d bytes after %s of %s, whose read returned %s",
			write.Call.Result, e.Name(), e.Who.ID, claim.Returned(read))
		c.Holds("after %s the caller read what the peer sent then: %q", e.Name(), write.Call.Data)
	}),
}

var hc9 = claim.Claim{
	ID: "HC9", Statement: "after close(), data from the peer is thrown away and answered with RST",
	Source: claim.Article004 + "; " + rfc9293 + " §3.6.1", Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "data arrives after it, nothing having been unread",
	Rule: claim.AfterEnding(tcp.Closed, func(c *claim.Case, e tcp.Ending) {
		data := c.FirstSegment(tcp.Data(e.Who.NewlyArrived(e.By.N, 0)))
		c.If(data != nil && c.Unread(e.Who, e.By.N) <= 0)
		rst := c.FirstSegment(tcp.With(e.Who.Sent(data.N, 0), packet.RST))
		c.ExpectSeen(rst != nil, "%d bytes arrived at %s after close(), and no RST followed", data.Packet.Len, e.Who.ID)
		c.Holds("the peer's data arrived after close(), it was answered with RST, and no descriptor was left to read it from")
	}),
}

var hc12 = claim.Claim{
	ID: "HC12", Statement: "shutdown(SHUT_RD) sends no FIN",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "the connection goes on after it",
	Rule: claim.AfterEnding(tcp.ShutRead, func(c *claim.Case, e tcp.Ending) {
		until := tcp.First(e.Who.CallsOf(e.By.N, 0, "close", "shutdown"))
		s := c.AllSegments(tcp.Teardown(e.Who.Sent(e.By.N, tcp.N(until))))
		c.Expect(len(s) == 0, "%s sent %s after %s", e.Who.ID, claim.Named(s), e.Name())
		c.Absent()
		later := c.First(e.Peer().CallsOf(e.By.N, 0, "read", "write", "sendmsg"))
		c.If(later != nil) // else the run ended with it
		c.Holds("no FIN left the caller after %s, and the connection went on", e.Name())
	}),
}

// peersTurn is the number of the peer's first call after an ending: what the caller's end
// sent because of the ending came before. 0: there is none.
func peersTurn(e tcp.Ending) int {
	return tcp.N(tcp.First(e.Peer().CallsOf(e.By.N, 0, "read", "write", "sendmsg")))
}

// situations contrasts a SHUT_RDWR with a close() in the same situation: with data unread at the
// caller, and with none.
func situations(v *tcp.View) []claim.Contrast[tcp.Ending] {
	var all []claim.Contrast[tcp.Ending]
	for _, x := range tcp.EndedBy(tcp.ShutBoth)(v) {
		unread := v.Unread(x.Who, x.By.N) > 0
		same := tcp.Where(tcp.EndedBy(tcp.Closed)(v), func(y tcp.Ending) bool { return (v.Unread(y.Who, y.By.N) > 0) == unread })
		all = append(all, claim.Contrasts([]tcp.Ending{x}, same)...)
	}
	return all
}

var hc14 = claim.Claim{
	ID: "HC14", Statement: "shutdown(SHUT_RDWR) is the same as close()",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "both are tried in the same situation; what TCP does is compared, not what becomes of the descriptor",
	Rule: claim.Each(situations, func(c *claim.Case, t claim.Contrast[tcp.Ending]) {
		both, closed := t.One, t.Other
		c.About(both.Who, closed.Who)
		c.Cite(both.By, closed.By)
		c.Given(peersTurn(both) != 0 && peersTurn(closed) != 0, "the peers were not seen to go on")
		xs := c.AllSegments(tcp.Teardown(both.Who.Sent(both.By.N, peersTurn(both))))
		ys := c.AllSegments(tcp.Teardown(closed.Who.Sent(closed.By.N, peersTurn(closed))))
		c.Expect(claim.Named(xs) == claim.Named(ys), "SHUT_RDWR sent %s, close() %s", claim.Named(xs), claim.Named(ys))
		c.Challenged(c.Unread(both.Who, both.By.N) > 0, "nothing was unread: with data unread close() was not compared")
		c.Holds("both sent %s", claim.Named(xs))
	}),
}

var hc36 = claim.Claim{
	ID: "HC36", Statement: "after the peer's FIN nothing can be read, read returns 0",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "a FIN has arrived, and the socket is read",
	Rule: claim.Each(readsAfterFIN, func(c *claim.Case, r readAfterFIN) {
		c.Given(!tcp.IsEnd(r.read) || r.unread <= 0, "%s read the end with %d bytes unread: a read of them is missing", r.socket.ID, r.unread)
		c.Expect(tcp.IsEnd(r.read), "%s read %s after the FIN had arrived, with %d bytes unread", r.socket.ID, claim.Returned(r.read), r.unread)
		c.Challenged(r.challenged, "nothing was unread when the FIN arrived: that it can be read then was not put to the test")
		c.Holds("read of %s returned 0", r.socket.ID)
	}),
}

var hc37 = claim.Claim{
	ID: "HC37", Statement: "EOF comes after what was already queued",
	Source: claim.Article001, Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "data is unread when the FIN arrives, and the socket is read",
	Rule: claim.Each(readsAfterFIN, func(c *claim.Case, r readAfterFIN) {
		c.If(r.challenged)
		if r.unread > 0 {
			c.Expect(!tcp.IsEnd(r.read), "%s read the end with %d bytes still unread", r.socket.ID, r.unread)
			c.Given(r.read.Call.Result > 0, "a read of %s returned %s", r.socket.ID, claim.Returned(r.read))
			c.Holds("%s read %d bytes that had come before the FIN", r.socket.ID, r.read.Call.Result)
		}
		c.Expect(tcp.IsEnd(r.read), "%s read %s with nothing unread before the FIN", r.socket.ID, claim.Returned(r.read))
		c.Holds("%s read the end when all that had come before the FIN was read", r.socket.ID)
	}),
}

// readAfterFIN is a read of a socket to which a FIN had come, and no RST.
type readAfterFIN struct {
	socket     *tcp.Socket
	fin        *tcp.Segment
	read       *journal.Event
	unread     int64 // when it was called
	challenged bool  // something was unread when the FIN came
}

// Cite lets a case rest on a read, and on what there was to be read.
func (r readAfterFIN) Cite(c *claim.Case) {
	c.About(r.socket)
	c.CiteSegments(r.fin)
	c.Cite(r.read)
	c.CiteSegments(tcp.Data(r.socket.NewlyArrived(0, r.fin.N+1))...)
}

func readsAfterFIN(v *tcp.View) []readAfterFIN {
	var all []readAfterFIN
	for _, s := range v.Sockets {
		fins := tcp.With(s.NewlyArrived(0, 0), packet.FIN)
		if len(fins) == 0 || len(tcp.With(s.Arrived(0, 0), packet.RST)) > 0 || len(s.CallsOf(0, 0, "shutdown")) > 0 {
			continue
		}
		for _, read := range s.Reads(fins[0].N, 0) {
			all = append(all, readAfterFIN{s, fins[0], read, v.Unread(s, read.N), v.Unread(s, fins[0].N+1) > 0})
		}
	}
	return all
}

// entered is when TCP_INFO saw the peer's end enter a state, after an ending; nil: it did not.
func entered(e tcp.Ending, state string) *journal.Event {
	return tcp.First(tcp.After(e.Peer().Entered(state, journal.TCPInfo), e.By.N))
}

// reset is when the peer's end was torn down by the other's RST: it went to CLOSE with its
// descriptor open, and not by its own doing. Nil: it was not.
func reset(e tcp.Ending) *journal.Event {
	closed := entered(e, journal.Close)
	if slices.ContainsFunc(e.Peer().CallsOf(0, tcp.N(closed), "close", "shutdown"), succeeded) {
		return nil
	}
	return closed
}

// tried is the first ending of a name, which must have been tried.
func tried(c *claim.Case, name string) tcp.Ending {
	some := tcp.EndedBy(name)(c.View)
	c.Given(len(some) > 0, "%s was not tried", name)
	c.Cite(some[0].By)
	c.About(some[0].Who)
	return some[0]
}

// goesToCloseWait expects that an ending took the peer to CLOSE_WAIT, for its FIN came.
func goesToCloseWait(c *claim.Case, name string) {
	at := c.Take(entered(tried(c, name), journal.CloseWait))
	c.ExpectSeen(at != nil, "after %s the peer was not in CLOSE_WAIT: no FIN came", name)
}

// staysOpen expects that an ending changed nothing for the peer, which goes on.
func staysOpen(c *claim.Case, name string) {
	e := tried(c, name)
	c.Expect(c.Take(entered(e, journal.CloseWait)) == nil, "%s took the peer to CLOSE_WAIT", name)
	read := c.First(e.Peer().Reads(e.By.N, 0))
	c.ExpectSeen(read != nil && !tcp.IsEnd(read), "the peer did not go on after %s", name)
}

// resetsWriter expects that a peer that goes on writing is reset.
func resetsWriter(c *claim.Case, name string) {
	e := tried(c, name)
	write, rst := c.First(e.Peer().Writes(e.By.N, 0)), c.Take(reset(e))
	c.ExpectSeen(write != nil && rst != nil, "the peer that wrote after %s was not reset", name)
}

// stillReceives expects that the caller of SHUT_WR reads what the peer sends.
func stillReceives(c *claim.Case) {
	read := false
	for _, e := range tcp.EndedBy(tcp.ShutWrite)(c.View) {
		write := lateWrite(e)
		if write == nil {
			continue
		}
		if r := tcp.First(e.Who.Reads(write.N, 0)); r != nil && !hadNothing(r) {
			c.Cite(e.By, write, r)
			c.Expect(string(r.Call.Data) == string(write.Call.Data), "the peer sent %d bytes after %s, and the caller's read returned %s", write.Call.Result, e.Name(), claim.Returned(r))
			read = true
		}
	}
	c.Given(read, "no peer was seen to send after shutdown(SHUT_WR), and the caller to read")
}

// fourEndings is the phenomenon of endings: three of them tell the peer's kernel the same,
// one nothing, and its data fares differently with each.
var fourEndings = claim.Phenomenon{
	Needs: claim.NeedsInfo,
	Rule: claim.Once(func(c *claim.Case) {
		goesToCloseWait(c, tcp.ShutWrite)
		stillReceives(c)
		staysOpen(c, tcp.ShutRead)
		for _, name := range []string{tcp.ShutBoth, tcp.Closed} {
			goesToCloseWait(c, name)
			resetsWriter(c, name)
		}
		c.Holds("SHUT_WR, SHUT_RDWR and close() took the peer to CLOSE_WAIT, SHUT_RD told it nothing; what it sent then was read after SHUT_WR, and reset after SHUT_RDWR and close()")
	}),
}

// goingOn is the phenomenon of late-data: one caller reads it, the other's kernel rejects it.
var goingOn = claim.Phenomenon{
	Needs: claim.NeedsInfo,
	Rule: claim.Once(func(c *claim.Case) {
		stillReceives(c)
		resetsWriter(c, tcp.Closed)
		c.Holds("after SHUT_WR the caller read what the peer sent; the peer that wrote after close() was reset")
	}),
}

// unreadMatters is the phenomenon of unread: what the peer's read returns after an ending
// with data unread, ECONNRESET or the end.
var unreadMatters = claim.Phenomenon{
	Needs: claim.NeedsInfo,
	Rule: claim.Once(func(c *claim.Case) {
		for _, name := range []string{tcp.Closed, tcp.ShutWrite, tcp.ShutBoth} {
			e := tried(c, name)
			c.Given(tcp.Moved(e.Peer().Writes(0, 0)) > 0, "nothing was sent that could have been unread at %s", name)
			read, own := c.First(e.Peer().Reads(e.By.N, 0)), c.First(e.Who.Reads(e.By.N, 0))
			if name == tcp.Closed {
				c.ExpectSeen(read != nil && read.Call.Errno == journal.ECONNRESET, "after %s with data unread the peer's read returned %s", name, claim.Returned(read))
				continue
			}
			c.ExpectSeen(tcp.IsEnd(read) && own != nil && own.Call.Result > 0, "after %s with data unread the peer's read returned %s, the caller's own %s", name, claim.Returned(read), claim.Returned(own))
		}
		c.Holds("after close() with data unread the peer's read failed with ECONNRESET; after SHUT_WR and SHUT_RDWR it returned the end, and the data could still be read")
	}),
}
