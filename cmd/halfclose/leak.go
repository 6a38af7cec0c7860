package main

import (
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// room is how many connections the leaking server has descriptors for.
const room = 5

// leak: a server that accepts, and never closes, though every client does;
// until it has no descriptor left. Then every way out of CLOSE_WAIT.
func leak(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	child := t.Spawn(journal.DefaultSIGPIPE, l.End)
	child.EpollWait(l.End) // made before the descriptors run out
	child.LimitDescriptors(room)
	for range room + 1 {
		leakOne(l, child)
	}
	for range 2 { // nothing has changed: epoll goes on reporting a client, and accept goes on failing
		child.EpollWait(l.End)
		child.Accept(l)
	}
	waysOut(t)
	if t.OnWire() {
		lostReset(t)
	}
}

// lostReset: the server resets a connection whose client is in FIN_WAIT2, and the RST is
// lost: a FIN_WAIT2 without its CLOSE_WAIT.
func lostReset(t *scenario.T) {
	client, server := t.Listen(scenario.ServerPort + 2).Connect()
	client.ShutdownWrite()
	t.Drop(func(p *wire.Packet) bool { return p.Flags.Has(packet.RST) })
	server.Reset()
	t.Rule(nil)
	client.Look()
}

// leakOne lets a client connect, say something, and end its direction. It does not close:
// its FIN_WAIT2 would go by itself.
func leakOne(l *scenario.Listener, child *scenario.Child) {
	c := l.Dial()
	accepted := child.Accept(l)
	if accepted == nil {
		accepted = l.Queued(c)
	}
	c.Send("unread")
	c.ShutdownWrite()
	accepted.Look()
}

// keepalive is after how many seconds a peer that is silent is asked whether it
// is still there.
const keepalive = 1

// noticedBy bounds the wait for that to have been found out.
const noticedBy = 4 * time.Second

// waysOut tries every way out of CLOSE_WAIT, each on a connection of its own: the
// ordinary close; the peer, which had only shut down, resets; what the server writes is
// answered with RST; and the kernel asks, when the peer's orphan has gone.
func waysOut(t *scenario.T) {
	l := t.Listen(scenario.ServerPort + 1)
	if !t.OnHost() {
		setFinTimeout(t, "a")
	}
	client, server := l.Connect()
	client.Close()
	awaitFIN(t, server)
	server.Close()

	client, _ = l.Connect()
	client.ShutdownWrite()
	awaitFIN(t, server)
	client.Reset()

	client, server = l.Connect()
	client.Close()
	awaitFIN(t, server)
	server.Send("anybody there?")

	if t.OnHost() {
		t.Note("keepalive: left out, the peer's orphan lasts a minute without settings that the host network never changes")
		return
	}
	client, server = l.Connect()
	server.Set(journal.TCPKeepIdle, keepalive)
	server.Set(journal.TCPKeepInterval, keepalive)
	server.Set(journal.SOKeepAlive, 1)
	client.Close()
	awaitFIN(t, server)
	t.Await(noticedBy, server.In(journal.Close))
}

// awaitFIN waits until the server has the client's FIN: off the wire a busy machine may deliver
// it a while after it left.
func awaitFIN(t *scenario.T, server *scenario.End) { t.Await(noticedBy, server.In(journal.CloseWait)) }

// halfClosed is a socket that was seen in FIN_WAIT2.
type halfClosed struct {
	*tcp.Socket
	seen *journal.Event // it entered the state, or was read in it
}

// allHalfClosed lists those that have peers.
func allHalfClosed(v *tcp.View) []halfClosed {
	var all []halfClosed
	for _, s := range v.Connected() {
		for _, seen := range append(s.Entered(journal.FinWait2, journal.SockDiag), s.Samples(journal.FinWait2, 0, 0)...) {
			all = append(all, halfClosed{s, seen})
		}
	}
	return all
}

var hc19 = claim.Claim{
	ID: "HC19", Statement: "a FIN_WAIT2 here has its CLOSE_WAIT there, pair by pair",
	Source: claim.Article003 + "; " + claim.Article004, Quantity: claim.Always, Needs: needsDiag,
	Precondition: "the peer has not closed, and nothing was reset, given up or lost: a peer that has rebooted, or a lost RST, breaks it",
	Rule: claim.Each(allHalfClosed, func(c *claim.Case, s halfClosed) {
		peer := s.Peer()
		c.If(len(peer.CallsOf(0, s.seen.N, "close", "shutdown")) == 0 && len(peer.Lost(0, s.seen.N)) == 0 && len(s.Lost(0, s.seen.N)) == 0)
		c.About(s.Socket)
		there := s.peersState(c.OnWire())
		c.Cite(s.seen, there)
		c.Given(there != nil, "no witness saw the other end of %s", s.ID)
		c.Expect(there.State.To == journal.CloseWait, "%s was in FIN_WAIT2 while %s was in %s", s.ID, peer.ID, there.State.To)
		c.Holds("FIN_WAIT2 at the end that had ended its direction, CLOSE_WAIT at the other")
	}),
}

// peersState is the state of its peer when it was seen. Off the wire the two are not seen in
// step: there it is the peer's next, and nil if the socket had changed again by then, for then
// nobody saw the two together.
func (s *halfClosed) peersState(onWire bool) *journal.Event {
	there := s.Peer().StateBefore(s.seen.N, journal.SockDiag)
	next := tcp.First(tcp.After(s.Peer().States(journal.SockDiag), s.seen.N))
	if onWire || next == nil || there != nil && there.State.To == journal.CloseWait {
		return there
	}
	if still := s.StateBefore(next.N, journal.SockDiag); still == nil || still.State.To != journal.FinWait2 {
		return nil
	}
	return next
}

var hc20 = claim.Claim{
	ID: "HC20", Statement: "CLOSE_WAIT ends only when the application closes",
	Source: claim.Article000 + "; " + claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "a socket leaves CLOSE_WAIT",
	Rule: claim.Each((*tcp.View).Connected, func(c *claim.Case, s *tcp.Socket) {
		left := c.First(tcp.Where(s.States(), func(e *journal.Event) bool { return e.State.From == journal.CloseWait }))
		c.If(left != nil)
		c.About(s)
		own := c.First(tcp.Where(s.CallsOf(0, left.N, "close", "shutdown"), succeeded))
		if rst := resetBy(c.View, s, left); own == nil && rst != nil {
			c.CiteSegments(rst)
			c.Expect(false, "%s left CLOSE_WAIT with its descriptor still open, by %s", s.ID, whatDrew(s, rst))
		}
		c.Given(own != nil, "%s left CLOSE_WAIT, and neither a call nor a segment was seen to bring that about", s.ID)
		c.Challenged(len(c.ResetIn(journal.CloseWait)) > 0, "no RST came to a socket in CLOSE_WAIT: that it ends the state too was not put to the test")
		c.Holds("%s left it after %s", s.ID, tcp.NameOf(own))
	}),
}

// resetBy is the first RST that came to a socket, if a change of its state may be by that: off the
// wire the change may have been seen before the segment.
func resetBy(v *tcp.View, s *tcp.Socket, change *journal.Event) *tcp.Segment {
	until := 0
	if v.OnWire() {
		until = change.N
	}
	return tcp.First(tcp.With(s.Arrived(0, until), packet.RST))
}

// whatDrew says which RST it was that came to a socket.
func whatDrew(s *tcp.Socket, rst *tcp.Segment) string {
	switch {
	case len(s.Writes(0, 0)) > 0:
		return "the RST that its own write drew"
	case len(s.Probes(0, rst.N)) > 0:
		return "the RST that the kernel's keepalive probe drew"
	}
	return "a RST"
}

// descriptors is a server with a limit of descriptors, and what its accept() returned.
type descriptors struct {
	limit   *journal.Event
	taken   []*journal.Event
	refused []*journal.Event // with EMFILE
}

// limits lists the servers whose descriptors were limited.
func limits(v *tcp.View) []descriptors {
	var all []descriptors
	for _, limit := range v.Calls("setrlimit") {
		accepts := tcp.After(v.Calls("accept4"), limit.N)
		// Another listener's are left out, and another process's.
		own := tcp.Where(accepts, func(e *journal.Event) bool { return e.Call.Descriptor() == accepts[0].Call.Descriptor() })
		d := descriptors{limit: limit, refused: tcp.Where(own, func(e *journal.Event) bool { return e.Call.Errno == journal.EMFILE })}
		d.taken = tcp.Where(own, func(e *journal.Event) bool {
			return e.Call.Errno == "" && (len(d.refused) == 0 || e.N < d.refused[0].N)
		})
		all = append(all, d)
	}
	return all
}

var hc26 = claim.Claim{
	ID: "HC26", Statement: "leaked CLOSE_WAIT sockets use up the descriptors: accept fails with EMFILE",
	Source: claim.Article000, Quantity: claim.Always, Needs: needsDiag,
	Precondition: "the server accepts, its clients end their direction, and it never closes",
	Rule: claim.Each(limits, func(c *claim.Case, d descriptors) {
		n := runsOut(c, d)
		c.Holds("%d sockets in CLOSE_WAIT that the server did not close used up the descriptors: accept() failed with EMFILE%s", n, spins(c, d))
	}),
}

// runsOut expects that the sockets that were accepted and not closed use up the descriptors.
func runsOut(c *claim.Case, d descriptors) (waiting int) {
	c.Cite(d.limit)
	// The kernel gives the lowest descriptor that is free, so with those closed that others had it never comes to that.
	most, says := d.limit.Call.Limit()
	beyond := c.First(tcp.Where(d.taken, func(e *journal.Event) bool { return says && e.Call.Result >= most }))
	c.Expect(beyond == nil, "accept() succeeded beyond the limit")
	c.Given(len(d.refused) > 0, "%d connections were accepted, and the descriptors did not run out", len(d.taken))
	c.Cite(d.refused[0])
	for _, conn := range c.Conns {
		if conn.Server == nil || !slices.ContainsFunc(d.taken, func(e *journal.Event) bool { id, _ := e.Call.Accepted(); return id == conn.Server.ID }) {
			continue
		}
		last := conn.Server.StateBefore(d.refused[0].N, journal.SockDiag)
		c.Cite(last)
		c.Given(last != nil && last.State.To == journal.CloseWait, "%s, which had been accepted, was not in CLOSE_WAIT", conn.Server.ID)
		waiting++
	}
	c.Given(waiting > 0, "no accepted socket was seen in CLOSE_WAIT")
	return waiting
}

// spins says that epoll goes on reporting the listener, where it was asked.
func spins(c *claim.Case, d descriptors) string {
	said := c.View.Socket(d.refused[0].Socket).CallsOf(d.refused[0].N, 0, "epoll_wait")
	if len(said) == 0 || len(d.refused) < 2 || said[0].Call.Out == "" {
		return ""
	}
	return "; epoll went on saying " + said[0].Call.Out + ", and accept() went on failing: a loop that spins"
}

// leaking is the phenomenon of leak: the descriptors run out, and a connection that was never
// accepted belongs to no descriptor, though its data was acknowledged.
var leaking = claim.Phenomenon{
	Needs: needsDiag, Precondition: "no limit of descriptors was set",
	Rule: claim.Each(limits, func(c *claim.Case, d descriptors) {
		runsOut(c, d)
		for _, conn := range c.Conns {
			last := tcp.Last(conn.Server.Samples(journal.CloseWait, 0, 0))
			if last == nil || last.Sample.Inode != 0 || last.Sample.RxQueue <= 0 || len(conn.Server.CallsOf(0, 0, "close")) > 0 {
				continue
			}
			// The client's FIN would not have been acknowledged with its data missing.
			got := c.First(conn.Client.Entered(journal.FinWait2))
			c.Cite(last)
			c.ExpectSeen(got != nil, "the data for %s, which was never accepted, was not acknowledged", conn.Server.ID)
			c.Holds("accept() failed with EMFILE; %s was never accepted: no descriptor refers to it, and its data was acknowledged all the same", conn.Server.ID)
		}
		c.ExpectSeen(false, "no connection without an owner was seen in CLOSE_WAIT with data unread")
	}),
}
