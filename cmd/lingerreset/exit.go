package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// exit: a process that returns from main, and one that is killed, with
// SO_LINGER {1, 0}, with {1, n}, and without; then a listener with {1, 0}, whose
// accepted socket is closed.
func exit(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	for _, end := range []func(*scenario.Child){exits, isKilled} {
		endsWith(t, l, end, abortive)
		endsWith(t, l, end, patient)
		endsWith(t, l, end)
	}
	inherited(t)
}

func exits(c *scenario.Child) { c.Exit(0) }

func isKilled(c *scenario.Child) { c.Kill(journal.SIGKILL) }

// endsWith ends a process that alone holds a connection's end.
func endsWith(t *scenario.T, l *scenario.Listener, end func(*scenario.Child), set ...scenario.SocketOption) {
	w := newWriter(t, l, journal.DefaultSIGPIPE, set...)
	end(w.Child)
	w.peer.Recv()
}

// inherited sets SO_LINGER on a listener alone.
func inherited(t *scenario.T) {
	client, server := t.Listen(scenario.ServerPort+1, abortive).Connect()
	server.Linger()
	server.Close()
	client.Recv()
}

// death is the end of a process that alone had a connection's client, with the SO_LINGER that it
// had then.
type death struct {
	tcp.Death
	linger journal.Value
	set    *journal.Event
}

func deaths(v *tcp.View) []death {
	var all []death
	for _, d := range v.Deaths() {
		linger, set := lingerAt(d.Client, d.Ended.N)
		all = append(all, death{d, linger, set})
	}
	return all
}

// Cite lets a case rest on a death.
func (d death) Cite(c *claim.Case) {
	c.About(d.Client)
	c.Cite(d.Started, d.set, d.Ended)
}

// read is the peer's first read after it; nil: none came.
func (d *death) read() *journal.Event { return tcp.First(d.Server.Reads(d.Ended.N, 0)) }

var lr20 = claim.Claim{
	ID: "LR20", Statement: "a process that ends, even by SIGKILL, with {on, 0} set sends RST",
	Source: "socket(7)", Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "the process alone holds the socket",
	Rule: claim.Each(deaths, func(c *claim.Case, d death) {
		c.If(d.linger == lingerZero)
		sent := atOnce(d.Client, d.Ended.N)
		fin := c.FirstSegment(tcp.With(sent, packet.FIN))
		c.Expect(fin == nil, "after %s %s sent %s", d.How, d.Client.ID, claim.Named(sent))
		rst := c.FirstSegment(tcp.With(sent, packet.RST))
		c.ExpectSeen(rst != nil, "after %s %s sent no RST", d.How, d.Client.ID)
		same := tcp.Where(deaths(c.View), func(d death) bool { return d.linger == lingerZero })
		_, missing := claim.Missing(same, func(d *death) journal.Signal { return d.Ended.Process.Signal }, "", journal.SIGKILL)
		c.Challenged(!missing, "not both were seen with SO_LINGER %s: a process that ends by itself, and one that SIGKILL ends", lingerZero)
		c.Absent()
		c.Holds("%s sent RST after %s", d.Client.ID, d.How)
	}),
}

var lr21 = claim.Claim{
	ID: "LR21", Statement: "accepted sockets inherit SO_LINGER from the listener",
	Source: "Linux behaviour (sk_clone_lock in net/core/sock.c)", Quantity: claim.Always, Needs: claim.NeedsCalls,
	Precondition: "it was set on the listener before the client called, and nothing on the accepted socket before that is asked for its own",
	Rule: claim.AfterCall("accept4", func(c *claim.Case) {
		id, _ := c.Call.Call.Accepted()
		s := c.View.Socket(id)
		asked := c.First(s.Asked(journal.SOLinger, 0, 0))
		c.If(asked != nil && s.Conn != nil)
		_, own := s.Option(journal.SOLinger, asked.N)
		want, set := c.Socket.Option(journal.SOLinger, c.Call.N)
		c.If(own == nil && set != nil && want != lingerNone && set.N < s.Conn.Connect.N)
		c.About(s)
		c.Cite(set)
		c.Expect(asked.Call.Value() == want, "the listener had %s, the accepted socket has %s", want, asked.Call.Out)
		c.Holds("set on the listener alone, %s was found on %s", want, s.ID)
	}),
}

// endsReset is the phenomenon of exit: the peer of a process that ends with SO_LINGER {1, 0}
// is reset, that of another reads the end.
var endsReset = claim.Phenomenon{
	Needs: claim.NeedsInfo, Quantity: claim.Always, Precondition: "no process ended whose peer was seen to read then",
	Rule: claim.Each(deaths, func(c *claim.Case, d death) {
		read := c.Take(d.read())
		c.If(read != nil)
		got := claim.Returned(read)
		c.ExpectSeen(got == readsThen(d.linger), "after %s of %s with SO_LINGER %s the peer's read returned %s", d.How, d.Client.ID, d.linger, got)
		others := tcp.Where(deaths(c.View), func(d death) bool { return d.read() != nil })
		_, missing := claim.Missing(others, func(d *death) bool { return d.linger == lingerZero }, true, false)
		c.Given(!missing, "not both were seen: a process that ended with SO_LINGER %s, and one without", lingerZero)
		c.Holds("after %s of %s with SO_LINGER %s the peer's read returned %s", d.How, d.Client.ID, d.linger, got)
	}),
}
