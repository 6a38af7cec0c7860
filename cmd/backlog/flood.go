package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// shutOut is how long a client that is not answered is watched: its SYN is sent again once.
const shutOut = 1500 * time.Millisecond

// attackers are how many strangers take part in a flood: more than a short queue has room
// for.
const attackers = 8

// flood: SYNs from addresses that do not answer, and one honest client after them: with each
// value of tcp_syncookies.
func flood(t *scenario.T) {
	t.Counters(listenDrops, listenOverflows)
	t.Setting("b", maxSYNBacklog)
	t.Setting("b", somaxconn)
	t.Sysctl("a", synCookies, "0")
	t.Sysctl("b", synCookies, "0")
	out := floodAt(t, scenario.ServerPort, shortQueue)
	t.Await(shutOut, out.In(journal.Established))
	out.Close()
	t.Sysctl("b", synCookies, "1")
	floodAt(t, scenario.ServerPort+1, shortQueue)
	t.Sysctl("b", synCookies, "2")
	floodAt(t, scenario.ServerPort+2, shortQueue)
}

// floodAt lets the strangers call a listener, and then one honest client.
func floodAt(t *scenario.T, port uint16, backlog int) (honest *scenario.End) {
	l := t.Listen(port, scenario.Backlog(backlog))
	strangers(t, l, attackers)
	t.Host("b").List(journal.SynRecv)
	honest = l.Start()
	t.Deliver()
	l.Accept()
	return honest
}

// flooded is a listener to which strangers sent SYNs, and the honest client that called then.
type flooded struct {
	listener *tcp.Socket
	backlog  int
	known    bool // the backlog is
	syns     []*tcp.Segment
	honest   *tcp.Conn      // nil: none called
	table    *journal.Event // the listing of the half-open connections behind the last SYN
	cookies  *journal.Event // tcp_syncookies as it was then; nil: not known
	retries  *journal.Event // tcp_synack_retries as it was then; nil: not known
}

// floods lists them by what came to their listeners.
func floods(v *tcp.View) []flooded {
	var all []flooded
	for _, l := range v.Sockets {
		f := flooded{listener: l, syns: tcp.Where(v.Segments(journal.AtInjected), func(s *tcp.Segment) bool {
			return s.Is(packet.SYN) && s.Packet.Dst == l.Local && l.Remote == ""
		})}
		if len(f.syns) == 0 {
			continue
		}
		f.honest = tcp.First(tcp.Where(v.Conns, func(conn *tcp.Conn) bool { return conn.Client.Remote == l.Local && conn.Connect.N > f.last() }))
		f.table = tcp.First(tcp.After(v.Tables("", journal.SynRecv), f.last()))
		f.backlog, f.known = l.BacklogAt(f.last())
		f.cookies = v.Setting(l.Host, synCookies, f.last())
		f.retries = v.Setting(l.Host, synAckRetries, f.last())
		all = append(all, f)
	}
	return all
}

// last is the number of the last SYN of the strangers.
func (f *flooded) last() int { return f.syns[len(f.syns)-1].N }

// with asks that tcp_syncookies was so ("": as it was), and that there were more strangers than room.
func (f *flooded) with(c *claim.Case, cookies string) {
	c.About(f.listener)
	c.CiteSegments(f.syns...)
	c.Given(f.honest != nil, "no client called %s", f.listener.ID)
	c.About(f.honest.Client)
	c.Cite(f.cookies, f.table, f.honest.Connect, tcp.First(f.listener.CallsOf(0, 0, "listen")))
	c.Given(f.cookies != nil, "tcp_syncookies was not read")
	c.If(cookies == "" || f.cookies.Setting.New == cookies)
	c.Given(f.known && f.table != nil, "the backlog of %s is not known, or who was half open there", f.listener.ID)
	c.If(len(f.syns) > f.backlog+1)
	c.Given(c.FirstSegment(f.honest.Client.Arrives(0, 0)) != nil, "the SYN of %s did not arrive", f.honest.Client.ID)
}

// isIn says whether the honest client came to ESTABLISHED, and the server has accepted it.
func (f *flooded) isIn(c *claim.Case) bool {
	up := c.First(f.honest.Client.Entered(journal.Established, journal.TCPInfo))
	accept := c.First(f.listener.Accepts(f.honest.Connect.N, 0))
	return up != nil && accept != nil
}

const floodThenHonest = "strangers send more SYNs than a listener has room for, and an honest client calls"

var sf1 = claim.Claim{
	ID: "SF1", Statement: "a SYN flood with tcp_syncookies 0 shuts an honest client out",
	Source: "field reports", Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: floodThenHonest + ", without cookies",
	Rule: claim.Each(floods, func(c *claim.Case, f flooded) {
		f.with(c, "0")
		c.Expect(!f.isIn(c), "%s got in", f.honest.Client.ID)
		state := stateOf(c, f.honest.Client, tcp.N(tcp.First(f.honest.Client.CallsOf(0, 0, "close"))))
		c.Given(state == journal.SynSent, "%s was in %s", f.honest.Client.ID, state)
		syns := c.AllSegments(tcp.With(f.honest.Client.Arrived(0, 0), packet.ACK))
		c.Expect(len(syns) == 0, "%s was answered", f.honest.Client.ID)
		c.Holds("%d strangers' SYNs came to %s, which has room for %d; the SYN of %s had no answer", len(f.syns), f.listener.ID, f.backlog+1, f.honest.Client.ID)
	}),
}

