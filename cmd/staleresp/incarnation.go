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

// incarnation: the reply of a connection that was reset arrives in the one that
// was opened after it between the same addresses and ports, where its sequence
// number is just the one that is awaited: without TCP timestamps, and with.
func incarnation(t *scenario.T) {
	s := serve(t)
	asked := t.Option(timestampsFlag)
	if asked != timestampsOn {
		setTimestamps(t, "0")
		reincarnate(s, reconnect)
		reincarnate(s, counted)
	}
	if asked != timestampsOff {
		setTimestamps(t, "1")
		reincarnate(s, reconnect)
	}
}

// setTimestamps lets both hosts offer TCP timestamps (RFC 7323), "1", or not, "0".
func setTimestamps(t *scenario.T, value string) {
	for _, host := range []string{"a", "b"} {
		t.Sysctl(host, timestampsSetting, value)
	}
}

const (
	// isnClock is how fast initial sequence numbers of the same addresses and
	// ports rise, in bytes a second: 64 ns each (seq_scale in
	// net/core/secure_seq.c; RFC 9293 §3.4.1 has 4 µs).
	isnClock = 1e9 / 64
	// margin is what else than the client's patience passes between two openings.
	margin = 100 * time.Millisecond
	// tries bounds how often it is tried, with four times as many bytes each time:
	// a machine may be slow.
	tries = 4
	// pawsTick is more than the difference of timestamps that PAWS tolerates:
	// TCP_PAWS_WINDOW, in milliseconds (include/net/tcp.h).
	pawsTick = 10 * time.Millisecond
)

// reincarnate makes a connection, resets it with a reply under way, makes it again
// and lets that reply arrive.
func reincarnate(s *service, p policy) {
	c := &client{t: s.t, policy: p, service: s}
	bulk := int64(isnClock * (patience(s.t)*5/4 + margin).Seconds())
	for range tries {
		dead := c.die(bulk)
		switch {
		case dead == nil:
			return
		case c.fit(dead):
			c.haunted(dead)
			return
		}
		s.t.Note("the clock of initial sequence numbers was faster than %d bytes: tried again with four times as many", bulk)
		s.t.Discard(dead, overtaken)
		c.reset()
		bulk *= 4
	}
}

// die makes a connection on which so many bytes are moved both ways, asks, loses
// its patience with the reply on the wire, and resets the connection. It returns
// the reply; nil: there was none.
func (c *client) die(bulk int64) *wire.Packet {
	c.open()
	c.move(bulk, bulk)
	holdReplies(c.t)
	timedOut := c.askInVain()
	c.reset()
	if !timedOut {
		return nil // the run has been altered, and its journal shows how
	}
	c.t.Rule(nil)
	return c.keepOne()
}

// askInVain asks, and gives the request up with its reply on the wire; false: something was
// read, or the connection lost.
func (c *client) askInVain() (timedOut bool) {
	o := c.put(users[0])
	o.until = time.Now().Add(patience(c.t))
	c.service.reply(c.server, o.question)
	_, errno := c.receive(o)
	c.note(o, unanswered(errno), nil)
	return errno == journal.EAGAIN
}

// keepOne is the reply that the wire holds. What the server has sent again since is
// dropped: one is enough.
func (c *client) keepOne() *wire.Packet {
	held := c.t.Held("b")
	if len(held) == 0 {
		return nil // the run has been altered
	}
	for _, again := range held[1:] {
		c.t.Discard(again, "it repeats what is held")
	}
	return held[0]
}

// fixedPort is the client's port, as it would be for one that binds it.
const fixedPort = 40001

// open connects from the port that the client always has.
func (c *client) open(options ...scenario.SocketOption) {
	c.call(options...)
	c.accept()
}

// call lets the client connect from that port, and waits for what becomes of it.
func (c *client) call(options ...scenario.SocketOption) {
	c.end = c.service.Dial(append(options, scenario.From(fixedPort))...)
}

// accept takes the server's end of the connection.
func (c *client) accept() {
	c.asked = c.first
	c.server = c.service.AcceptFrom(c.end)
}

// move transfers bytes from the client to the server, and the other way.
func (c *client) move(out, back int64) {
	c.t.Transfer(c.end, c.server, out)
	c.t.Transfer(c.server, c.end, back)
}

// reset ends the connection without TIME_WAIT, at both ends.
func (c *client) reset() {
	c.end.Reset()
	c.server.Reset()
}

