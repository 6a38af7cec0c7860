package main

import (
	"strconv"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/portrange"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// timeWait: connections that are closed as usual, one end of each left in
// TIME_WAIT. The client connects again from the same port to the same, in several
// ways; where it is connected, the dead connection's reply arrives. And one
// arrives at a TIME_WAIT itself.
func timeWait(t *scenario.T) {
	chosen := choosing(t)
	chosen.choose("0")
	bound(t, boundStamped, "1", true)
	bound(t, boundPlain, "0", true)
	bound(t, serverFirstStamped, "1", false)
	bound(t, serverFirstPlain, "0", false)
	assassinate(t, assassinated, "0")
	assassinate(t, protected, "1")
	t.Wait(time.Until(chosen.at.Add(reuseDelay)))
	chosen.choose("1")
}

// The ports of the services, one for each way.
const (
	autobind = scenario.ServerPort + iota
	boundStamped
	boundPlain
	serverFirstStamped
	serverFirstPlain
	assassinated
	protected
)

// reuseDelay is more than the kernel waits before it chooses a port that is in
// TIME_WAIT: a second (tcp_tw_reuse_delay; before 6.14 the next second of its
// clock).
const reuseDelay = 1100 * time.Millisecond

// reusable lets a port be bound that a TIME_WAIT has.
var reusable = scenario.Opt(journal.SOReuseAddr, 1)

// leftover is a client whose connection was closed, one end of it in TIME_WAIT.
type leftover struct {
	*client
	old *wire.Packet // a reply of that connection
	at  time.Time    // when it was closed
}

// leaving is a client of a service of its own that is not connected yet.
func leaving(t *scenario.T, port uint16) *leftover {
	return &leftover{client: &client{t: t, policy: naive, service: serveAt(t, port)}}
}

// left makes a connection to a service of its own, lets the server say more than
// the clock of initial sequence numbers counts meanwhile, and one reply; then both
// ends close, the client first or the server.
func left(t *scenario.T, port uint16, clientFirst bool) *leftover {
	l := leaving(t, port)
	l.open(reusable)
	l.leave(clientFirst)
	return l
}

// leave lets the connection say what it has to, and closes it.
func (l *leftover) leave(clientFirst bool) {
	l.move(0, int64(isnClock*margin.Seconds()))
	replies := l.t.See(isReply)
	l.ask(users[0])
	l.t.Rule(nil)
	l.old = replies.Last
	first, second := l.end, l.server
	if !clientFirst {
		first, second = second, first
	}
	first.Close()
	second.Recv()
	second.Close()
	l.at = time.Now()
}

// bound connects again with the port bound: the kernel is told which one to take. Where
// the server has closed first, the client's SYN arrives at a TIME_WAIT, when its clock has
// moved on.
func bound(t *scenario.T, port uint16, stamps string, clientFirst bool) {
	setTimestamps(t, stamps)
	l := left(t, port, clientFirst)
	if !clientFirst {
		t.Wait(pawsTick)
	}
	l.reopen(func() { l.call(reusable) })
}

// choosing leaves the client's port to the kernel, which has one only to choose
// from, and closes the connection.
func choosing(t *scenario.T) *leftover {
	only := strconv.Itoa(fixedPort + 1) // which no other socket binds: the kernel chooses none that is bound
	t.Sysctl("a", rangeSetting, only+" "+only)
	l := leaving(t, autobind)
	l.autobind()
	l.accept()
	l.leave(true)
	return l
}

// autobind connects without a bind.
func (l *leftover) autobind() {
	l.end = l.t.Host("a").Socket()
	if l.end.StartConnect(l.service.At) != journal.EINPROGRESS {
		return // its errno is evidence
	}
	l.end.Local()
	l.t.Settle()
}

// choose connects again, and leaves the port to the kernel again.
func (l *leftover) choose(reuse string) {
	setTimestamps(l.t, "1")
	l.t.Sysctl("a", reuseSetting, reuse)
	l.reopen(l.autobind)
}

// reopen lets the client connect again. If that succeeds, and the new numbers are
// behind the old ones, it moves the bytes that it takes for the old reply to be
// the one that is awaited; then it asks, and both replies arrive.
func (l *leftover) reopen(call func()) {
	answers := l.t.See(wire.IsSYNACK)
	call()
	l.t.Rule(nil)
	if l.old == nil || l.end.State() != journal.Established {
		return
	}
	l.accept()
	if gap := int32(l.old.Seq - answers.Last.Seq - 1); gap > 0 {
		l.move(0, int64(gap))
	}
	l.t.Wait(pawsTick)
	o := l.put(users[1])
	l.t.Filter("b", "the dead connection's reply arrives, and then the new one's")
	l.t.AtOnce(func() { l.t.Repeat(l.old) })
	l.service.reply(l.server, o.question)
	l.hear(o, inTime)
	l.t.Count()
	l.reset()
}

// assassinate lets an old reply arrive at a TIME_WAIT: it is acknowledged, and
// the other end, which has forgotten the connection, answers with a RST
// (RFC 1337).
func assassinate(t *scenario.T, port uint16, rfc1337 string) {
	t.Sysctl("a", rfc1337Setting, rfc1337)
	setTimestamps(t, "1")
	l := left(t, port, true)
	if l.old == nil {
		return
	}
	l.end.Look()
	t.Filter("a", "a reply of the connection arrives once more")
	t.Repeat(l.old)
	l.end.Look()
}

// Settings that say what becomes of a TIME_WAIT.
const (
	reuseSetting   = "net.ipv4.tcp_tw_reuse"
	rfc1337Setting = "net.ipv4.tcp_rfc1337"
	rangeSetting   = "net.ipv4.ip_local_port_range"
)

// reopening is a call to where an earlier connection was in TIME_WAIT, from the same port as
// far as the caller had a say in it.
type reopening struct {
	v      *tcp.View
	call   *journal.Event // connect
	socket *tcp.Socket
	dead   *tcp.Conn
	waits  *journal.Event // an end of it entered TIME_WAIT
	bind   *journal.Event // that chose the port; nil: the kernel did
}

var reopenings = tcp.Derived(func(v *tcp.View) []reopening {
	var all []reopening
	for _, call := range v.Calls("connect") {
		s := v.Socket(call.Socket)
		r := reopening{v: v, call: call, socket: s, bind: bindOf(s, call.N)}
		for _, c := range v.Conns {
			waits := waitsAt(c, call.N)
			if waits != nil && c.Connect.N < call.N && c.Client.Remote == call.Call.Address() && r.isFrom(c.Client.Local) {
				r.dead, r.waits = c, waits
			}
		}
		if r.dead != nil {
			all = append(all, r)
		}
	}
	return all
})

// opened is when the new connection was established; nil: it was not.
func (r *reopening) opened() *journal.Event { return tcp.First(r.socket.Entered(journal.Established)) }

// old is the dead connection's reply that arrived in the new one; nil: none did.
func (r *reopening) old() *stale {
	for _, x := range stales(r.v) {
		if x.alive.Client == r.socket && x.dead == r.dead {
			return &x
		}
	}
	return nil
}

// reuse is tcp_tw_reuse of the caller's host, if the run set it.
func (r *reopening) reuse() string { return r.v.SettingValue(r.call.Host, reuseSetting, r.call.N) }

// isFrom says whether the call was made from an address: the one that was bound, or that the
// kernel chose, or, where it chose none, could alone have chosen.
func (r *reopening) isFrom(address journal.Address) bool {
	if r.bind != nil {
		return r.bind.Call.Address() == address
	}
	if r.socket.Local != "" {
		return r.socket.Local == address
	}
	ports, err := portrange.Parse(r.v.SettingValue(r.call.Host, rangeSetting, r.call.N))
	return err == nil && ports.Size() == 1 && ports.Contains(address.Port())
}

// bindOf is the call by which a socket got its port before an event; nil: the kernel chose it.
func bindOf(s *tcp.Socket, before int) *journal.Event {
	return tcp.First(tcp.Where(s.CallsOf(0, before, "bind"), func(e *journal.Event) bool { return e.Call.Errno == "" }))
}

// waitsAt is the event by which an end of a connection came to TIME_WAIT, if it was still
// there at another; nil: it was not.
func waitsAt(c *tcp.Conn, n int) *journal.Event {
	for _, s := range []*tcp.Socket{c.Client, c.Server} {
		if last := s.StateBefore(n, journal.SockDiag); last != nil && last.State.To == journal.TimeWait {
			return last
		}
	}
	return nil
}

// atServer says whether it was the server's end that was in TIME_WAIT.
func (r *reopening) atServer() bool {
	return r.dead.Server != nil && r.waits.Socket == r.dead.Server.ID
}

// way says how the client called again.
func (r *reopening) way() string {
	switch {
	case r.bind == nil:
		return "port chosen"
	case r.atServer():
		return "server first"
	}
	return "port bound"
}

// String says under what conditions the client called again.
func (r *reopening) String() string {
	said := r.way()
	if stamps := stampsOf(r.v, r.dead); stamps != "" {
		said += ", timestamps " + stamps
	}
	if r.bind == nil {
		said += ", tcp_tw_reuse " + r.reuse()
	}
	return said
}

const noneReopened = "no end was in TIME_WAIT when the client called again"

// Cite lets a case rest on a reopening.
func (r reopening) Cite(c *claim.Case) {
	c.About(r.socket, r.dead.Client)
	c.Cite(r.waits, r.call)
}

var sr5 = claim.Claim{
	ID: "SR5", Statement: "TIME_WAIT keeps the same four-tuple from being opened again",
	Source: claim.Article000, Quantity: claim.Always, Needs: needsDiag,
	Precondition: "an end of the connection is in TIME_WAIT when the client calls from the same port to the same",
	Rule: claim.Each(reopenings, func(c *claim.Case, r reopening) {
		c.Expect(c.Take(r.opened()) == nil, "opened over it: %s", &r)
		c.If(r.call.Call.Errno == journal.EADDRNOTAVAIL)
		tried := false // what Linux is known to let open over it (RFC 6191)
		for _, other := range reopenings(c.View) {
			tried = tried || other.bind != nil && stampsOf(c.View, other.dead) == "on"
		}
		c.Challenged(tried, "kept from it (EADDRNOTAVAIL): %s; but no client that Linux lets open over it tried to: one that binds its port, with timestamps on", &r)
		c.Holds("EADDRNOTAVAIL: %s", &r)
	}),
}

var sr16 = claim.Claim{
	ID: "SR16", Statement: "tcp_* settings or port reuse can also skip TIME_WAIT and make incarnations",
	Source: claim.Article000, Quantity: claim.Can, Needs: needsDiag, Precondition: noneReopened,
	Rule: claim.Each(reopenings, func(c *claim.Case, r reopening) {
		c.Expect(c.Take(r.opened()) != nil, "kept from it: %s", &r)
		c.Holds("an incarnation was opened over the TIME_WAIT of the connection before it: %s", &r)
	}),
}

// met says what became of the dead connection's reply, if it can be told: the client has
// read its own since.
func (r *reopening) met() (x exchange, how string) {
	old := r.old()
	if old == nil {
		return x, ""
	}
	for _, x := range on(old.alive.Client, old.arrived.N, accountOf(r.v).all) {
		switch {
		case x.did != didTake:
		case x.wrong():
			return x, "read"
		case old.expired(): // asked before the sequence number is (tcp_validate_incoming in net/ipv4/tcp_input.c)
			if old.dropped(r.v) != nil {
				return x, "dropped by PAWS"
			}
		case old.behind():
			return x, "dropped as old"
		}
	}
	return x, ""
}

var sr13 = claim.Claim{
	ID: "SR13", Statement: "when Linux does open a four-tuple over its TIME_WAIT, the old connection's segment is still not accepted",
	Source: rfc6191, Quantity: claim.Always, Needs: needsAll,
	Precondition: "the segment arrives before the client has read the answer that it waits for, and it reads that afterwards",
	Rule: each(reopenings, func(c *claim.Case, r reopening) {
		x, how := r.met()
		c.If(how != "")
		cite(c, x)
		old := r.old()
		c.CiteSegments(old.sent, old.arrived)
		c.Cite(old.dropped(c.View))
		c.Expect(!x.wrong(), "%s: %s read the reply of the dead connection %s", &r, r.socket.ID, r.dead.Client.ID)
		c.Holds("%s: %s", &r, how)
	}),
}

// openedOver is the phenomenon: a four-tuple was opened over its TIME_WAIT, and the reply of
// the connection before it was not read there.
var openedOver = claim.Phenomenon{
	Needs: needsAll, Precondition: noneReopened,
	Rule: claim.Once(func(c *claim.Case) {
		sound(c)
		all := reopenings(c.View)
		c.Given(len(all) > 0, noneReopened)
		connected := tcp.Where(all, func(r reopening) bool { return r.opened() != nil })
		met := 0
		for _, r := range all {
			x, how := r.met()
			if how == "" {
				continue
			}
			cite(c, x)
			c.Cite(r.call, r.opened())
			c.Expect(!x.wrong(), "%s: the dead connection's reply was read in the one that was opened over its TIME_WAIT", &r)
			met++
		}
		c.ExpectSeen(met > 0, "no four-tuple was opened over its TIME_WAIT, or no reply of the dead connection arrived there")
		c.Holds("of %d calls to a four-tuple in TIME_WAIT %d were connected; the dead connection's reply was dropped in %d of these, and read in none", len(all), len(connected), met)
	}),
}

var sr14 = claim.Claim{
	ID: "SR14", Statement: "a stray segment can end a TIME_WAIT early (assassination)",
	Source: "RFC 1337", Quantity: claim.Can, Needs: needsDiag,
	Precondition: "the segment is acknowledged, the other end knows nothing of the connection any more and answers with a RST; and tcp_rfc1337 is 0",
	Rule: claim.Each((*tcp.View).Waits, func(c *claim.Case, t tcp.Waiting) {
		stray := c.FirstSegment(tcp.Where(t.Who.Arrived(t.In.N, 0), func(s *tcp.Segment) bool { return s.Packet.At == journal.AtInjected }))
		c.If(stray != nil && c.SettingValue(t.In.Host, rfc1337Setting, stray.N) == "0")
		rst := c.FirstSegment(tcp.With(t.Who.Arrived(stray.N, 0), packet.RST))
		c.If(rst != nil)
		c.About(t.Who)
		c.Cite(t.In)
		before := c.Last(t.Who.Samples(journal.TimeWait, 0, stray.N))
		c.Given(before != nil, "the timer of %s was not read before", t.Who.ID)
		gone := c.First(tcp.After(t.Who.Entered(journal.Gone), rst.N))
		c.ExpectSeen(gone != nil, "%s outlived the RST", t.Who.ID)
		left := before.Sample.TimerMS - c.Between(before, gone).Milliseconds()
		c.Expect(left > 1000, "%s ended with %d ms to go", t.Who.ID, left)
		c.Holds("the TIME_WAIT of %s ended by the RST that a stray reply drew, with %.1f s to go", t.Who.ID, float64(left)/1e3)
	}),
}

// compareReopenings is the table of what became of each call.
func compareReopenings(v *tcp.View) *claim.Comparison {
	return claim.Across("A four-tuple in TIME_WAIT, called again", reopenings(v), (*reopening).way,
		claim.Show("TIME_WAIT at", func(r *reopening) claim.Cell {
			return claim.Told(map[bool]string{true: "server", false: "client"}[r.atServer()], r.waits)
		}),
		claim.Show("timestamps", func(r *reopening) claim.Cell { return claim.Told(stampsOf(v, r.dead)) }),
		claim.Show("tcp_tw_reuse", func(r *reopening) claim.Cell { return claim.Told(r.reuse()) }),
		claim.Show("connected", func(r *reopening) claim.Cell {
			if opened := r.opened(); opened != nil {
				return claim.Told("yes", r.call, opened)
			}
			return claim.Told("no", r.call)
		}),
		claim.Show("old reply", func(r *reopening) claim.Cell {
			_, how := r.met()
			if how == "" {
				return claim.Told("")
			}
			return claim.Told(how, r.old().arrived.Event)
		}),
	)
}
