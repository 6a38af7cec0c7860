package main

import (
	"errors"
	"io/fs"
	"slices"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// unsentFor is the scenario unsent, with a kernel that gives orphans up after so many
// retransmissions: data that the kernel has taken and not sent, for the peer's window
// is full, when the connection is closed or shut down for writing: to a peer that
// reads, one that reads late, one that never does.
func unsentFor(retries string) func(*scenario.T) {
	return func(t *scenario.T) {
		l := t.Listen(scenario.ServerPort, scenario.SmallReceiver)
		for _, end := range []ending{closing, shut(journal.ShutWrite)} {
			unsentTo(t, l, end, 0)
			unsentTo(t, l, end, late)
		}
		neverRead(t, l, retries)
	}
}

// late is how late the peer reads that reads late: after the kernel has found
// its window closed and begun to probe it.
const late = 500 * time.Millisecond

// unsentTo ends a connection with unsent data, to a peer that begins to read
// after a while.
func unsentTo(t *scenario.T, l *scenario.Listener, end ending, after time.Duration) {
	client, server := l.Connect()
	client.WriteBulk(scenario.MoreThanFits)
	t.AtOnce(func() { end(client) })
	t.Wait(after)
	server.ReadToEnd()
}

// neverRead ends two connections with unsent data to a peer that never reads,
// and waits until the closed one has been given up, with the settings that make
// that a matter of seconds.
func neverRead(t *scenario.T, l *scenario.Listener, retries string) {
	if t.OnHost() {
		t.Note("a peer that never reads: left out here, it takes minutes without settings that the host network never changes")
		return
	}
	err := t.TrySysctl("a", "net.ipv4.tcp_rto_max_ms", "1000")
	if errors.Is(err, fs.ErrNotExist) { // before Linux 6.15
		t.Note("a peer that never reads: left out, for without net.ipv4.tcp_rto_max_ms it takes minutes")
		return
	}
	t.Must(err)
	t.Sysctl("a", "net.ipv4.tcp_orphan_retries", retries)
	shutDown, itsPeer := l.Connect()
	shutDown.WriteBulk(scenario.MoreThanFits)
	t.AtOnce(func() { shutDown.ShutdownWrite() })
	closed, peer := l.Connect()
	closed.WriteBulk(scenario.MoreThanFits)
	t.AtOnce(func() { closed.Close() })
	t.Await(givenUp, closed.Gone)
	shutDown.Look()
	peer.ReadToEnd()
	itsPeer.ReadToEnd()
}

// givenUp bounds the wait for an orphan to be given up.
const givenUp = 6 * time.Second

// The client's receive buffer, and an answer that is larger: what the kernel
// has not sent when the server closes is at stake.
const (
	clientBuffer = 8 << 10
	answerSize   = 32 << 10
)

// truncated: a server answers before it has read the whole request, and closes;
// then the same server shuts down instead, reads to the end, and closes.
func truncated(t *scenario.T) {
	for _, end := range []func(t *scenario.T, client, server *scenario.End){closeAtOnce, lingeringClose} {
		client, server := t.Connection(scenario.Opt(journal.SOReceiveBuffer, clientBuffer))
		client.Send("POST /upload")
		server.Read(len("POST"))
		server.WriteBulk(answerSize)
		end(t, client, server)
	}
}

// closeAtOnce is the bug: the rest of the request is still unread.
func closeAtOnce(t *scenario.T, client, server *scenario.End) {
	t.AtOnce(func() { server.Close() })
	t.Deliver()
	client.ReadToEnd()
}

// lingeringClose is what servers do instead (RFC 9112 §9.6): no more is sent,
// and the client's last bytes are read, until it closes too.
func lingeringClose(t *scenario.T, client, server *scenario.End) {
	t.AtOnce(func() { server.ShutdownWrite() })
	t.Deliver()
	server.Recv() // the rest of the request
	client.ReadToEnd()
	client.Close()
	server.ReadToEnd()
	server.Close()
}

var hc10 = claim.Claim{
	ID: "HC10", Statement: "close() with unread data in the receive buffer sends RST, not FIN",
	Source: claim.Article004 + "; " + rfc9293 + " §3.6.1", Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "data has arrived and has not been read",
	Rule: claim.AfterEnding(tcp.Closed, func(c *claim.Case, e tcp.Ending) {
		n := c.Unread(e.Who, e.By.N)
		c.If(n > 0)
		c.CiteSegments(tcp.Data(e.Who.NewlyArrived(0, e.By.N))...)
		s := e.Who.Sent(e.By.N, 0)
		fin := c.FirstSegment(tcp.With(s, packet.FIN))
		c.Expect(fin == nil, "%s closed with %d bytes unread, and sent a FIN", e.Who.ID, n)
		rst := c.FirstSegment(tcp.With(s, packet.RST))
		c.ExpectSeen(rst != nil, "%s closed with %d bytes unread, and sent no RST", e.Who.ID, n)
		c.Holds("%s closed with %d bytes unread, and sent %s", e.Who.ID, n, claim.Named(s))
	}),
}

// delivery is what became of data that was unsent when a connection was ended.
type delivery struct {
	tcp.Ending
	given, got, unsent int64
	gone               *journal.Event // the sender's end was given up before the peer read
	first              *journal.Event // the peer's first read after the ending
	end                *journal.Event // the peer's read that returned the end, or failed
}

// deliveries lists the connections ended with data unsent.
var deliveries = tcp.Derived(func(v *tcp.View) []delivery {
	var all []delivery
	for _, e := range v.Endings() {
		reads := e.Peer().Reads(0, 0)
		d := delivery{Ending: e, given: tcp.Moved(e.Who.Writes(0, 0)), got: tcp.Moved(reads), first: tcp.First(reads)}
		d.unsent = d.given - tcp.Bytes(e.Who.Sent(0, e.By.N))
		d.end = tcp.Last(tcp.Where(reads, func(r *journal.Event) bool {
			return tcp.IsEnd(r) || r.Call.Errno != "" && r.Call.Errno != journal.EAGAIN
		}))
		if d.given == 0 || d.unsent <= 0 || d.first == nil {
			continue
		}
		d.gone = tcp.Last(tcp.Where(e.Who.Entered(journal.Gone, journal.SockDiag), func(x *journal.Event) bool { return x.N < d.first.N }))
		all = append(all, d)
	}
	return all
})

// later is how long after the ending the peer began to read.
func (d *delivery) later() time.Duration { return time.Duration(d.first.T - d.By.T) }

// toReaders tests the deliveries to peers that read on, soon or late, after one ending.
func toReaders(name string) claim.Rule {
	return claim.Each(deliveries, func(c *claim.Case, d delivery) {
		c.If(d.Name() == name && d.gone == nil && d.end != nil)
		reachesReader(c, d)
		c.Holds("after %s %s, which read %s later, got every byte, then the end", name, d.Peer().ID, seconds(d.later()))
	})
}

// reachesReader expects that a peer that reads on gets every byte, and then the end.
func reachesReader(c *claim.Case, d delivery) {
	c.About(d.Who)
	c.Cite(d.By, d.end)
	c.Cite(d.Peer().Reads(0, 0)...)
	if d.got != d.given {
		c.Given(c.Has(journal.SockDiag), "of %d bytes %s got %d; whether the kernel had given them up by then is not known without sock_diag", d.given, d.Peer().ID, d.got)
		c.Given(d.Who.OrphanTimedOut(d.By.N, d.end.N) == nil, "of %d bytes %s got %d: the kernel had given %s up, for what it sent again was not acknowledged in time", d.given, d.Peer().ID, d.got, d.Who.ID)
	}
	c.ExpectSeen(d.got == d.given, "of %d bytes %s got %d, then %s", d.given, d.Peer().ID, d.got, claim.Returned(d.end))
	fin := c.FirstSegment(tcp.With(d.Who.Sent(d.By.N, 0), packet.FIN))
	c.ExpectSeen(tcp.IsEnd(d.end) && (fin != nil || !c.Journal.Attached(journal.Packets)), "%s got all %d bytes, but no FIN: %s", d.Peer().ID, d.given, claim.Returned(d.end))
}

const readsOn = "the kernel has taken data that it has not sent, and the peer reads on"

var hc11 = claim.Claim{
	ID: "HC11", Statement: "close() with unsent data sends it all, then the FIN (to a peer that reads)",
	Source: claim.Article000 + "; " + claim.Article004, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: readsOn,
	Rule: toReaders(tcp.Closed),
}

var hc15 = claim.Claim{
	ID: "HC15", Statement: "shutdown(SHUT_WR) with unsent data delivers it, then the FIN",
	Source: claim.Article004, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: readsOn,
	Rule: toReaders(tcp.ShutWrite),
}

// unsentArrives is the phenomenon of unsent: what was unsent arrives at peers that read on.
var unsentArrives = claim.Phenomenon{
	Needs: claim.NeedsInfo,
	Rule: claim.Once(func(c *claim.Case) {
		for _, name := range []string{tcp.Closed, tcp.ShutWrite} {
			some := tcp.Where(deliveries(c.View), func(d delivery) bool { return d.Name() == name && d.gone == nil && d.end != nil })
			c.Given(len(some) > 0, "no %s with data unsent was seen, with a peer that read on", name)
			for _, d := range some {
				reachesReader(c, d)
			}
		}
		c.Holds("after close() and after SHUT_WR the peers that read on got every byte, then the end")
	}),
}

var hc27 = claim.Claim{
	ID: "HC27", Statement: "close() delivers unsent data even if the peer has stopped reading",
	Source: "ours: what the articles omit", Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "the peer does not read until the kernel has given the connection up (tcp_orphan_retries)",
	Rule: claim.Each(deliveries, func(c *claim.Case, d delivery) {
		c.If(d.Name() == tcp.Closed && d.gone != nil && d.end != nil)
		c.About(d.Who)
		c.Cite(d.By, d.gone, d.end)
		c.Cite(d.Peer().Reads(0, 0)...)
		c.SettingOf("", "net.ipv4.tcp_orphan_retries")
		c.Expect(d.got == d.given, "%d of %d bytes were lost: %s was an orphan, and the kernel gave it up after %s; then %s read %d bytes, and %s",
			d.given-d.got, d.given, d.Who.ID, seconds(time.Duration(d.gone.T-d.By.T)), d.Peer().ID, d.got, claim.Returned(d.end))
		c.Holds("%s got all %d bytes although the sender's end was gone", d.Peer().ID, d.given)
	}),
}

// truncations contrasts a close() of the server's with its SHUT_WR, each with a part of the request
// unread and a part of the answer unsent.
func truncations(v *tcp.View) []claim.Contrast[delivery] {
	early := func(name string) []delivery {
		return tcp.Where(deliveries(v), func(d delivery) bool {
			return d.Who == d.Server && d.Name() == name && v.Unread(d.Who, d.By.N) > 0 && d.end != nil
		})
	}
	return claim.Contrasts(early(tcp.Closed), early(tcp.ShutWrite))
}

var hc33 = claim.Claim{
	ID: "HC33", Statement: "a server that answers and closes while the request is partly unread loses the end of its answer; shutting down, then reading to the end, does not",
	Source: "RFC 9112 §9.6", Quantity: claim.Always, Needs: claim.NeedsPackets,
	Precondition: "a part of the answer is still unsent when the server ends the connection, in both ways",
	Rule: claim.Each(truncations, func(c *claim.Case, t claim.Contrast[delivery]) {
		x, y := t.One, t.Other
		c.About(x.Who, y.Who)
		c.Cite(x.By, x.end, y.By, y.end)
		c.Cite(slices.Concat(x.Peer().Reads(0, 0), y.Peer().Reads(0, 0))...)
		c.Expect(x.got != x.given, "%s closed with a part of the request unread, and the client got all %d bytes of the answer", x.Who.ID, x.given)
		c.ExpectSeen(y.got == y.given && tcp.IsEnd(y.end), "%s shut down instead, and the client got %d of %d bytes, then %s", y.Who.ID, y.got, y.given, claim.Returned(y.end))
		c.Holds("%s closed with a part of the request unread: the client got %d of %d bytes, then %s; %s shut down, read on, and closed after the client: %d of %d, then the end",
			x.Who.ID, x.got, x.given, claim.Returned(x.end), y.Who.ID, y.got, y.given)
	}),
}

// answerTruncated is the phenomenon of truncated, which the ends alone can tell.
var answerTruncated = claim.Phenomenon{Needs: claim.NeedsInfo, Precondition: hc33.Precondition, Rule: hc33.Rule}