// fit opens the connection again, and moves just as many bytes both ways as it
// takes for a segment of the dead one to be the one that is awaited. It cannot if
// the new numbers are beyond the old ones.
func (c *client) fit(dead *wire.Packet) (fits bool) {
	answers := c.t.See(wire.IsSYNACK)
	c.open()
	answer := answers.Last // it has the numbers of both
	out, back := int32(dead.Ack-messageSize-answer.Ack), int32(dead.Seq-answer.Seq-1)
	if out < 0 || back < 0 {
		return false
	}
	c.move(int64(out), int64(back))
	return true
}

// haunted asks over the new connection; the dead one's reply arrives before its
// own. Then it goes on.
func (c *client) haunted(dead *wire.Packet) {
	c.t.Wait(pawsTick)
	holdReplies(c.t)
	o := c.put(users[1])
	c.service.reply(c.server, o.question)
	c.t.Filter("b", "the dead connection's reply is let go, and then the new one's")
	c.t.Rule(nil)
	c.t.Carry(dead)
	c.t.Release()
	c.hear(o, inTime)
	c.t.Count()
	c.ask(users[2])
	c.reset()
}

// timestampsSetting is whether a host offers TCP timestamps (RFC 7323).
const timestampsSetting = "net.ipv4.tcp_timestamps"

// stale is a reply that arrived, and the connection that it was of; in stales one that arrived
// in a later connection between the same addresses and ports.
type stale struct {
	sent, arrived *tcp.Segment
	dead, alive   *tcp.Conn // called for last when it was sent, and when it arrived
	reply         question  // what it says
}

// at is the last connection between two addresses that had been called for before an event;
// nil: none had.
func at(v *tcp.View, from, to journal.Address, n int) *tcp.Conn {
	return tcp.Last(tcp.Where(v.Conns, func(c *tcp.Conn) bool {
		return c.Client.Local == from && c.Client.Remote == to && c.Connect.N < n
	}))
}

// stales lists the replies of dead connections that arrived in a later one.
func stales(v *tcp.View) []stale {
	return tcp.Where(arrivedReplies(v), func(x stale) bool { return x.dead != x.alive })
}

// arrivedReplies lists the replies that were seen both as they left and as they arrived.
var arrivedReplies = tcp.Derived(func(v *tcp.View) []stale {
	var all []stale
	for _, s := range slices.Concat(v.Segments(journal.AtDelivered), v.Segments(journal.AtInjected)) {
		sent := v.Segment(v.Event(s.Packet.Of))
		if sent == nil || s.Packet.Len == 0 {
			continue
		}
		q, _, ok := parse(sent.Payload, replyWord)
		dead := at(v, s.Packet.Dst, s.Packet.Src, sent.N)
		if ok && dead != nil {
			all = append(all, stale{sent, s, dead, at(v, s.Packet.Dst, s.Packet.Src, s.N), q})
		}
	}
	slices.SortStableFunc(all, func(x, y stale) int { return x.arrived.N - y.arrived.N })
	return all
})

// cite lets a case rest on a stale reply.
func (x *stale) cite(c *claim.Case) {
	c.About(x.alive.Client)
	c.CiteSegments(x.sent, x.heard(), x.arrived)
}

// taken is the exchange in which it was taken for the answer; ok: there is one.
func (x *stale) taken(v *tcp.View) (y exchange, ok bool) {
	for _, y := range on(x.alive.Client, x.arrived.N, accountOf(v).all) {
		if y.wrong() && y.reply == x.reply {
			return y, true
		}
	}
	return y, false
}

// fitted says whether its first byte was the very one that the client awaited.
func (x *stale) fitted() bool {
	last := x.heard()
	return last != nil && last.Packet.Ack == x.sent.Packet.Seq
}

// heard is the last segment in which the client had said what it awaits.
func (x *stale) heard() *tcp.Segment {
	return tcp.Last(tcp.With(x.alive.Client.Sent(0, x.arrived.N), packet.ACK))
}

// stamped says whether a connection has timestamps: both ends have offered them.
func stamped(c *tcp.Conn) bool {
	for _, s := range []*tcp.Socket{c.Client, c.Server} {
		if syn := s.SYN(); syn == nil || !syn.Stamped {
			return false
		}
	}
	return true
}

// expired says whether PAWS has to drop it: the connection has timestamps, and its own is so
// far behind the last that the client has seen there that PAWS does not tolerate it, more
// than one tick (TCP_PAWS_WINDOW in include/net/tcp.h).
func (x *stale) expired() bool {
	last := x.heard()
	return last != nil && stamped(x.alive) && x.sent.Stamped && last.Stamped && int32(last.Echo-x.sent.Timestamp) > 1
}