var sf2 = claim.Claim{
	ID: "SF2", Statement: "with tcp_syncookies 1 an honest client gets in through a SYN flood",
	Source: ipSysctl + ", tcp_syncookies", Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: floodThenHonest + ", with tcp_syncookies 1",
	Rule: claim.Each(floods, func(c *claim.Case, f flooded) {
		f.with(c, "1")
		in, state := f.isIn(c), stateOf(c, f.honest.Client, 0)
		c.ExpectSeen(in || state == journal.Established, "%s was in %s in the end", f.honest.Client.ID, state)
		c.Given(in, "%s was not accepted", f.honest.Client.ID)
		c.Holds("%d strangers' SYNs came to %s, which has room for %d, and %s was accepted", len(f.syns), f.listener.ID, f.backlog+1, f.honest.Client.ID)
	}),
}

var bl24 = claim.Claim{
	ID: "BL24", Statement: "a SYN flood fills the queue and normal SYNs are dropped",
	Source: claim.Article000 + "; " + claim.Article001 + "; " + claim.Article002 + "; " + claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: floodThenHonest,
	Rule: claim.Each(floods, func(c *claim.Case, f flooded) {
		f.with(c, "")
		c.Expect(!f.isIn(c), "with tcp_syncookies %s %s was accepted after %d strangers' SYNs", f.cookies.Setting.New, f.honest.Client.ID, len(f.syns))
		c.Given(stateOf(c, f.honest.Client, 0) != journal.Established, "%s was not accepted, and ESTABLISHED", f.honest.Client.ID)
		c.Holds("with tcp_syncookies %s the SYN of %s had no answer", f.cookies.Setting.New, f.honest.Client.ID)
	}),
}

var bl25 = claim.Claim{
	ID: "BL25", Statement: "`netstat -n -p TCP | grep SYN_RECV` shows the attack",
	Source: claim.Article000 + "; " + claim.Article001 + "; " + claim.Article003, Quantity: claim.Always, Needs: claim.NeedsStates, Precondition: floodThenHonest,
	Rule: claim.Each(floods, func(c *claim.Case, f flooded) {
		f.with(c, "")
		entries := halfOpen(f.table, f.listener)
		c.Expect(entries > 0, "with tcp_syncookies %s %d strangers' SYNs came to %s, and none of its connections was in SYN_RECV: each was sent a cookie, and forgotten",
			f.cookies.Setting.New, len(f.syns), f.listener.ID)
		c.Holds("with tcp_syncookies %s %d connections of %s were in SYN_RECV, of %d strangers", f.cookies.Setting.New, entries, f.listener.ID, len(f.syns))
	}),
}

var bl30 = claim.Claim{
	ID: "BL30", Statement: "table: tcp_syncookies is how many SYNs are sent before giving up",
	Source: claim.Article002, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "a client is not answered, and its tcp_syncookies is known",
	Rule: claim.Each(floods, func(c *claim.Case, f flooded) {
		f.with(c, "0")
		set := c.SettingOf(f.honest.Client.Host, synCookies)
		c.Given(set != nil, "tcp_syncookies of the client was not read")
		most, _ := set.Setting.Number()
		syns := c.AllSegments(tcp.With(f.honest.Client.SentAll(0, 0), packet.SYN))
		gaveUp := stateOf(c, f.honest.Client, tcp.N(tcp.First(f.honest.Client.CallsOf(0, 0, "close")))) == journal.Close
		c.Given(gaveUp || int64(len(syns)) > most, "%d SYNs were sent, and it could go on", len(syns))
		c.Expect(int64(len(syns)) == most, "its tcp_syncookies was %d, and %s sent %d SYNs; tcp_syn_retries is the setting that bounds them", most, f.honest.Client.ID, len(syns))
		c.Holds("its tcp_syncookies was %d, and %s sent %d SYNs", most, f.honest.Client.ID, len(syns))
	}),
}

var bl38 = claim.Claim{
	ID: "BL38", Statement: "`netstat -s | grep LISTEN` shows overflows",
	Source: claim.Article002, Quantity: claim.Can, Needs: needsCounted,
	Precondition: "SYNs are dropped because a listener has no room",
	Rule: claim.Once(func(c *claim.Case) {
		c.Given(c.Journal.Network != journal.HostNet, "the counters are the machine's")
		dropped := 0
		host := ""
		for _, l := range c.Sockets {
			if l.Listening != 0 {
				host = l.Host
				dropped += len(c.AllSegments(unanswered(c.View, l, 0)))
			}
		}
		c.If(dropped > 0)
		drops, events := c.Counted(c.StackOf(host), listenDrops)
		c.Cite(events...)
		c.Expect(drops >= int64(dropped), "%d SYNs were dropped, and ListenDrops moved by %d", dropped, drops)
		c.Holds("%d SYNs were dropped, and ListenDrops, its line with LISTEN, moved by %d", dropped, drops)
	}),
}
