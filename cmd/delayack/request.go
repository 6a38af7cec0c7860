package main

import (
	"slices"
	"strconv"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// A request has a head and a body, which its sender writes one after the other.
const (
	head = "POST /order "
	body = "1 item"
)

// request lets a client send a head and a body in some way, and a server, which reads a request when
// it has the whole of it, answer at once.
func request(t *scenario.T, client, server *scenario.End, send func()) {
	t.AtOnce(send)
	whole := unread(server, len(head)+len(body))
	if !t.Await(reading, whole) {
		client.Look()
	}
	t.Await(patience, whole)
	server.Recv()
	server.Write(reply)
	t.Await(patience, unread(client, len(reply)))
	client.Recv()
}

// The ways in which a request is sent.
const (
	firstOfAll = "fresh"
	plain      = "write ×2"
	noDelay    = "NODELAY"
	inOne      = "writev"
	more       = "MSG_MORE"
	cork       = "CORK"
	quick      = "QUICKACK"
	quickOnce  = "not again"
)

// ways in the order in which they are compared.
var ways = []string{firstOfAll, plain, noDelay, inOne, more, cork, quick, quickOnce}

// sent is a request as it was sent.
type sent struct {
	*tcp.Conn
	way      string
	calls    []*journal.Event // that sent it
	read     *journal.Event   // the client's of the reply; nil: it had none
	data     []*tcp.Segment   // that carried it, as they left
	released *tcp.Segment     // the acknowledgement after whose arrival the last of these left; nil: it waited for none
	waited   time.Duration    // at most, of the last: from the last call to its leaving
	looked   *journal.Event   // the client's queue, read when the last had not left; nil: it was not
	set      *journal.Event   // by which an option was set that its way is about
	answered int              // how often the server had answered since then
}

// requests lists them.
var requests = tcp.Derived(func(v *tcp.View) []sent {
	var all []sent
	for _, conn := range v.Conns {
		from := 0
		for _, read := range conn.Client.Received(0, 0) {
			calls := conn.Client.Writes(from, read.N)
			if conn.Server != nil && tcp.Moved(calls) == int64(len(head)+len(body)) {
				r := sent{Conn: conn, calls: calls, read: read}
				r.follow(from)
				all = append(all, r)
			}
			from = read.N
		}
	}
	return all
})

// follow finds how it was sent, since the reply before.
func (r *sent) follow(since int) {
	r.data = tcp.Data(r.Client.Sent(r.calls[0].N-1, r.read.N))
	r.way = r.how(since)
	if len(r.data) == 0 {
		return
	}
	if r.set != nil {
		r.answered = len(r.Server.Writes(r.set.N, r.calls[0].N))
	}
	last, called := tcp.Last(r.data), tcp.Last(r.calls)
	r.waited = time.Duration(last.T - called.T)
	r.released = tcp.Last(tcp.Where(r.Client.Arrived(r.data[0].N, last.N), func(s *tcp.Segment) bool {
		return len(r.data) > 1 && s.Packet.Len == 0 && covers(s, r.data[0])
	}))
	r.looked = tcp.Last(tcp.Where(r.Client.Samples(journal.Established, r.data[0].N, last.N), func(e *journal.Event) bool {
		return time.Duration(e.T-called.T) >= reading/2
	}))
}

// how is the way in which it was sent.
func (r *sent) how(since int) string {
	set := func(s *tcp.Socket, o journal.Option, from int) bool {
		r.set = tcp.First(switchedOn(s, o, from, r.read.N)) // of several that count the same, the first
		return r.set != nil
	}
	switch {
	case set(r.Client, journal.TCPNoDelay, 0):
		return noDelay
	case set(r.Client, journal.TCPCork, since):
		return cork
	case r.calls[0].Call.Has(journal.MSGMore):
		return more
	case len(r.calls) == 1:
		return inOne
	case set(r.Server, journal.TCPQuickAck, since):
		return quick
	case set(r.Server, journal.TCPQuickAck, 0):
		return quickOnce
	case len(tcp.Data(r.Server.Sent(0, r.calls[0].N))) == 0:
		return firstOfAll
	}
	return plain
}

// stalled says whether its last segment waited for an acknowledgement that was delayed, for it had
// not left when the client's queue was read; prompt, whether it left sooner than a delayed one can
// come. Neither: the machine was too slow to tell.
func (r *sent) stalled() bool { return r.released != nil && r.looked != nil }
func (r *sent) prompt() bool  { return len(r.data) > 0 && r.looked == nil && r.waited < soon }

// test says of a request what all claims ask, and lets the finding rest on it.
func (r *sent) test(c *claim.Case) {
	c.About(r.Client, r.Server)
	c.Cite(r.calls...)
	c.Cite(r.set, r.looked)
	c.CiteSegments(r.data...)
	c.CiteSegments(r.released)
	c.Given(tcp.Bytes(r.data) == int64(len(head)+len(body)), "the request of %s was not seen whole", r.Client.ID)
	c.Given(r.stalled() || r.prompt(), "the last segment of %s left after up to %s: too late to have waited for nothing for certain", r.Client.ID, claim.Milliseconds(r.waited))
	c.Given(r.stalled() || r.waited < atOnce || waits(c.View), noneWaited)
}

// delays says that the server had answered promptly before, so that it delays.
func (r *sent) delays(c *claim.Case) {
	c.Given(r.stalled() || promptly(r.Server, r.calls[0].N), "%s had not answered promptly before", r.Server.ID)
}

// compareWays is the table of how many segments each took, and how long it was until its client had the reply.
func compareWays(v *tcp.View) *claim.Comparison {
	t := &claim.Comparison{Title: "A head and a body, written one after the other, and the reply", Ways: slices.Clone(ways)}
	for _, r := range slices.Backward(requests(v)) { // of those sent in one way the first counts
		if len(r.data) > 0 {
			t.Put("segments", r.way, claim.Told(strconv.Itoa(len(r.data)), r.calls[0], tcp.Last(r.data).Event))
			t.Put("reply after", r.way, claim.Told(claim.Milliseconds(v.Until(r.calls[0], r.read)), r.calls[0], r.read))
		}
	}
	return t
}