// behind says whether all of it lay before what the client awaited.
func (x *stale) behind() bool {
	last := x.heard()
	return last != nil && int32(last.Packet.Ack-x.sent.Packet.Seq) >= int32(x.sent.Packet.Len)
}

// window is how many sequence numbers the client would have accepted.
func (x *stale) window() int64 {
	last, syn, answer := x.heard(), x.alive.Client.SYN(), x.alive.Server.SYN()
	if last == nil || syn == nil || answer == nil {
		return 0
	}
	if !syn.Scaled || !answer.Scaled { // both must have offered to scale windows (RFC 7323 §2.2)
		return int64(last.Packet.Win)
	}
	return int64(last.Packet.Win) << syn.Scale
}

// rejected is the counter of what PAWS has dropped, in segments of open connections
// (LINUX_MIB_PAWSESTABREJECTED).
const rejected = "PAWSEstab"

// dropped is the reading by which PAWS had dropped something when the counters were read
// next, before another stale segment arrived; nil: it had not.
func (x *stale) dropped(v *tcp.View) *journal.Event {
	counted := tcp.First(tcp.Where(v.CountedNext(x.arrived.N), func(e *journal.Event) bool {
		return e.Host == x.arrived.Host && e.Counter.Name == rejected && e.Counter.Delta > 0
	}))
	another := v.Events(func(e *journal.Event) bool { return e.N > x.arrived.N && e.N < tcp.N(counted) && x.isAnother(e) })
	if len(another) > 0 {
		return nil
	}
	return counted
}

// isAnother says whether a segment that had been sent before the connection was called for
// arrives in it.
func (x *stale) isAnother(e *journal.Event) bool {
	p := e.Packet
	return p != nil && p.Of != 0 && p.Of < x.alive.Connect.N && (p.At == journal.AtDelivered || p.At == journal.AtInjected)
}

// numbers are how many sequence numbers there are.
const numbers = 1 << 32

// eachStale tests every stale reply of a sound run.
func eachStale(test func(c *claim.Case, x stale)) claim.Rule {
	return each(stales, func(c *claim.Case, x stale) {
		x.cite(c)
		test(c, x)
	})
}

// isTaken expects that it was taken for the answer, and returns the exchange.
func (x *stale) isTaken(c *claim.Case) exchange {
	y, ok := x.taken(c.View)
	c.Expect(ok, "the reply of a dead connection arrived in the next one, and was not taken%s", whyDropped(c, x))
	cite(c, y)
	return y
}

const noneStale = "no segment of a dead connection arrived in a later one between the same addresses and ports"

var sr4 = claim.Claim{
	ID: "SR4", Statement: "even then, a stray reply of the old connection can be accepted by its incarnation (same addresses and ports) if its sequence number fits",
	Source: claim.Article000, Quantity: claim.Can, Needs: claim.NeedsPackets, Precondition: noneStale,
	Rule: eachStale(func(c *claim.Case, x stale) {
		y := x.isTaken(c)
		c.Given(x.fitted(), "%s read the reply of the dead connection %s, but not as the bytes that it awaited next", x.alive.Client.ID, x.dead.Client.ID)
		c.Holds("%s read the reply of the dead connection %s, and took it for the answer to %s", x.alive.Client.ID, x.dead.Client.ID, y.request)
	}),
}

var sn10 = claim.Claim{
	ID: "SN10", Statement: "late data of an old connection is taken for the new one's without TIME_WAIT",
	Source: claim.Article003, Quantity: claim.Can, Needs: needsDiag, Precondition: noneStale,
	Rule: eachStale(func(c *claim.Case, x stale) {
		for _, s := range []*tcp.Socket{x.dead.Client, x.dead.Server} {
			c.If(s != nil && len(s.Entered(journal.TimeWait)) == 0)
			gone := c.First(s.Entered(journal.Gone))
			c.Given(gone != nil && gone.N < x.arrived.N, "what became of %s was not seen", s.ID)
		}
		x.isTaken(c)
		c.Holds("both ends of %s were gone without a TIME_WAIT, and %s read its late data", x.dead.Client.ID, x.alive.Client.ID)
	}),
}

// whyDropped says what kept a segment from being taken, if that was seen.
func whyDropped(c *claim.Case, x *stale) string {
	if c.Take(x.dropped(c.View)) == nil {
		return ""
	}
	return ": PAWS has dropped it (" + rejected + "), for the connection has timestamps"
}

