package main

import (
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
	"sockproof/lib/wire"
)

// forgets is after how long without a packet the filter forgets a connection.
const forgets = 1500 * time.Millisecond

// nat: a stateful filter on the wire forgets a connection that is idle for too long, and lets
// nothing of it pass then. One connection is silent, one probes its peer more often than that.
func nat(t *scenario.T) {
	quiet, quietPeer := t.Connection()
	kept, keptPeer := t.Connection()
	keepAlive(kept, 9)
	t.Filter("a", "forgets a connection of which nothing has passed for %v", forgets)
	t.Rule(stateful(forgets))
	kept.Send("hello")
	quiet.Send("hello")
	keptPeer.Recv()
	quietPeer.Recv()
	t.Wait(2 * forgets)
	quiet.Send("still there?")
	kept.Send("still there?")
	t.Wait(100 * time.Millisecond)
	quietPeer.Recv()
	keptPeer.Recv()
}

// stateful is a filter's rule: the first packets after the rule was made are of connections that
// it knows.
func stateful(idle time.Duration) wire.Rule {
	type pair struct{ x, y string }
	last := map[pair]time.Time{}
	return func(p *wire.Packet) wire.Fate {
		k := pair{p.Src.String(), p.Dst.String()}
		if k.x > k.y {
			k.x, k.y = k.y, k.x
		}
		now := time.Now()
		if before, known := last[k]; known && now.Sub(before) > idle {
			return wire.Drop // and it is not known again
		}
		last[k] = now
		return wire.Wait
	}
}

// pause is how long nothing of a connection passed before a segment, at most, up to an event.
func pause(conn *tcp.Conn, until int) (longest time.Duration) {
	left := tcp.Where(conn.Segments, func(s *tcp.Segment) bool {
		return s.N <= until && (s.Packet.At == journal.AtSent || s.Packet.At == journal.AtDropped)
	})
	for i := 1; i < len(left); i++ {
		longest = max(longest, time.Duration(left[i].T-left[i-1].T))
	}
	return longest
}

// spared is a connection with keepalive, of a run in which another was forgotten.
type spared struct {
	*tcp.Conn
	silent time.Duration // how long nothing of the other had passed
	last   *journal.Event
}

// spareds lists them.
func spareds(v *tcp.View) []spared {
	var all []spared
	for _, conn := range v.Conns {
		others := tcp.Where(deadConns(v), func(d dead) bool { return d.Conn != conn })
		writes := conn.Client.Writes(0, 0)
		if conn.Client.HasOn(journal.SOKeepAlive, 0) && conn.Server != nil && len(others) > 0 && len(writes) > 1 {
			all = append(all, spared{conn, others[len(others)-1].silence(), tcp.Last(writes)})
		}
	}
	return all
}

var ka7 = claim.Claim{
	ID: "KA7", Statement: "keepalive shorter than a stateful filter's idle time keeps the connection", Source: field, Quantity: claim.Always, Needs: claim.NeedsStates,
	Precondition: "no filter forgot a connection while another kept itself alive",
	Rule: claim.Each(spareds, func(c *claim.Case, s spared) {
		c.About(s.Client, s.Server)
		c.Cite(s.last)
		between := pause(s.Conn, s.last.N)
		wrote := c.First(s.Client.Writes(0, 0))
		idle := c.Between(wrote, s.last)
		c.If(between < forgets && idle > forgets && s.silent > forgets)
		c.Measured(wrote, s.last, forgets/10) // the filter goes by this program's clock
		c.AllSegments(s.Client.Sent(0, s.last.N))
		arrived := c.AllSegments(tcp.Data(s.Server.Arrived(s.last.N, 0)))
		c.ExpectSeen(len(arrived) > 0, "what %s wrote after %s did not arrive", s.Client.ID, claim.Seconds(idle))
		read := c.Last(s.Server.Reads(s.last.N, 0))
		c.Given(read != nil, "it was not read")
		c.Expect(read.Call.Result > 0, "the read of %s returned %s", s.Server.ID, claim.Returned(read))
		c.Holds("another was forgotten after %s of silence; %s wrote after %s, with probes between, never more than %s apart: it arrived", claim.Seconds(s.silent), s.Client.ID, claim.Seconds(idle), claim.Seconds(between))
	}),
}

// silently is the phenomenon: what is sent on the connection that was forgotten vanishes, and both
// ends go on thinking it connected.
var silently = claim.Phenomenon{
	Needs: claim.NeedsStates, Quantity: claim.Can, Precondition: "nothing was sent on a connection that a filter had forgotten",
	Rule: claim.Each(senders, func(c *claim.Case, x cutOff) {
		for _, s := range x.ends() {
			stood(c, s, x.last.N, c.Journal.Played)
		}
		nothingRead(c, x.Other(x.who), x.data[0].N, 0)
		c.Holds("after %s without a packet, what %s sent vanished; both ends were ESTABLISHED", claim.Seconds(x.silence()), x.who.ID)
	}),
}
