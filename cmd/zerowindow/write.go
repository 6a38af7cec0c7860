package main

import (
	"fmt"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// piece is what is written at a time, and pieces how often at most.
const (
	piece  = 2048
	pieces = 32
)

// write: the sender writes until its buffer is full, by write and by poll; the reader reads, and it
// may write again. Then a write waits.
func write(t *scenario.T) {
	client, server := t.Listen(scenario.ServerPort, scenario.SmallReceiver).Connect(scenario.Opt(journal.SOSendBuffer, piece))
	poll := client.Epoll()
	written := 0
	for range pieces {
		poll.Wait()
		n, errno := client.WriteBulk(piece)
		t.Deliver()
		if errno != "" {
			break
		}
		written += n
	}
	poll.Wait()
	client.Look()
	readAll(t, server, written)
	poll.Wait()
	client.WriteBulk(piece)
	t.Deliver()

	client.SetBlocking()
	waiting := client.Background(func() { client.WriteBulk(much) })
	t.Await(patience, func() bool { return waiting.Blocked("write") })
	t.Await(patience, func() bool {
		for server.Readable() && !waiting.Done() {
			server.ReadBulk(much)
			t.Deliver()
		}
		return waiting.Done()
	})
}

// written is a write on a connection, and what poll said just before.
type written struct {
	who    *tcp.Socket
	call   *journal.Event
	polled *journal.Event // the epoll_wait before, if no write was between; nil: there was none
}

// writtens lists them.
func writtens(v *tcp.View) []written {
	var all []written
	for _, s := range v.Paired() {
		before := s.Conn.Connect.N
		for _, call := range s.Writes(0, 0) {
			all = append(all, written{s, call, tcp.Last(s.CallsOf(before, call.N, "epoll_wait"))})
			before = call.N
		}
	}
	return all
}

// acknowledged is how much of what an end sent had been, before an event.
func acknowledged(s *tcp.Socket, before int) int64 {
	syn, ack := s.SYN(), tcp.Last(tcp.With(s.Arrived(0, before), journal.ACK))
	if syn == nil || ack == nil {
		return 0
	}
	return int64(ack.Packet.Ack - syn.End())
}

// writable says whether poll had said that there was room.
func (w *written) writable() bool {
	return w.polled != nil && w.polled.Call.Ready().Has(journal.EPOLLOUT)
}

var fc5 = claim.Claim{
	ID: "FC5", Statement: "send() only copies into the buffer, so normally returns success", Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsCalls,
	Precondition: "nothing was written where poll had said that there was room",
	Rule: claim.Each(writtens, func(c *claim.Case, w written) {
		c.If(w.writable())
		c.About(w.who)
		c.Cite(w.polled, w.call)
		c.Expect(w.call.Call.Errno == "", "poll had said that there was room, and write() failed with %s", w.call.Call.Errno)
		full := c.First(tcp.Where(w.who.Writes(0, 0), isFull))
		c.Challenged(full != nil, "the buffer of %s was never full", w.who.ID)
		c.Holds("%s wrote %d bytes, for which there was room: success says that they were taken, and no more; with the buffer full it is EAGAIN", w.who.ID, w.call.Call.Result)
	}),
}

// isFull says whether a write found no room.
func isFull(write *journal.Event) bool { return write.Call.Errno == journal.EAGAIN }

// untilFull is the phenomenon: writes succeed though nobody reads, until the buffer is full; and
// again when something was read.
var untilFull = claim.Phenomenon{
	Needs: claim.NeedsCalls, Quantity: claim.Can, Precondition: "no write found a full buffer",
	Rule: claim.Each(writtens, func(c *claim.Case, w written) {
		c.If(isFull(w.call))
		c.About(w.who)
		c.Cite(w.call)
		before := tcp.Moved(w.who.Writes(0, w.call.N))
		read := c.First(w.who.Peer().Reads(0, w.call.N))
		c.Given(read == nil, "%s had read before", w.who.Peer().ID)
		next := c.First(w.who.Writes(w.call.N, 0))
		c.ExpectSeen(next != nil && next.Call.Errno == "", "%s wrote nothing more when its peer had read", w.who.ID)
		c.Holds("%s wrote %d bytes of which %s had read nothing; then write() said EAGAIN, until it read", w.who.ID, before, w.who.Peer().ID)
	}),
}

// compareWrites is the table of what write and poll said.
func compareWrites(v *tcp.View) *claim.Comparison {
	t := &claim.Comparison{Title: "What write() promises", Ways: []string{"the first", "buffer full", "after a read", "blocking"}}
	polls, results, queued := make([]claim.Cell, len(t.Ways)), make([]claim.Cell, len(t.Ways)), make([]claim.Cell, len(t.Ways))
	full := false
	for _, w := range writtens(v) {
		i := 0
		switch {
		case isFull(w.call):
			i, full = 1, true
		case full && w.polled == nil:
			i = 3
		case full:
			i = 2
		}
		if results[i].Text != "" {
			continue
		}
		if w.polled != nil {
			polls[i] = claim.Told(room(&w), w.polled)
		}
		results[i] = claim.Result(w.call)
		if i < 3 && v.Has(journal.Packets) { // a write that waits was recorded when it returned
			queued[i] = claim.Told(fmt.Sprintf("%d bytes", tcp.Moved(w.who.Writes(0, w.call.N))-acknowledged(w.who, w.call.N)), w.call)
		}
	}
	t.Rows = []claim.Compared{{What: "poll before", Cells: polls}, {What: "write()", Cells: results}, {What: "unacknowledged", Cells: queued}}
	return t
}

func room(w *written) string {
	if w.writable() {
		return "EPOLLOUT"
	}
	return "nothing"
}