var sr18 = claim.Claim{
	ID: "SR18", Statement: "reconnecting is theoretically not rigorous: an incarnation from the same port can read the dead connection's reply",
	Source: claim.Article000, Quantity: claim.Can, Needs: claim.NeedsPackets,
	Precondition: "a client that closes after a timeout connected again from the same port, and the late reply arrived there",
	Rule: eachStale(func(c *claim.Case, x stale) {
		y := x.isTaken(c)
		c.If(y.policy == reconnect)
		c.Holds("%s, connected again from the same port, took the dead connection's reply for the answer to %s", x.alive.Client.ID, y.request)
	}),
}

var sr19 = claim.Claim{
	ID: "SR19", Statement: "by chance this practically never happens",
	Source: claim.Article000, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: noneStale,
	Rule: eachStale(func(c *claim.Case, x stale) {
		w := x.window()
		c.Given(w > 0, "how much the client would have accepted was not seen")
		c.Given(false, "computed, not seen: the client would have accepted %d of %d sequence numbers, so that a blind hit has odds of 1 in %d, and of 1 in %d to begin where the answer does; with a blind acknowledgement number they are smaller still",
			w, int64(numbers), numbers/w, int64(numbers))
	}),
}

var sr11 = claim.Claim{
	ID: "SR11", Statement: "with TCP timestamps on, PAWS rejects the old connection's segment",
	Source: rfc7323, Quantity: claim.Always, Needs: needsCount,
	Precondition: "its sequence number is the one awaited, and its timestamp older by more than one tick",
	Rule: eachStale(func(c *claim.Case, x stale) {
		c.If(x.fitted() && x.expired())
		y, taken := x.taken(c.View)
		cite(c, y)
		c.Expect(!taken, "%s read the reply of the dead connection %s", x.alive.Client.ID, x.dead.Client.ID)
		e := c.Take(x.dropped(c.View))
		c.Given(e != nil, "no drop by PAWS was counted")
		c.Holds("the segment had the number that was awaited, and was not read: %s +%d", rejected, e.Counter.Delta)
	}),
}

var sr12 = claim.Claim{
	ID: "SR12", Statement: "SO_LINGER {on, 0} skips TIME_WAIT, so an incarnation is possible at once",
	Source: claim.Article000, Quantity: claim.Always, Needs: needsDiag,
	Precondition: "the client closes with it, and calls the same address from the same port again",
	Rule: claim.EachConn(func(c *claim.Case, alive *tcp.Conn) {
		dead := at(c.View, alive.Client.Local, alive.Client.Remote, alive.Connect.N)
		c.If(dead != nil)
		closed := c.First(dead.Client.CallsOf(0, 0, "close"))
		value, _ := dead.Client.Option(journal.SOLinger, tcp.N(closed))
		linger, _ := value.Linger()
		c.If(closed != nil && linger.Aborts())
		c.About(dead.Client)
		c.NeverIn(journal.TimeWait, dead.Client, dead.Server)
		c.If(len(dead.Client.Entered(journal.Gone)) > 0) // else what became of it was not seen
		c.Cite(alive.Connect)
		open := c.First(alive.Client.Entered(journal.Established))
		c.ExpectSeen(open != nil, "%s called again from the same port, and was not connected", alive.Client.ID)
		c.Holds("no end came to TIME_WAIT, and the client was connected again from the same port to the same")
	}),
}

// overtaken is why a reply is not let go: the next connection begins beyond it.
const overtaken = "its number is behind"

// incarnate is the phenomenon: somebody got the answer of a dead connection.
var incarnate = claim.Phenomenon{
	Needs: claim.NeedsPackets,
	Rule: claim.Once(func(c *claim.Case) {
		sound(c)
		all := stales(c.View)
		for _, x := range all {
			if y, ok := x.taken(c.View); ok {
				x.cite(c)
				cite(c, y)
				c.Holds("%s was told that %s has won %s: the reply of a connection that was dead", y.request.user, y.reply.user, y.prize)
			}
		}
		behind := slices.ContainsFunc(c.Segments(journal.AtDropped), func(s *tcp.Segment) bool { return s.Packet.Reason == overtaken })
		c.Given(len(all) > 0 || !behind, "each time the new connection began beyond the old one: its bytes had not moved faster than the clock of initial sequence numbers")
		c.ExpectSeen(len(all) > 0, "no reply of a dead connection arrived in its incarnation")
		x := all[len(all)-1]
		x.cite(c)
		c.ExpectSeen(false, "the dead connection's reply arrived, and was not taken%s", whyDropped(c, &x))
	}),
}

// stampsOf says whether a connection had timestamps; "": its segments were not seen.
func stampsOf(v *tcp.View, c *tcp.Conn) string {
	switch {
	case !v.Journal.Attached(journal.Packets):
		return ""
	case stamped(c):
		return "on"
	}
	return "off"
}
