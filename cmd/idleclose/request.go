package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// Requests and replies are lines; those of a scenario differ.
const reply = "reply to "

// answer lets the server read a request and reply, and the client read the reply.
func answer(client, server *scenario.End, request string) {
	client.Send(request)
	server.Recv()
	server.Send(reply + request)
	client.Recv()
}

// keptAlive makes a connection on which a request was answered, and which both ends keep.
func keptAlive(t *scenario.T, request string) (client, server *scenario.End) {
	client, server = t.Connection()
	answer(client, server, request)
	return client, server
}

// idleClosed lets the server close for having waited long enough; what that sends is under way
// until the wire releases it.
func idleClosed(t *scenario.T, server *scenario.End) {
	t.Hold(wire.From("b"))
	server.Close()
}

// request is one that a client wrote on a connection that had carried an exchange before.
type request struct {
	*tcp.Conn
	write   *journal.Event
	before  *journal.Event // the client's read of the reply before
	reply   *journal.Event // the client's read of its own reply; nil: it had none
	end     *journal.Event // the read that ended without one: it returned 0, or an error; nil: none did
	arrived *tcp.Segment   // at the server; nil: it did not
	rst     *tcp.Segment   // the server's, after that; nil: there was none
	served  *journal.Event // the server's read of it; nil: it read none
	close   *journal.Event // by which the server ended its side; nil: it did not
	fin     *tcp.Segment   // the server's, as it left; nil: there was none
	finCame *tcp.Segment   // as it came to the client; nil: it did not
}

// requests lists them, in order.
var requests = tcp.Derived(func(v *tcp.View) []request {
	var all []request
	for _, conn := range v.Conns {
		for _, w := range conn.Client.Writes(0, 0) {
			r := request{Conn: conn, write: w, before: tcp.Last(conn.Client.Received(0, w.N))}
			if conn.Server != nil && r.before != nil && w.Call.Errno == "" {
				r.follow(tcp.N(tcp.First(conn.Client.Writes(w.N, 0))))
				all = append(all, r)
			}
		}
	}
	return all
})

// follow finds what became of the request, until the next.
func (r *request) follow(until int) {
	r.reply = tcp.Last(r.Client.Received(r.write.N, until))
	r.end = tcp.First(tcp.Where(r.Client.Reads(r.write.N, until), func(e *journal.Event) bool {
		return tcp.IsEnd(e) || e.Call.Errno != "" && e.Call.Errno != journal.EAGAIN
	}))
	if r.arrived = tcp.First(tcp.Data(r.Server.Arrived(r.write.N, until))); r.arrived != nil {
		r.rst = tcp.First(tcp.With(r.Server.SentAll(r.arrived.N, 0), packet.RST))
	}
	r.served = tcp.First(r.Server.Received(r.write.N, until))
	r.close = tcp.First(r.Server.CallsOf(0, 0, "close", "shutdown"))
	r.fin = tcp.First(tcp.With(r.Server.Sent(0, 0), packet.FIN))
	r.finCame = tcp.First(tcp.With(r.Client.Arrived(0, 0), packet.FIN))
}

// crossed says whether the server's FIN was under way when the request was written: sent before
// the request came, and not come before it was written.
func (r *request) crossed() bool {
	return r.fin != nil && (r.arrived == nil || r.fin.N < r.arrived.N) && (r.finCame == nil || r.finCame.N > r.write.N)
}

// crossings are the requests that a FIN crossed.
func crossings(v *tcp.View) []request {
	return tcp.Where(requests(v), func(r request) bool { return r.crossed() })
}

// Cite lets a finding rest on what the request came to.
func (r request) Cite(c *claim.Case) {
	c.About(r.Client, r.Server)
	c.Cite(r.write, r.close)
	c.CiteSegments(r.fin, r.arrived)
}

// text is what the client wrote.
func (r *request) text() string { return string(r.write.Call.Data) }

// idle is how long the client had nothing to do before it wrote the request, and bound how long
// the server waited, after its last reply, before it closed; 0: it did not.
func (r *request) idle() time.Duration { return time.Duration(r.write.T - r.before.T) }

func (r *request) bound() time.Duration {
	replied := tcp.Last(r.Server.Writes(0, tcp.N(r.close)))
	if r.close == nil || replied == nil {
		return 0
	}
	return time.Duration(r.close.T - replied.T)
}
